"""The square that the network sees: where it lies, and what is in it."""

from __future__ import annotations

import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pose_samples import SIDE_PX, SIZE_PX, one_deep_rep, scores, stand

from edge_valgus.capture.drawn import CameraView, DrawnLifter, random_set
from edge_valgus.frames import (
    LEFT_ANKLE,
    LEFT_HIP,
    LEFT_KNEE,
    LEFT_WRIST,
    RIGHT_ANKLE,
    RIGHT_HIP,
    RIGHT_KNEE,
    RIGHT_WRIST,
)
from edge_valgus.pose.crop import (
    FEET_HOLD_S,
    SHRINK_TIME_S,
    Crop,
    CropSampler,
    CropTracker,
    search_crops,
)
from edge_valgus.pose.gate import reliable

LEGS = [LEFT_HIP, RIGHT_HIP, LEFT_KNEE, RIGHT_KNEE, LEFT_ANKLE, RIGHT_ANKLE]
ANKLES = [LEFT_ANKLE, RIGHT_ANKLE]
CAMERAS = {
    "camera at knee height": CameraView(),
    "camera on the floor, looking up": CameraView(height_m=0.08, pitch_deg=14.0, distance_m=2.4, focal_heights=0.95),
    "camera above the head, looking down": CameraView(height_m=2.3, pitch_deg=-30.0, distance_m=2.4, focal_heights=1.0),
    "camera close by": CameraView(height_m=1.0, distance_m=1.6, pitch_deg=-3.0, focal_heights=0.7),
    "camera far away": CameraView(distance_m=6.0),
}


@pytest.fixture(scope="module")
def picture():
    return next(iter(DrawnLifter(random_set(3, 1)))).image.copy()


def resampled(image, crop, side_px=SIDE_PX):
    """Bilinear at pixel centres, the edge pixel repeated up to the picture's border, black outside; in float64."""
    height, width = image.shape[:2]
    centres = (np.arange(side_px) + 0.5) / side_px * crop.side_px - 0.5
    x, out = centres + crop.left_px, np.zeros((side_px, side_px, 3))
    left, right = np.clip([np.floor(x), np.floor(x) + 1], 0, width - 1).astype(int)
    share_x = (x - np.floor(x))[:, None]
    for row, y in enumerate(centres + crop.top_px):
        if -0.5 <= y <= height - 0.5:
            top, below = np.clip([np.floor(y), np.floor(y) + 1], 0, height - 1).astype(int)
            upper = image[top, left] * (1 - share_x) + image[top, right] * share_x
            lower = image[below, left] * (1 - share_x) + image[below, right] * share_x
            share_y = y - np.floor(y)
            out[row] = upper * (1 - share_y) + lower * share_y
    out[:, (x < -0.5) | (x > width - 0.5)] = 0.0
    return out


@pytest.mark.parametrize(
    "crop",
    [
        pytest.param(Crop(80.0, 0.0, 480.0), id="inside"),
        pytest.param(Crop(101.3, 57.7, 333.3), id="between pixels"),
        pytest.param(Crop(250.2, 200.9, 90.5), id="smaller than the output"),
        pytest.param(Crop(-60.25, -70.5, 400.0), id="reaching out at the top left"),
        pytest.param(Crop(400.5, 300.25, 400.0), id="reaching out at the bottom right"),
        pytest.param(Crop(0.0, -80.0, 640.0), id="the whole picture, letterboxed"),
        pytest.param(Crop(-3000.0, 100.0, 500.0), id="wholly outside"),
    ],
)
def test_the_square_is_what_plain_float_arithmetic_gives(picture, crop):
    sampled = CropSampler(SIDE_PX).sample(picture, crop)[0]
    assert np.abs(sampled - resampled(picture, crop)).max() <= 1.0


def test_noise_too_is_sampled_within_the_rounding_of_the_weights():
    noise = np.random.default_rng(1).integers(0, 256, (120, 160, 3), np.uint8)
    crop = Crop(-20.3, 10.1, 111.1)
    assert np.abs(CropSampler(64).sample(noise, crop)[0] - resampled(noise, crop, 64)).max() <= 2.0


@given(
    left_px=st.floats(0, 200),
    top_px=st.floats(0, 100),
    side_px=st.floats(10, 380),
    grey=st.sampled_from([0, 1, 128, 255]),
)
def test_an_even_surface_stays_as_it_is(left_px, top_px, side_px, grey):
    image = np.full((480, 640, 3), grey, np.uint8)
    assert (CropSampler(48).sample(image, Crop(left_px, top_px, side_px)) == grey).all()


def test_a_crop_of_the_outputs_size_is_the_picture_itself(picture):
    sampled = CropSampler(SIDE_PX).sample(picture, Crop(200.0, 100.0, SIDE_PX))[0]
    assert np.array_equal(sampled, picture[100 : 100 + SIDE_PX, 200 : 200 + SIDE_PX])


def test_outside_the_picture_is_black_and_inside_is_not():
    image = np.full((480, 640, 3), 200, np.uint8)
    seen = CropSampler(SIDE_PX).sample(image, search_crops(SIZE_PX, 0.0, 1.0)[0])[0, :, :, 0]
    rows = np.flatnonzero(seen.all(axis=1))
    assert (rows[0], rows[-1]) == (24, 167)  # 480 of 640 rows: an eighth above and below is black
    assert not seen[:24].any()
    assert not seen[168:].any()


def test_a_crop_that_stays_shows_the_new_picture_and_one_that_moves_the_new_place(picture):
    sampler, fresh = CropSampler(SIDE_PX), CropSampler(SIDE_PX)
    here, there = Crop(80.0, 0.0, 480.0), Crop(90.0, 5.0, 450.0)
    sampler.sample(picture, here)
    other = picture[::-1].copy()
    for image, crop in ((other, here), (other, there), (picture[:400], there), (picture, here)):
        assert np.array_equal(sampler.sample(image, crop), fresh.sample(image, crop))
        fresh = CropSampler(SIDE_PX)


def test_a_picture_with_padded_or_mirrored_rows_is_read_right(picture):
    crop = Crop(80.0, 0.0, 480.0)
    padded = np.zeros((480, 700, 3), np.uint8)
    padded[:, :640] = picture
    wanted = CropSampler(SIDE_PX).sample(picture, crop)
    assert np.array_equal(CropSampler(SIDE_PX).sample(padded[:, :640], crop), wanted)
    mirrored = CropSampler(SIDE_PX).sample(picture[:, ::-1], crop)
    # The crop lies in the picture's middle, so that its mirror image is the mirrored picture's.
    assert np.abs(mirrored[0, :, ::-1].astype(int) - wanted[0]).max() <= 1


def test_a_standing_crop_costs_no_memory_per_frame(picture):
    sampler, crop = CropSampler(SIDE_PX), Crop(80.0, 0.0, 480.0)
    sampler.sample(picture, crop)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(5):
            sampler.sample(picture, crop)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - before < 40_000  # numpy's own chunk buffers; one channel of the square is 37 kB, its sums 221 kB
    assert after - before < 2_000


@pytest.mark.parametrize("camera", CAMERAS.values(), ids=CAMERAS)
@pytest.mark.parametrize("descent_s", [0.4, 1.2, 3.0], ids=["dropping", "at usual speed", "slowly"])
@pytest.mark.parametrize("fps", [8.0, 30.0], ids=["8 fps", "30 fps"])
def test_the_ankles_stay_in_the_square_through_a_deep_squat(camera, descent_s, fps):
    """The bug of the rule published with MoveNet: its reference never computes the body's extent, and cuts the feet off."""
    lifter = one_deep_rep(descent_s=descent_s, view=camera)
    tracker = CropTracker()
    room, cut = [], 0
    for time_s in np.arange(0.0, 8.0, 1 / fps):
        truth = lifter.truth(float(time_s))
        if tracker.crop is not None:
            crop = tracker.crop
            assert crop.contains(truth.xy_px[LEGS]).all(), f"a leg is outside at {time_s:.2f} s"
            room.append((crop.bottom_px - truth.xy_px[ANKLES, 1].max()) / crop.side_px)
            cut += not crop.contains(truth.xy_px).all()
        tracker.follow(truth.xy_px, np.ones(17, bool), float(time_s))
    assert min(room) > 0.05, "the shoes are cut off"
    assert cut / fps <= 0.5, "somebody coming up fast may leave with his head, but not for long"
    assert max(lifter.truth(float(time_s)).depth for time_s in np.arange(0.0, 8.0, 0.1)) > 1.25


@pytest.mark.parametrize("camera", CAMERAS.values(), ids=CAMERAS)
def test_ankles_that_score_low_in_the_squat_stay_in_the_square(camera):
    lifter = one_deep_rep(view=camera)
    tracker = CropTracker()
    for time_s in np.arange(0.0, 8.0, 1 / 30):
        truth = lifter.truth(float(time_s))
        if tracker.crop is not None:
            assert tracker.crop.contains(truth.xy_px[ANKLES]).all(), f"an ankle is outside at {time_s:.2f} s"
        score = scores()
        if truth.depth > 0.2:
            score[ANKLES] = 0.05
        tracker.follow(truth.xy_px, reliable(score), float(time_s))


def test_the_lifter_fills_the_square_at_the_bottom_too():
    lifter = one_deep_rep()
    tracker = CropTracker()
    times_s = [float(time_s) for time_s in np.arange(0.0, 8.0, 1 / 30)]
    squares = [tracker.follow(lifter.truth(time_s).xy_px, np.ones(17, bool), time_s) for time_s in times_s]
    filled = [
        float(np.ptp(lifter.truth(time_s).xy_px, axis=0).max()) / square.side_px
        for time_s, square in zip(times_s, squares, strict=True)
    ]
    assert min(filled) > 0.6
    moves = sum(now != before for before, now in itertools.pairwise(squares))
    assert moves < 0.3 * len(times_s), "it stands still while it fits"


def test_the_square_goes_along_with_somebody_who_walks_in():
    tracker = CropTracker()
    walking_s = np.arange(0.0, 1.5, 0.1)
    for time_s in walking_s:
        xy_px = stand((60 + 330 * time_s, 460), 300)
        assert tracker.crop is None or tracker.crop.contains(xy_px).all()
        tracker.follow(xy_px, np.ones(17, bool), float(time_s))
    stood = stand((540, 460), 300)
    for time_s in np.arange(1.5, 1.5 + 5 * SHRINK_TIME_S, 0.1):
        crop = tracker.follow(stood, np.ones(17, bool), float(time_s))
    low, high = stood.min(axis=0), stood.max(axis=0)
    assert (crop.left_px + crop.right_px) / 2 == pytest.approx((low[0] + high[0]) / 2, abs=0.05 * crop.side_px)
    assert crop.side_px < 300 * 1.3


def test_a_hand_that_reaches_out_is_inside_from_the_next_frame_on():
    tracker = CropTracker()
    xy_px = stand((320, 460), 400)
    tracker.follow(xy_px, np.ones(17, bool), 0.0)
    xy_px[LEFT_WRIST] = (520, 60)
    crop = tracker.follow(xy_px, np.ones(17, bool), 1 / 30)
    assert crop.contains(xy_px).all()


def test_a_hand_that_is_seen_now_and_then_has_not_moved():
    steady, tracker = CropTracker(), CropTracker()
    hands_up = stand((320, 460), 300)
    hands_up[[LEFT_WRIST, RIGHT_WRIST], 1] = 60.0
    largest = steady.follow(hands_up, np.ones(17, bool), 0.0)
    for frame in range(60):
        believed = np.ones(17, bool)
        believed[[LEFT_WRIST, RIGHT_WRIST]] = frame % 3 == 0
        square = tracker.follow(hands_up, believed, frame / 30)
        assert square.side_px <= largest.side_px + 1e-6


@pytest.mark.parametrize("missed", [0, 2], ids=["every frame", "two of three frames"])
def test_whoever_comes_up_is_inside_by_the_next_frame(missed):
    tracker, frame_s, speed_px_s = CropTracker(), 0.05, 700.0

    def rising(time_s):
        xy_px = stand((320, 460), 220)
        xy_px[:LEFT_HIP, 1] -= speed_px_s * time_s
        return xy_px

    times_s = [0.0, frame_s, 2 * frame_s, (3 + missed) * frame_s]
    for time_s in times_s:
        crop = tracker.follow(rising(time_s), np.ones(17, bool), time_s)
    head_px = rising(times_s[-1] + frame_s)[0]
    without_margin = head_px[1] - crop.top_px
    assert without_margin > 0.0
    # Not as far ahead as it went during the frames that were missed.
    assert crop.top_px > rising(times_s[-1] + 2 * frame_s)[:, 1].min() - 0.12 * crop.side_px


def test_a_joint_that_is_not_believed_does_not_move_the_square():
    tracker, other = CropTracker(), CropTracker()
    xy_px = stand((320, 460), 400)
    wanted = other.follow(xy_px, np.ones(17, bool), 0.0)
    believed = np.ones(17, bool)
    believed[[LEFT_WRIST, RIGHT_WRIST]] = False
    xy_px[[LEFT_WRIST, RIGHT_WRIST]] = [(900, -200), (-300, 900)]
    assert tracker.follow(xy_px, believed, 0.0) == wanted


def test_the_square_comes_back_to_somebody_who_steps_back():
    tracker = CropTracker()
    near = tracker.follow(stand((320, 470), 440), np.ones(17, bool), 0.0)
    time_s = 0.0
    while time_s < 2 * FEET_HOLD_S + 1.0:
        time_s += 0.1
        far = tracker.follow(stand((320, 400), 220), np.ones(17, bool), time_s)
    assert far.side_px < 0.6 * near.side_px
    tracker.reset()
    assert tracker.crop is None


@given(
    shift_px=st.tuples(st.floats(-200, 200), st.floats(-200, 200)), scale=st.floats(0.3, 3.0), squat=st.floats(0.4, 1.0)
)
def test_the_square_moves_and_grows_with_the_picture(shift_px, scale, squat):
    first, second = stand((300, 460), 400), stand((310, 460), 400 * squat)
    tracker, other = CropTracker(), CropTracker()
    for time_s, xy_px in ((0.0, first), (0.5, second)):
        crop = tracker.follow(xy_px, np.ones(17, bool), time_s)
        moved = other.follow((xy_px * scale + shift_px).astype(np.float32), np.ones(17, bool), time_s)
    wanted = (crop.left_px * scale + shift_px[0], crop.top_px * scale + shift_px[1], crop.side_px * scale)
    assert (moved.left_px, moved.top_px, moved.side_px) == pytest.approx(wanted, rel=1e-3, abs=0.05)


@pytest.mark.parametrize("size_px", [(640, 480), (1920, 1080), (1080, 1920), (480, 480), (3000, 400)], ids=str)
@pytest.mark.parametrize("zone", [(0.0, 1.0), (0.3, 0.7), (0.0, 0.1), (0.5, 1.0)], ids=str)
def test_the_search_covers_the_zone(size_px, zone):
    width, height = size_px
    crops = search_crops(size_px, *zone)
    left, right = zone[0] * width, zone[1] * width
    first = crops[0]
    assert first.left_px <= left + 1e-6
    assert first.right_px >= right - 1e-6
    assert first.top_px <= 0
    assert first.bottom_px >= height
    if len(crops) > 1 and right - left > height:
        # Somebody half as wide as high is wholly inside one of the tiles, as long as the tiles can be that close.
        for middle in np.linspace(left + height / 4, right - height / 4, 50) if right - left < 2.4 * height else []:
            assert any(
                c.left_px <= middle - height / 4 + 1 and c.right_px >= middle + height / 4 - 1 for c in crops[1:]
            )
        assert all(c.left_px >= left - 1e-6 and c.right_px <= right + 1e-6 for c in crops[1:])
    assert len(crops) <= 4
