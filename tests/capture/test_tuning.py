import pytest

from edge_valgus.capture import tuning
from edge_valgus.capture.tuning import check_sensor, find_tuning
from edge_valgus.errors import CaptureError

GOOD = '{"version": 2.0, "target": "pisp", "algorithms": [{"rpi.black_level": {"black_level": 4096}}]}'


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """libcamera's folder of tuning files for a Pi 5."""
    monkeypatch.setattr(tuning, "FOLDERS", (tmp_path / "nowhere", tmp_path))
    (tmp_path / "pisp").mkdir()
    return tmp_path / "pisp"


def test_a_name_is_looked_for_in_libcameras_folder(folder):
    (folder / "imx219_noir.json").write_text(GOOD)
    assert find_tuning("imx219_noir.json", "pisp") == folder / "imx219_noir.json"


def test_a_path_is_taken_as_it_is(tmp_path):
    (tmp_path / "mine.json").write_text(GOOD)
    assert find_tuning(str(tmp_path / "mine.json"), "pisp") == tmp_path / "mine.json"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param("", r"is not JSON", id="empty"),
        pytest.param('{"version": 2.0,', r"is not JSON \(.*line 1", id="cut off"),
        pytest.param(b"\xff\xfe", r"is not JSON", id="not even text"),
        pytest.param("[]", r"has no list of algorithms", id="a list"),
        pytest.param('{"rpi.agc": {}}', r"has no list of algorithms", id="of the format before"),
        pytest.param(GOOD.replace("pisp", "bcm2835"), r"is for 'bcm2835', and this is a Pi 5", id="of another Pi"),
        pytest.param('{"algorithms": []}', r"is for None, and this is a Pi 5", id="of no Pi"),
    ],
)
def test_a_file_that_is_none_is_told_with_its_name(folder, content, says):
    (folder / "a.json").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(CaptureError, match=rf"^camera\.tuning_file .*a\.json: {says}") as caught:
        find_tuning("a.json", "pisp")
    assert "\n" not in str(caught.value)


def test_a_name_that_is_not_there_is_told_with_the_folder(folder):
    with pytest.raises(CaptureError, match=rf"tuning_file = 'b\.json': no such file in {folder}"):
        find_tuning("b.json", "pisp")


def test_a_path_that_is_not_there_is_told(tmp_path):
    with pytest.raises(CaptureError, match=r"cannot be read \(No such file"):
        find_tuning(str(tmp_path / "b.json"), "pisp")


@pytest.mark.parametrize(
    ("name", "sensor"),
    [("imx219_noir.json", "imx219"), ("imx708_wide.json", "imx708_wide_noir"), ("mine.json", "imx219")],
)
def test_a_file_for_this_sensor_or_of_any_name_is_right(tmp_path, name, sensor):
    check_sensor(tmp_path / name, sensor)


def test_a_file_for_another_sensor_is_wrong(tmp_path):
    with pytest.raises(CaptureError, match=r"imx219\.json: is for the sensor imx219, and the camera has imx708"):
        check_sensor(tmp_path / "imx219.json", "imx708")
