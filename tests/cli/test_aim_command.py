"""`edge-valgus aim` as people start it: at a desk, with a video, beside the running device; and what takes its result."""

from __future__ import annotations

import json
import socket
import time

import pytest
from command_line import CommandLine, write_grey_video, write_poses

from drawn_video import write_drawn_video
from edge_valgus.capture.drawn import DrawnLifter, RepScript, SetScript
from edge_valgus.config import PRACTICE
from edge_valgus.live.process import publishing_process
from edge_valgus.service.demo import aimed_at
from edge_valgus.store.aim import read_aim

pytestmark = pytest.mark.timeout(300)  # whole aimings, which a busy machine takes a minute for

REP = RepScript(depth=1.0, descent_s=1.0, hold_s=0.1, ascent_s=0.9, rest_s=0.8)


@pytest.fixture(scope="module")
def edge_valgus(tmp_path_factory):
    return CommandLine(tmp_path_factory.mktemp("aim"))


@pytest.fixture(scope="module")
def drawn(edge_valgus):
    """(what --json said, the file)."""
    result = edge_valgus("aim", "--drawn", "--json", "--out", "rig.json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout), edge_valgus.folder / "rig.json"


def test_a_drawn_lifter_is_aimed_at_through_the_real_network(drawn):
    said, _ = drawn
    assert said["aimed"] is True
    assert said["why"] is None
    assert (said["source"], said["model"], said["squats"]) == ("drawn lifter", PRACTICE, 5)
    assert 0.05 < said["sem_left_pct"] < 1.5
    assert said["mdc_left_pct"] == pytest.approx(2.772 * said["sem_left_pct"], abs=0.02)
    assert said["threshold_left_pct"] == 3.3
    assert said["release_left_pct"] == pytest.approx(3.3 - said["mdc_left_pct"] / 2, abs=0.02)
    assert abs(said["yaw_deg"]) < 7.0


def test_it_is_kept_where_it_was_told_to_and_nowhere_else(drawn, edge_valgus):
    said, file = drawn
    assert said["kept"] == "rig.json"
    assert read_aim(file).sem_left_pct == said["sem_left_pct"]
    assert not (edge_valgus.folder / "state" / "aim.json").exists()


def test_where_it_cannot_be_kept_is_told_before_anybody_squats(edge_valgus):
    (edge_valgus.folder / "no-folder").write_text("")
    result = edge_valgus("aim", "--drawn", "--out", "no-folder/rig.json")
    assert result.returncode == 8
    assert "no-folder/rig.json: cannot be written" in result.stderr
    assert "Stand still" not in result.stderr


@pytest.mark.parametrize(
    "as_json", [pytest.param(False, marks=pytest.mark.slow, id="for a person"), pytest.param(True, id="as JSON")]
)
def test_a_disk_that_fills_up_meanwhile_takes_the_file_and_not_the_numbers(monkeypatch, edge_valgus, as_json):
    from click.testing import CliRunner

    from edge_valgus.cli import aim as command
    from edge_valgus.errors import AimError

    def full(path, _aim):
        raise AimError(f"{path}: cannot be written (No space left on device)")

    monkeypatch.setattr(command, "write_aim", full)
    for name in ("EDGE_VALGUS_CONFIG", "EDGE_VALGUS_MODEL_DIR"):
        monkeypatch.setenv(name, edge_valgus.environment[name])
    out = edge_valgus.folder / "full.json"
    result = CliRunner().invoke(command.aim, ["--drawn", "--out", str(out), *(["--json"] if as_json else [])])
    assert isinstance(result.exception, AimError)
    assert "No space left" in str(result.exception)
    said = result.stdout
    if as_json:
        table = json.loads(said[said.index("{") :])
        assert (table["squats"], table["kept"]) == (5, None)
        assert "No space left" in table["trouble"]
    else:
        assert "of leg length (SEM)" in said
        assert "Kept in" not in said


def test_for_a_person_it_says_what_to_do_and_what_came_of_it(edge_valgus):
    result = edge_valgus("aim", "--drawn", "--seed", "2")
    assert result.returncode == 0, result.stderr
    for said in ("Stand still", "Squat five times", "Squat once more"):
        assert said in result.stderr
    assert "left knee" in result.stdout
    assert "of leg length (SEM)" in result.stdout
    assert "red from 3.3 % (the settings')" in result.stdout
    assert "practice network" in result.stdout


def test_a_video_in_which_nobody_squats_gives_nothing(edge_valgus):
    video = write_grey_video(edge_valgus.folder / "grey.mp4")
    result = edge_valgus("aim", "--video", video, "--json")
    said = json.loads(result.stdout)
    assert result.returncode == 1
    assert said["aimed"] is False
    assert "grey.mp4 ended during: Step into view" in said["why"]
    assert (said["advice"], said["kept"], said["trouble"]) == ([], None, None)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(("--video", "x.mp4", "--drawn"), "two sources: give one", id="two sources"),
        pytest.param(("--video", "nowhere.mp4"), "nowhere.mp4", id="no such video"),
        pytest.param(
            ("--out", "rig.json", "--mock-gpio"), "practice network", id="a camera, but only the practice network"
        ),
    ],
)
def test_what_cannot_work_is_said_in_one_line(edge_valgus, arguments, says):
    result = edge_valgus("aim", *arguments)
    assert result.returncode not in (0, 1)
    assert says in result.stderr
    assert "Traceback" not in result.stderr


def test_help_teaches(edge_valgus):
    said = edge_valgus("aim", "--help").stdout
    for part in (
        "hold its button for 6 s",
        "amber blinks fast",
        "--drawn",
        "minimum detectable change",
        "analyze squat.mp4 --aim",
    ):
        assert part in " ".join(said.split())


@pytest.fixture(scope="module")
def video(edge_valgus):
    caves = RepScript(depth=1.0, descent_s=1.0, hold_s=0.1, ascent_s=0.9, rest_s=0.8, knee_in_left_m=0.06)
    lifter = DrawnLifter(SetScript(reps=(REP, caves), lead_in_s=1.5, seed=3), fps=20.0)
    return write_drawn_video(edge_valgus.folder / "set.mp4", lifter)


def coarse(edge_valgus, **changes):
    """A rig that can't tell 11 % apart."""
    table = json.loads((edge_valgus.folder / "rig.json").read_text()) | {"sem_left_pct": 4.0, "sem_right_pct": 4.0}
    path = edge_valgus.folder / "coarse.json"
    path.write_text(json.dumps(table | changes))
    return path


@pytest.mark.slow
def test_a_video_is_aimed_by(edge_valgus):
    path = write_drawn_video(edge_valgus.folder / "aiming [left].mp4", aimed_at(0))
    done = edge_valgus("aim", "--video", path, "--out", "measured.json")
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0)
    assert "squats before aiming [left].mp4 (" in done.stdout
    kept = json.loads((edge_valgus.folder / "measured.json").read_text())
    assert (kept["source"], kept["squats"]) == (path.name, 5)


def test_analyze_judges_by_it(edge_valgus, drawn, video):
    _, file = drawn
    flagged = [
        json.loads(edge_valgus("analyze", video, "--json", *more).stdout)["flagged_frames"]
        for more in ((), ("--aim", file), ("--aim", coarse(edge_valgus)))
    ]
    assert flagged[0] > 0
    assert flagged[1] > 0
    assert flagged[2] == 0


def test_replay_judges_by_it(edge_valgus, drawn):
    assert drawn
    lifter = DrawnLifter(SetScript(reps=(REP,), lead_in_s=1.5, seed=3), fps=20.0)
    poses = write_poses(edge_valgus.folder / "set.jsonl", lifter)
    result = edge_valgus("replay", poses, "--json", "--aim", coarse(edge_valgus, model="none"))
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["counted"] == 1


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"model": "other"}, "was measured with other, not edge-valgus-lifter-int8", id="another network"),
        pytest.param({"width_px": 320}, "320×480 pixels, not 640×480", id="another size"),
        pytest.param({"yaw_deg": "left"}, "yaw_deg = 'left': Input should be a valid number", id="a wrong value"),
    ],
)
def test_one_that_does_not_fit_is_an_error_and_not_ignored(edge_valgus, drawn, video, changes, says):
    assert drawn
    result = edge_valgus("analyze", video, "--aim", coarse(edge_valgus, **changes))
    assert result.returncode == 8
    assert says in result.stderr
    assert len(result.stderr.strip().splitlines()) <= 2


def test_a_missing_one_is_an_error(edge_valgus, video):
    result = edge_valgus("analyze", video, "--aim", "nowhere.json")
    assert result.returncode == 8
    assert "nowhere.json: is not there; measure it" in result.stderr


def test_beside_the_running_device_it_asks_that_one(edge_valgus, video):
    """The device has the camera: the command asks it to aim, and tells what it says."""
    device = edge_valgus.start("run", "--mock-gpio", "--video", video)
    try:
        live = edge_valgus.folder / "run" / "live.sock"
        deadline_s = time.monotonic() + 30.0
        while publishing_process(live) is None:  # the socket of one that died may be there already
            assert device.poll() is None, device.communicate()
            assert time.monotonic() < deadline_s, "the device did not start"
            time.sleep(0.05)
        result = edge_valgus("aim")
        assert (
            "Stand still" in result.stderr or "Good. Stay there" in result.stderr or "Step into view" in result.stderr
        )
        assert result.returncode == 1
        assert "Not aimed. The device stopped aiming, or stopped." in result.stdout
        out, err = device.communicate(timeout=30)
        assert device.returncode == 0, (out, err)
    finally:
        if device.poll() is None:
            device.kill()
            device.communicate()


def test_a_device_that_may_not_be_seen_is_said_to_be(tmp_path, monkeypatch):
    """As somebody who is not in the device's group; here root may see everything."""
    from edge_valgus.cli import aim as command
    from edge_valgus.config import Config, StoreConfig
    from edge_valgus.errors import AimError

    def closed(_socket):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(command, "publishing_process", closed)
    with pytest.raises(AimError, match=r"may not be read .*sudo edge-valgus aim"):
        command._device_of(Config(store=StoreConfig(runtime_dir=str(tmp_path))))


def test_a_device_that_died_does_not_keep_it_waiting(edge_valgus):
    """Its socket is left behind, and its lock file with an id that may be anybody's now."""
    run = edge_valgus.folder / "run"
    run.mkdir(exist_ok=True)
    (run / "live.sock.lock").write_text("1\n")
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(run / "live.sock"))
    result = edge_valgus("aim", "--mock-gpio")
    assert "practice network" in result.stderr, "it goes on to the camera, which wants MoveNet"
