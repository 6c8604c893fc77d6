import sys

import pytest

from edge_valgus.capture.picamera import PiCamera
from edge_valgus.capture.pixels import Matrix
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
