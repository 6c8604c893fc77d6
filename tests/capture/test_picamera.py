import os
import sys
import time

import numpy as np
import pytest
from fake_picamera2 import CONFIG, HEIGHT, SCENE, WIDTH, buffer_of, take

from edge_valgus.capture.picamera import PiCamera
from edge_valgus.capture.pixels import Matrix
from edge_valgus.capture.tuning import VARIABLE
from edge_valgus.config import CameraConfig
from edge_valgus.errors import CaptureError


@pytest.mark.parametrize("module", ["picamera2", "libcamera"])
def test_without_picamera2_the_error_says_how_to_install_it(module, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with (
        pytest.raises(CaptureError, match=r"^camera 2: .*apt install python3-picamera2") as caught,
        PiCamera(CameraConfig(number=2)),
    ):
        pass
    assert "\n" not in str(caught.value)


def test_before_it_is_opened_it_knows_what_was_asked_for():
    camera = PiCamera(CameraConfig(width_px=320, height_px=240))
    assert (camera.name, camera.size_px, camera.frame_count) == ("camera 0", (320, 240), None)
    with pytest.raises(RuntimeError, match="is not open"):
        next(iter(camera))


@pytest.mark.parametrize(
    ("rotation_deg", "mirrored", "flips"),
    [(0, False, (False, False)), (180, False, (True, True)), (0, True, (True, False)), (180, True, (False, True))],
    ids=["upright", "upside down", "mirror", "upside down mirror"],
)
def test_rotation_and_mirror_become_flips(rotation_deg, mirrored, flips):
    camera = PiCamera(CameraConfig(rotation_deg=rotation_deg, mirrored=mirrored))
    assert camera._wanted_flips() == flips


class Space:
    def __init__(self, encoding, value_range):
        self.ycbcrEncoding, self.range = encoding, value_range


@pytest.mark.parametrize(
    ("space", "matrix", "full_range"),
    [
        (Space("YcbcrEncoding.Rec601", "Range.Full"), Matrix.BT601, True),
        (Space("YcbcrEncoding.Rec601", "Range.Limited"), Matrix.BT601, False),
        (Space("YcbcrEncoding.Rec709", "Range.Limited"), Matrix.BT709, False),
        (None, Matrix.BT601, True),
    ],
    ids=["sYCC", "SMPTE170M", "Rec709", "not told"],
)
def test_the_cameras_colour_space_is_read(space, matrix, full_range):
    from edge_valgus.capture.picamera import _colours_of

    colours = _colours_of(space)
    assert (colours.matrix, colours.full_range) == (matrix, full_range)


@pytest.mark.parametrize(
    ("pixel_format", "padding"),
    [("BGR888", 0), ("BGR888", 8), ("RGB888", 8), ("NV12", 0), ("NV12", 24)],
)
def test_pictures_come_as_rgb_with_the_sensors_time(rig, pixel_format, padding):
    rig.pixel_format, rig.padding = pixel_format, padding
    rig.on_wait = lambda camera: take(camera, 12.5)
    with PiCamera(CONFIG) as source:
        frame = next(iter(source))
        # The buffer is the camera's again, which has written over it.
        assert [request.released for request in rig.camera.requests] == [1]
    expected = np.repeat(SCENE[..., :1], 3, axis=2) if pixel_format == "NV12" else SCENE
    np.testing.assert_array_equal(frame.image, expected)
    assert frame.time_s == 12.5
    assert rig.camera.closed


def test_what_the_camera_answers_counts_and_not_what_was_asked_for(rig):
    rig.size_px = (WIDTH + 4, HEIGHT + 2)
    rig.on_wait = lambda camera: take(camera, scene=np.zeros((HEIGHT + 2, WIDTH + 4, 3), np.uint8))
    with PiCamera(CONFIG) as source:
        assert source.size_px == (WIDTH + 4, HEIGHT + 2)
        assert next(iter(source)).size_px == source.size_px


@pytest.mark.parametrize("can_flip", [True, False], ids=["the sensor flips", "the sensor can't flip"])
@pytest.mark.parametrize(
    ("rotation_deg", "mirrored", "expected"),
    [
        pytest.param(0, False, SCENE, id="as it hangs"),
        pytest.param(180, False, SCENE[::-1, ::-1], id="upside down"),
        pytest.param(0, True, SCENE[:, ::-1], id="mirrored"),
        pytest.param(180, True, SCENE[::-1], id="upside down and mirrored"),
    ],
)
def test_pictures_come_upright_and_unmirrored(rig, rotation_deg, mirrored, expected, can_flip):
    rig.can_flip = can_flip
    rig.on_wait = take
    config = CONFIG.model_copy(update={"rotation_deg": rotation_deg, "mirrored": mirrored})
    with PiCamera(config) as source:
        image = next(iter(source)).image
    np.testing.assert_array_equal(image, expected)
    assert image.flags.c_contiguous
    # What the sensor does costs nothing, so it is asked for all of it.
    assert (source._flip_x or source._flip_y) == (not can_flip and expected is not SCENE)


@pytest.mark.parametrize(
    ("fps", "raw"),
    [
        pytest.param(30.0, {"size": (2304, 1296)}, id="the whole view, binned"),
        pytest.param(60.0, {}, id="faster than binning goes"),
    ],
)
def test_what_is_asked_of_the_camera(rig, fps, raw):
    config = CameraConfig().model_copy(update={"width_px": 641, "height_px": 481, "fps": fps})
    with PiCamera(config):
        asked = rig.camera.granted
    assert asked["main"]["size"] == (640, 480)
    assert asked["raw"] == raw
    period_us = round(1e6 / fps)
    assert asked["controls"] == {"FrameDurationLimits": (period_us, period_us)}


def test_a_camera_without_a_frame_rate_is_not_asked_for_one(rig):
    rig.controls = {}
    with PiCamera(CONFIG):
        assert rig.camera.granted["controls"] == {}


@pytest.mark.parametrize(
    ("offered", "asked"),
    [
        pytest.param((0, 3, 0), {"AeExposureMode": 1}, id="short exposures"),
        pytest.param((0, 0, 0), {}, id="a camera with one way of exposing"),
        pytest.param(None, {}, id="a camera that does not choose exposures"),
    ],
)
def test_exposures_are_asked_to_be_short_where_that_can_be_asked(rig, offered, asked):
    rig.controls = {} if offered is None else {"AeExposureMode": offered}
    with PiCamera(CONFIG):
        assert rig.camera.granted["controls"] == asked


def test_after_a_slow_look_the_newest_picture_comes(rig):
    rig.on_wait = lambda camera: take(camera, 1.0)
    with PiCamera(CONFIG) as source:
        frames = iter(source)
        assert next(frames).time_s == 1.0
        for number in range(2, 20):
            take(rig.camera, float(number))
        assert next(frames).time_s == 19.0
        released = [request.released for request in rig.camera.requests]
        assert released == [1] * 19


def test_no_picture_is_given_twice_and_none_out_of_order(rig):
    times = iter([1.0, 1.0, 0.5, 2.0])
    rig.on_wait = lambda camera: take(camera, next(times))
    with PiCamera(CONFIG) as source:
        frames = iter(source)
        assert [next(frames).time_s, next(frames).time_s] == [1.0, 2.0]


def test_a_picture_without_a_sensor_time_gets_the_clocks(rig):
    rig.on_wait = lambda camera: camera.arrive(buffer_of(camera), {})
    before_s = time.monotonic()
    with PiCamera(CONFIG) as source:
        assert before_s <= next(iter(source)).time_s <= time.monotonic()


class TestTuning:
    """The tuning file reaches libcamera before it looks for cameras, and is told of where no camera is found with it."""

    @pytest.fixture(autouse=True)
    def _no_variable(self, monkeypatch):
        monkeypatch.setenv(VARIABLE, "")  # so that what the camera sets is taken back

    @pytest.fixture
    def tuning(self, tmp_path):
        path = tmp_path / "imx708_noir.json"
        path.write_text('{"version": 2.0, "target": "bcm2835", "algorithms": []}')
        return path

    def test_the_sensors_own_is_left_to_libcamera(self, rig):
        with PiCamera(CONFIG):
            assert rig.camera.tuning is None

    def test_the_one_that_is_set_is_taken(self, rig, tuning):
        with PiCamera(CONFIG.model_copy(update={"tuning_file": str(tuning)})):
            assert rig.camera.tuning == os.environ[VARIABLE] == str(tuning)

    def test_libcameras_own_variable_says_it_too(self, rig, tuning, monkeypatch):
        monkeypatch.setenv(VARIABLE, str(tuning))
        with PiCamera(CONFIG):
            assert rig.camera.tuning == str(tuning)

    def test_where_no_camera_is_found_it_is_named(self, rig, tuning):
        rig.connected = []
        with (
            pytest.raises(
                CaptureError, match=r"no such camera \(found none\): check whether the tuning file .*noir\.json"
            ),
            PiCamera(CONFIG.model_copy(update={"tuning_file": str(tuning)})),
        ):
            pass

    def test_that_of_another_sensor_is_refused(self, rig, tuning):
        rig.connected = [{"Model": "imx219"}]
        with (
            pytest.raises(CaptureError, match=r"is for the sensor imx708, and the camera has imx219"),
            PiCamera(CONFIG.model_copy(update={"tuning_file": str(tuning)})),
        ):
            pass


def test_a_source_can_be_opened_again(rig):
    rig.on_wait = take
    source = PiCamera(CONFIG)
    for _ in range(2):
        with source:
            assert next(iter(source)).time_s == 1.0
    assert [camera.closed for camera in rig.cameras] == [True, True]
