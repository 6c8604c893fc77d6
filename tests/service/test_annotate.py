import resource
from contextlib import contextmanager
from dataclasses import replace

import av
import numpy as np
import pytest

from edge_valgus.errors import CaptureError
from edge_valgus.events import Doubt, Measures, Phase, Reading
from edge_valgus.frames import KEYPOINT_NAMES, LEFT_ANKLE, LEFT_KNEE, RIGHT_ANKLE, RIGHT_KNEE, Frame, Pose
from edge_valgus.service import overlay
from edge_valgus.service.annotate import AnnotatedVideo
from edge_valgus.service.overlay import AMBER, BACKGROUND, GREEN, GREY, RED, WHITE, Overlay

MEASURES = Measures(
    depth=0.83, kasr=0.94, mkd_left_pct=1.2, mkd_right_pct=-12.3, fppa_left_deg=3.0, fppa_right_deg=-14.0
)
FINE = Reading(
    time_s=0.0,
    phase=Phase.DESCENT,
    in_view=True,
    measures=MEASURES,
    doubt=None,
    flagged_left=False,
    flagged_right=False,
    set_number=1,
    counted=3,
    partial=1,
)
AWAY = replace(FINE, phase=Phase.AWAY, in_view=False, measures=Measures(), counted=0, partial=0)
READINGS = [
    FINE,
    AWAY,
    replace(FINE, flagged_left=True, flagged_right=True, phase=Phase.STANDING, counted=188, partial=27),
    replace(FINE, flagged_right=True, phase=Phase.BOTTOM),
    *(replace(FINE, doubt=doubt) for doubt in Doubt),
    replace(FINE, measures=Measures(depth=0.1)),
    replace(FINE, measures=Measures(mkd_right_pct=1.0)),
    replace(FINE, measures=Measures(-0.2, 10.25, -100.5, 120.5, -179.0, 179.0)),
]
SIZES = [(1280, 720), (360, 640), (720, 1280), (178, 100), (96, 427), (641, 359), (64, 64), (1200, 200)]

# x and y in shares of the picture, seen from the front: the lifter's left is on the right.
PLACES = {
    "nose": (0.5, 0.1),
    "shoulder": (0.6, 0.25),
    "elbow": (0.68, 0.35),
    "wrist": (0.62, 0.3),
    "hip": (0.56, 0.5),
    "knee": (0.62, 0.68),
    "ankle": (0.6, 0.9),
    "eye": (0.52, 0.08),
    "ear": (0.54, 0.1),
}


def stand(size_px, shift_px=(0, 0), score=0.9):
    places = []
    for name in KEYPOINT_NAMES:
        x, y = PLACES[name.rpartition("_")[2]]
        places.append((1 - x if name.startswith("right") else x, y))
    xy = (np.array(places) * size_px + shift_px).astype(np.float32)
    return Pose(xy, np.full(17, score, np.float32), 0.0, size_px)


def grey(size_px):
    return np.full((size_px[1], size_px[0], 3), 90, np.uint8)


def draw(size_px, reading, pose=None, counted=3, partial=1):
    return np.asarray(Overlay(size_px, 0.5).draw(grey(size_px), pose, reading, counted, partial)).copy()


def panel_of(size_px, canvas):
    """The part of the canvas that is panel."""
    if size_px[0] >= size_px[1]:
        width = round(size_px[0] * canvas.shape[0] / size_px[1])
        return canvas[:, min(width, canvas.shape[1]) + 2 :]
    height = round(size_px[1] * canvas.shape[1] / size_px[0])
    return canvas[height + 2 :]


@pytest.mark.parametrize("size_px", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("fallback_font", [False, True], ids=["DejaVu", "Pillow's own font"])
def test_nothing_on_the_panel_is_cut(size_px, fallback_font, monkeypatch):
    overlay._font.cache_clear()
    if fallback_font:
        monkeypatch.setattr(overlay, "_FONT", "no-such-font.ttf")
        monkeypatch.setattr(overlay, "_BOLD_FONT", "no-such-font.ttf")
    drawing = Overlay(size_px, 0.5)
    for reading in READINGS:
        canvas = np.asarray(drawing.draw(grey(size_px), None, reading, reading.counted, reading.partial))
        panel = panel_of(size_px, canvas)
        assert min(canvas.shape[:2]) >= 359
        assert canvas.shape[0] % 2 == canvas.shape[1] % 2 == 0
        margin = min(panel.shape[:2]) // 50
        for edge in (panel[:margin], panel[-margin:], panel[:, :margin], panel[:, -margin:]):
            assert (edge == BACKGROUND).all()
        assert (panel != BACKGROUND).any(axis=2).mean() > 0.1
    overlay._font.cache_clear()


@pytest.mark.parametrize("name", ["DejaVuSans-Bold.ttf", "no-such-font.ttf"])
def test_every_number_has_its_glyphs_in_either_font(name, monkeypatch):
    overlay._font.cache_clear()
    monkeypatch.setattr(overlay, "_BOLD_FONT", name)
    font = overlay._font(40, bold=True)
    missing = bytes(font.getmask("\uffff"))
    words = (
        overlay._number(-1234567890.5, "+.1f") + overlay._number(float("nan"), "+.1f") + overlay._number(1.0, "+.1f")
    )
    assert [character for character in words + "%°" if bytes(font.getmask(character)) == missing] == []
    overlay._font.cache_clear()


def colour_at(canvas, point):
    x, y = (round(float(value)) for value in point)
    return tuple(int(value) for value in canvas[y, x])


def middle(pose, first, second):
    return (pose.xy_px[first] + pose.xy_px[second]) / 2


@pytest.mark.parametrize(
    ("reading", "left", "right"),
    [
        pytest.param(FINE, GREEN, GREEN, id="fine"),
        pytest.param(replace(FINE, flagged_left=True), RED, GREEN, id="left knee in"),
        pytest.param(replace(FINE, flagged_right=True), GREEN, RED, id="right knee in"),
        pytest.param(replace(FINE, flagged_left=True, flagged_right=True), RED, RED, id="both knees in"),
        pytest.param(replace(FINE, doubt=Doubt.TURNED), AMBER, AMBER, id="can't judge"),
        pytest.param(AWAY, GREY, GREY, id="not followed"),
        pytest.param(replace(FINE, measures=Measures(depth=0.1)), GREY, GREY, id="no reading is not fine"),
        pytest.param(replace(FINE, measures=Measures(mkd_left_pct=1.0)), GREEN, GREY, id="one knee read"),
    ],
)
@pytest.mark.parametrize("size_px", [(1280, 720), (360, 640)], ids=["landscape", "portrait"])
def test_each_leg_wears_its_own_colour(size_px, reading, left, right):
    pose = stand(size_px)
    canvas = draw(size_px, reading, pose)
    assert colour_at(canvas, middle(pose, LEFT_KNEE, LEFT_ANKLE)) == left
    assert colour_at(canvas, middle(pose, RIGHT_KNEE, RIGHT_ANKLE)) == right
    assert colour_at(canvas, middle(pose, 5, 6)) == WHITE


def test_a_small_picture_is_enlarged_together_with_its_skeleton():
    pose = stand((160, 120))
    canvas = draw((160, 120), FINE, pose)
    assert canvas.shape[0] == 360
    assert colour_at(canvas, middle(pose, LEFT_KNEE, LEFT_ANKLE) * 3) == GREEN


def test_guessed_keypoints_are_not_drawn():
    size_px = (640, 480)
    assert (draw(size_px, FINE, stand(size_px, score=0.1)) == draw(size_px, FINE)).all()


@pytest.mark.parametrize("shift_px", [(330, 0), (-330, 0), (0, 300), (0, -400), (5000, 5000), (-9e5, 9e5)])
def test_a_skeleton_outside_the_picture_never_reaches_the_panel(shift_px):
    size_px = (640, 480)
    with_pose, without = draw(size_px, FINE, stand(size_px, shift_px)), draw(size_px, FINE)
    assert (with_pose[:, 640:] == without[:, 640:]).all()


def test_a_keypoint_that_is_nan_leaves_only_its_bones_out():
    pose = stand((640, 480))
    pose.xy_px[LEFT_KNEE] = np.nan
    canvas = draw((640, 480), FINE, pose)
    assert colour_at(canvas, middle(pose, RIGHT_KNEE, RIGHT_ANKLE)) == GREEN
    assert colour_at(canvas, middle(stand((640, 480)), LEFT_KNEE, LEFT_ANKLE)) == (90, 90, 90)


@pytest.mark.parametrize(
    "change",
    [
        {"counted": 4},
        {"partial": 2},
        {"reading": replace(FINE, phase=Phase.ASCENT)},
        {"reading": replace(FINE, doubt=Doubt.HIDDEN)},
        *(
            {"reading": replace(FINE, measures=replace(MEASURES, **{name: 0.31}))}
            for name in ("depth", "kasr", "mkd_left_pct", "mkd_right_pct", "fppa_left_deg", "fppa_right_deg")
        ),
    ],
    ids=["count", "partial", "phase", "doubt", "depth", "KASR", "left MKD", "right MKD", "left FPPA", "right FPPA"],
)
@pytest.mark.parametrize("size_px", [(640, 480), (360, 640)], ids=["landscape", "portrait"])
def test_everything_that_is_known_shows(size_px, change):
    arguments = {"reading": FINE, "counted": 3, "partial": 1}
    before = panel_of(size_px, draw(size_px, **arguments))
    after = panel_of(size_px, draw(size_px, **{**arguments, **change}))
    assert (before != after).any(axis=2).sum() > 8


def bar_of(canvas, size_px, colour):
    """How many pixels of the bar, high above the verdict, have that colour."""
    panel = panel_of(size_px, canvas)[: round(4.8 * 82), : round(4.8 * 13)]
    return int((panel == colour).all(axis=2).sum())


def test_the_depth_bar_grows_and_turns_green_where_the_rep_counts():
    size_px = (640, 480)
    depths = {depth: draw(size_px, replace(FINE, measures=Measures(depth=depth))) for depth in (0.2, 0.4, 0.6, 1.0)}
    assert [bar_of(canvas, size_px, GREEN) > 0 for canvas in depths.values()] == [False, False, True, True]
    assert bar_of(depths[1.0], size_px, GREEN) > bar_of(depths[0.6], size_px, GREEN)


TIMES_S = [100.0, 100.04, 100.1, 100.1, 100.5, 101.0]


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "MP4"])
@pytest.mark.parametrize("size_px", [(320, 240), (101, 179)], ids=["landscape", "odd portrait"])
def test_the_video_plays_with_the_frames_own_times(tmp_path, suffix, size_px):
    path = tmp_path / f"out.{suffix}"
    path.write_text("something older")
    with AnnotatedVideo(path, size_px, 30) as video:
        for time_s in TIMES_S:
            video.write(Frame(grey(size_px), time_s), stand(size_px), FINE)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
        assert container.streams.video[0].codec_context.name in {"h264", "mpeg4"}
    assert (frames[0].width, frames[0].height) == video.size_px
    assert frames[0].format.name == "yuv420p"
    assert [frame.time for frame in frames] == pytest.approx([time_s - 100.0 for time_s in TIMES_S], abs=2e-3)


def test_colours_survive_the_encoder(tmp_path):
    size_px = (640, 480)
    pose = stand(size_px)
    with AnnotatedVideo(tmp_path / "out.mp4", size_px, 30) as video:
        video.write(Frame(grey(size_px), 0.0), pose, replace(FINE, flagged_left=True))
    with av.open(str(tmp_path / "out.mp4")) as container:
        picture = next(container.decode(video=0)).to_ndarray(format="rgb24").astype(int)
    for point, colour in (((10, 10), (90, 90, 90)), (middle(pose, LEFT_KNEE, LEFT_ANKLE), RED)):
        assert np.abs(picture[round(float(point[1])), round(float(point[0]))] - colour).max() < 25


def test_counts_of_the_whole_video_may_replace_those_of_the_set(tmp_path):
    pictures = []
    for name, counts in (("a.mkv", {}), ("b.mkv", {"counted": 3, "partial": 1}), ("c.mkv", {"counted": 44})):
        with AnnotatedVideo(tmp_path / name, (320, 240), 30) as video:
            video.write(Frame(grey((320, 240)), 0.0), None, FINE, **counts)
        with av.open(str(tmp_path / name)) as container:
            pictures.append(next(container.decode(video=0)).to_ndarray(format="rgb24"))
    assert (pictures[0] == pictures[1]).all()
    assert (pictures[0] != pictures[2]).any()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("out.avi", "named .avi cannot be written: expected one of .mp4"),
        ("out", "without a suffix"),
        ("nowhere/out.mp4", "cannot be written .no such file or directory"),
        ("folder.mp4", "is a directory|is a folder"),
    ],
    ids=["unknown suffix", "no suffix", "no such folder", "a folder"],
)
def test_what_cannot_be_written_is_said_at_once(tmp_path, name, says):
    (tmp_path / "folder.mp4").mkdir()
    with pytest.raises(CaptureError, match=says) as caught, AnnotatedVideo(tmp_path / name, (320, 240), 30):
        pass
    assert "\n" not in str(caught.value)
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder.mp4"]


@contextmanager
def full_disk(after_bytes):
    """No file may grow beyond this: the write fails as on a full disk."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (after_bytes, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)


@pytest.mark.parametrize("limit", [0, 1000, 60_000], ids=["from the start", "at the end", "midway"])
def test_a_full_disk_is_said_and_leaves_nothing_behind(tmp_path, limit, capfd):
    random = np.random.default_rng(1)

    def fill():
        with full_disk(limit), AnnotatedVideo(tmp_path / "out.mp4", (320, 240), 30) as video:
            for index in range(60 if limit > 1000 else 3):
                noise = random.integers(0, 255, (240, 320, 3), np.uint8)
                video.write(Frame(noise, index / 30), None, FINE)

    with pytest.raises(CaptureError, match=r"cannot be written .* free space"):
        fill()
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")


def test_an_error_in_between_leaves_the_old_video(tmp_path):
    path = tmp_path / "out.mp4"
    path.write_text("something older")

    def fail():
        with AnnotatedVideo(path, (320, 240), 30) as video:
            video.write(Frame(grey((320, 240)), 0.0), None, FINE)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_text() == "something older"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.mp4"]


def test_without_a_frame_there_is_no_video(tmp_path):
    with (
        pytest.raises(CaptureError, match="there was no picture"),
        AnnotatedVideo(tmp_path / "out.mp4", (320, 240), 30),
    ):
        pass
    assert list(tmp_path.iterdir()) == []
