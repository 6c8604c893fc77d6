"""The config file: read, refused with every problem named, and written with its comments."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import edge_valgus.config as config_module
from edge_valgus import folders
from edge_valgus.config import Config, load_config, render_default_config
from edge_valgus.errors import ConfigError
from edge_valgus.folders import default_runtime_dir, default_state_dir
from edge_valgus.settings_file import find_problems


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "config.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def problems_of(folder: Path, text: str | bytes) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_config(write(folder, text))
    assert caught.value.exit_code == 2
    assert len(str(caught.value).splitlines()) == len(caught.value.problems), "one line per problem"
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "where", "value"),
    [
        pytest.param("", "camera.fps", 30.0, id="an empty file is all defaults"),
        pytest.param("[camera]\nfps = 20", "camera.fps", 20.0, id="a whole number is a number"),
        pytest.param("[camera]\nfps = 5.0", "camera.fps", 5.0, id="the lowest allowed"),
        pytest.param("[camera]\nfps = 60.0", "camera.fps", 60.0, id="the highest allowed"),
        pytest.param("[lights]\nred_right_pin = -1\nbuzzer_pin = -1", "lights.red_right_pin", -1, id="two not fitted"),
        pytest.param("[lights]\ngreen_pin = 27\namber_pin = 17", "lights.green_pin", 27, id="two pins swapped"),
        pytest.param('[model]\nruntime = "tflite-runtime"', "model.runtime", "tflite-runtime", id="one of a choice"),
        pytest.param("\ufeff[web]\r\nport = 80\r\n", "web.port", 80, id="a Windows editor's byte order mark"),
        pytest.param("[camera]\nmirrored = true", "camera.mirrored", True, id="a switch"),
        pytest.param("[camera]\nrotation_deg = 180", "camera.rotation_deg", 180, id="upside down"),
    ],
)
def test_accepts(tmp_path, text, where, value):
    section, key = where.split(".")
    found = getattr(getattr(load_config(write(tmp_path, text)), section), key)
    assert found == value
    assert type(found) is type(value)


HUGE = "0x" + "f" * 4000

PROBLEMS = [
    pytest.param("[lights]\ngreen_pin = 99", "lights.green_pin = 99: must be a whole number from 0 to 27", id="range"),
    pytest.param(
        "[camera]\nnumber = true", "camera.number = True: must be a whole number from 0 to 3", id="bool for int"
    ),
    pytest.param("[camera]\nfps = true", "camera.fps = True: must be a number from 5 to 60", id="bool for float"),
    pytest.param(
        "[camera]\nnumber = 1.0", "camera.number = 1.0: must be a whole number from 0 to 3", id="float for int"
    ),
    pytest.param("[camera]\nfps = nan", "camera.fps = nan: must be a number from 5 to 60", id="not a number"),
    pytest.param("[camera]\nfps = inf", "camera.fps = inf: must be a number from 5 to 60", id="infinite"),
    pytest.param(
        '[camera]\nfps = "30"',
        "camera.fps = '30': must be a number from 5 to 60, without quotes",
        id="number in quotes",
    ),
    pytest.param(
        '[camera]\nmirrored = "no"',
        "camera.mirrored = 'no': must be true or false, without quotes",
        id="switch in quotes",
    ),
    pytest.param("[camera]\nmirrored = 1", "camera.mirrored = 1: must be true or false", id="int for bool"),
    pytest.param(
        "[camera]\nrotation_deg = 90", "camera.rotation_deg = 90: must be 0 or 180", id="choice of two numbers"
    ),
    pytest.param(
        "[camera]\nrotation_deg = false", "camera.rotation_deg = False: must be 0 or 180", id="false is not 0"
    ),
    pytest.param(
        '[model]\nruntime = "tf"',
        "model.runtime = 'tf': must be one of auto, litert, tflite-runtime",
        id="choice of three",
    ),
    pytest.param('[store]\nstate_dir = ""', "store.state_dir = '': must be text in quotes, not empty", id="empty text"),
    pytest.param("[web]\nport = [80]", "web.port = [80]: must be a whole number from 1 to 65535", id="list for int"),
    pytest.param("[camera]\nfsp = 30", "camera.fsp = 30: unknown key; did you mean fps?", id="typo"),
    pytest.param("fps = 30", "fps = 30: unknown key here; did you mean camera.fps?", id="key without its table"),
    pytest.param(
        "[model]\nmin_depth = 0.4",
        "model.min_depth = 0.4: unknown key here; did you mean count.min_depth?",
        id="key of another table",
    ),
    pytest.param("[camra]\nfps = 20", "camra = {'fps': 20}: unknown table; did you mean camera?", id="table typo"),
    pytest.param(
        "[wifi]",
        "wifi = {}: unknown table; the tables are camera, model, zone, count, knee, lights, store, web",
        id="table",
    ),
    pytest.param("[web]\nxyzzy = 1", "web.xyzzy = 1: unknown key; [web] has host, port, watchers", id="unlike any key"),
    pytest.param(
        '[web]\n"a\\nb" = 1', 'web."a\\nb" = 1: unknown key; [web] has host, port, watchers', id="key of two lines"
    ),
    pytest.param(
        "web = 5", "web = 5: must be a table: write [web] on a line of its own, and its keys below it", id="no table"
    ),
    pytest.param(
        "[[web]]",
        "web = [{}]: must be a table: write [web] on a line of its own, and its keys below it",
        id="list of tables",
    ),
    pytest.param(
        "[zone]\nleft = 0.5\nright = 0.5",
        "zone.right = 0.5: must be at least 0.1 greater than left = 0.5",
        id="zone without width",
    ),
    pytest.param(
        "[zone]\nleft = 0.95", "zone.left = 0.95: must be at least 0.1 less than right = 1.0", id="only one is set"
    ),
    pytest.param(
        "[count]\nrest_s = 600\nsession_gap_min = 1",
        "count.rest_s = 600: must be shorter than session_gap_min = 1.0 (60 s)",
        id="a rest longer than a session's gap",
    ),
    pytest.param(
        "[knee]\nthreshold_pct = 3.5\nrelease_pct = 3.5",
        "knee.release_pct = 3.5: must be below threshold_pct = 3.5",
        id="release at threshold",
    ),
    pytest.param(
        "[lights]\ngreen_pin = 27",
        "lights.green_pin = 27: is taken by amber_pin = 27 too; each light needs a pin of its own",
        id="a pin that another has by default",
    ),
    pytest.param(
        f"[web]\nport = {HUGE}",
        "web.port = 'a number with thousands of digits': must be a whole number from 1 to 65535",
        id="a number too long to print",
    ),
    pytest.param(
        f"[camera]\nfps = {HUGE}",
        "camera.fps = 'a number with thousands of digits': must be a number from 5 to 60",
        id="a number too big for a float",
    ),
]


@pytest.mark.parametrize(("text", "expected"), PROBLEMS)
def test_names_key_value_and_what_is_allowed(tmp_path, text, expected):
    assert problems_of(tmp_path, text) == [expected]


def test_lists_every_problem_in_the_order_of_the_file(tmp_path):
    text = """
        [web]
        port = 0
        [camera]
        fps = 1
        colour = "red"
        [lights]
        green_pin = 5
        amber_pin = 5
        button_pin = 5
        buzzer_pin = 28
        [count]
        min_depth = "deep"
    """
    keys = [problem.split(" = ")[0] for problem in problems_of(tmp_path, text)]
    assert keys == [
        "web.port",
        "camera.fps",
        "camera.colour",
        "lights.amber_pin",
        "lights.button_pin",
        "lights.buzzer_pin",
        "count.min_depth",
    ]


def test_a_conflict_with_a_faulty_value_is_not_made_up(tmp_path):
    text = '[knee]\nthreshold_pct = "10"\nrelease_pct = 5'
    assert problems_of(tmp_path, text) == ["knee.threshold_pct = '10': must be a number from 1 to 20, without quotes"]


def test_a_long_value_is_shown_short(tmp_path):
    (problem,) = problems_of(tmp_path, f'[web]\nport = "{"8" * 5000}"')
    assert len(problem) < 200


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param(b"[camera]\nfps = = 3", r"line 2, column 7: is not valid TOML: Invalid value", id="syntax"),
        pytest.param(b"[camera", r"end of document: is not valid TOML", id="cut off"),
        pytest.param(b"[camera]\nfps = 1\nfps = 2", r".+: is not valid TOML: Cannot overwrite", id="key twice"),
        pytest.param(b"[camera]\n\n# \xff", r"line 3: is not UTF-8 text; save the file as UTF-8", id="not UTF-8"),
        pytest.param("fps = 1".encode("utf-16"), r"line 1: is not UTF-8 text", id="UTF-16"),
        pytest.param(b"#" * 1_000_001, r"is larger than 1000 kB", id="huge"),
        pytest.param(
            b"a = " + b"[" * 100_000,
            r"is not usable TOML: its tables or lists are nested too deeply",
            id="deeply nested",
        ),
        pytest.param(b"a = " + b"1" * 5000, r"is not valid TOML: ", id="a number of 5000 digits"),
    ],
)
def test_refuses_what_is_no_config_file(tmp_path, raw, expected):
    (problem,) = problems_of(tmp_path, raw)
    assert re.match(expected, problem)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        pytest.param(lambda _: None, "No such file or directory", id="missing"),
        pytest.param(lambda path: path.mkdir(), "Is a directory", id="folder"),
        pytest.param(lambda path: path.symlink_to(path), "symbolic links", id="link to itself"),
        pytest.param(lambda path: path.with_name("x\0y"), "", id="name with a null byte"),
    ],
)
def test_says_why_a_file_cannot_be_read(tmp_path, make, expected):
    path = tmp_path / "config.toml"
    path = make(path) or path
    with pytest.raises(ConfigError, match=f"cannot be read .*{expected}.*; give the path of a readable TOML file"):
        load_config(path)


def test_the_environment_names_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv("EDGE_VALGUS_CONFIG", str(write(tmp_path, "[web]\nport = 81")))
    assert load_config(None).web.port == 81


def test_the_system_file_is_read_if_there_is_one(tmp_path, monkeypatch):
    monkeypatch.delenv("EDGE_VALGUS_CONFIG", raising=False)
    path = tmp_path / "config.toml"
    monkeypatch.setattr(config_module, "DEFAULT_CONFIG_FILE", str(path))
    assert load_config(None) == Config()
    write(tmp_path, "[web]\nport = 82")
    assert load_config(None).web.port == 82


def test_a_named_file_that_is_missing_is_not_the_defaults(tmp_path, monkeypatch):
    monkeypatch.setenv("EDGE_VALGUS_CONFIG", str(tmp_path / "none.toml"))
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read"):
        load_config(None)


def test_the_checked_in_default_file_is_the_rendered_one():
    shipped = Path(config_module.__file__).with_name("config.toml")
    assert shipped.read_text(encoding="utf-8") == render_default_config()


def test_the_default_file_sets_nothing_and_uncommented_sets_the_defaults(tmp_path):
    text = render_default_config()
    assert load_config(write(tmp_path, text)) == Config()
    uncommented = re.sub(r"(?m)^#(?=\w+ = )", "", text)
    assert tomllib.loads(uncommented) == Config().model_dump()
    assert load_config(write(tmp_path, uncommented)) == Config()


def test_every_key_is_explained_in_lines_that_fit():
    for section in Config().model_fields_set | set(Config.model_fields):
        for key, field in type(getattr(Config(), section)).model_fields.items():
            assert field.description, f"{section}.{key}"
    assert max(len(line) for line in render_default_config().splitlines()) <= 100


TOML_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
KEYS = st.sampled_from([key for name in Config.model_fields for key in type(getattr(Config(), name)).model_fields])


@given(
    st.dictionaries(
        st.sampled_from(list(Config.model_fields)) | st.text(max_size=8),
        TOML_VALUES | st.dictionaries(KEYS | st.text(max_size=8), TOML_VALUES, max_size=6),
        max_size=5,
    )
)
def test_any_table_is_either_accepted_or_explained_on_one_line_per_problem(table):
    problems = find_problems(table, Config)
    if not problems:
        Config.model_validate(table)
    for problem in problems:
        assert len(str(problem).splitlines()) == 1
        assert problem.expected


@pytest.fixture
def nobody(monkeypatch, tmp_path):
    """A machine without an installed device."""
    monkeypatch.setattr(folders, "DEFAULT_STATE_DIR", str(tmp_path / "var"))
    monkeypatch.setattr(folders, "DEFAULT_RUNTIME_DIR", str(tmp_path / "run"))
    for variable in ("XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path


def test_a_developer_keeps_state_at_home(nobody, monkeypatch):
    assert default_state_dir() == nobody / "home/.local/state/edge-valgus"
    assert default_runtime_dir() == default_state_dir()
    monkeypatch.setenv("XDG_STATE_HOME", str(nobody / "state"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(nobody / "user"))
    assert default_state_dir() == nobody / "state/edge-valgus"
    assert default_runtime_dir() == nobody / "user/edge-valgus"


def test_a_relative_xdg_folder_is_ignored(nobody, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", "state")
    monkeypatch.setenv("XDG_RUNTIME_DIR", "run")
    assert default_state_dir() == default_runtime_dir() == nobody / "home/.local/state/edge-valgus"


def test_where_a_device_is_installed_its_folders_are_used(nobody):
    (nobody / "var").mkdir()
    (nobody / "run").mkdir()
    assert default_state_dir() == nobody / "var"
    assert default_runtime_dir() == nobody / "run"
    # The page may start before the camera's process has made the folder.
    (nobody / "run").rmdir()
    assert default_runtime_dir() == nobody / "run"


def test_root_leaves_the_system_folders_to_the_installer(nobody):
    """Trying it once as root must not make a device of the machine: other users would then be locked out."""
    assert default_state_dir() == nobody / "home/.local/state/edge-valgus"
    assert not (nobody / "var").exists()


def test_a_configured_state_dir_is_taken_as_it_is(nobody, tmp_path):
    config = load_config(write(tmp_path, f'[store]\nstate_dir = "{tmp_path}/here"\nruntime_dir = "~/there"'))
    assert config.store.database == tmp_path / "here/edge-valgus.db"
    assert config.store.live_socket == nobody / "home/there/live.sock"
