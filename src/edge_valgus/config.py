"""One validated settings object, read from one TOML file.

Every key has its meaning and "when to change it" in its description: `edge-valgus config default` prints them as a
commented file (the same text as config.toml next to this module), and the error for a wrong value says what is allowed.
Defaults marked "our judgement" come from no norm in the literature.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field

from edge_valgus.errors import ConfigError
from edge_valgus.folders import DEFAULT_RUNTIME_DIR, DEFAULT_STATE_DIR, default_runtime_dir, default_state_dir
from edge_valgus.settings_file import Conflict, Section, read_settings, read_sound_tables, render_defaults


def _no_bool(value: object) -> object:
    # A Literal of ints takes false for 0: pydantic looks choices up by ==.
    if isinstance(value, bool):
        raise ValueError("a bool is not a number")  # noqa: TRY004  pydantic collects ValueErrors
    return value


BcmPin = Annotated[int, Field(ge=0, le=27)]

DEFAULT_CONFIG_FILE: Final = "/etc/edge-valgus/config.toml"
NO_NUL: Final = r"^[^\x00]*$"  # no file name holds one
CONFIG_VARIABLE: Final = "EDGE_VALGUS_CONFIG"

MOVENET: Final = "movenet-lightning-int8"
PRACTICE: Final = "edge-valgus-lifter-int8"
AUTO: Final = "auto"
"""As a model's name: MoveNet where it is, and else the practice network (`models.find` chooses)."""
PRACTICE_NOTICE: Final = (
    "Seen with the built-in practice network (trained on drawn lifters only); for real people fetch MoveNet: "
    f"edge-valgus models fetch {MOVENET}"
)


class CameraConfig(Section):
    """The camera on the box."""

    number: int = Field(
        0,
        ge=0,
        le=3,
        description="Which camera, as `rpicam-hello --list-cameras` numbers them. Change it if two are fitted.",
    )
    width_px: int = Field(
        640,
        ge=192,
        le=4096,
        description="Picture width. Raise it only if lifters stand more than 4 m away; it costs time.",
    )
    height_px: int = Field(
        480,
        ge=192,
        le=4096,
        description="Picture height. Change it together with width_px, so that the picture keeps its shape.",
    )
    fps: float = Field(
        30.0,
        ge=5.0,
        le=60.0,
        description="Frames per second asked of the camera. Lower it if the Pi runs hot; below 15 the red light gets late.",
    )
    rotation_deg: Annotated[Literal[0, 180], BeforeValidator(_no_bool)] = Field(
        0, description="How far the picture is turned. 180 if the camera hangs upside down."
    )
    mirrored: bool = Field(
        default=False,
        description="true if the picture is a mirror image (a camera looking at a mirror): left is then left.",
    )
    tuning_file: str = Field(
        "",
        pattern=NO_NUL,
        description="The file that tells libcamera how the sensor behaves: a path, or a name in libcamera's folder. Empty means "
        "the sensor's own. Change it if colours are off, as with an infrared module (imx219_noir.json).",
    )


class ModelConfig(Section):
    """The network that sees the 17 keypoints."""

    name: str = Field(
        AUTO,
        min_length=1,
        description="Which model of `edge-valgus models list`, or the path of a .tflite file. auto takes MoveNet where it is "
        "fetched, and without it the built-in practice network, which knows drawn lifters only: `edge-valgus run` then "
        "refuses the camera. Name a model to have that one or an error.",
    )
    runtime: Literal["auto", "litert", "tflite-runtime"] = Field(
        "auto",
        description="auto takes LiteRT where it is installed, tflite-runtime otherwise. Force one to compare them.",
    )
    threads: int = Field(
        0,
        ge=0,
        le=16,
        description="Threads for one inference; 0 means all cores but one. Lower it if the page feels slow.",
    )


class ZoneConfig(Section):
    """Where the lifter stands, in shares of the picture (0 left or top, 1 right or bottom)."""

    left: float = Field(
        0.0,
        ge=0.0,
        le=1.0,
        description="Left edge of the zone. Raise it to ignore people and mirrors at the picture's left.",
    )
    right: float = Field(
        1.0,
        ge=0.0,
        le=1.0,
        description="Right edge of the zone. Lower it to ignore people and mirrors at the picture's right.",
    )
    min_height: float = Field(
        0.25,
        ge=0.05,
        le=0.9,
        description="A lifter fills at least this share of the picture's height. Raise it if people far behind get followed.",
    )

    def conflicts(self) -> Iterator[Conflict]:
        """A zone has a width."""
        if self.right - self.left < 0.1:
            yield Conflict(
                "right",
                "left",
                f"must be at least 0.1 greater than left = {self.left}",
                f"must be at least 0.1 less than right = {self.right}",
            )


class CountConfig(Section):
    """What counts as a rep, a set, a session."""

    min_depth: float = Field(
        0.35,
        ge=0.2,
        le=1.2,
        description="A rep counts from this depth on: 0 is standing, 1 is hip level with the knee. Shallower is partial. "
        "0.35 is about 70° of knee bend, as deep as a single-leg squat is commonly asked for. "
        "Raise it to 0.9 to count only reps about parallel. Our judgement: a bad rep is still a rep.",
    )
    rest_s: float = Field(
        20.0,
        ge=3.0,
        le=600.0,
        description="A pause this long ends the set. Raise it for heavy singles, lower it for circuits.",
    )
    session_gap_min: float = Field(
        15.0,
        ge=1.0,
        le=240.0,
        description="A pause this long starts a new session. Raise it for long rests on one rack.",
    )

    def conflicts(self) -> Iterator[Conflict]:
        """A set ends before its session does."""
        if self.rest_s >= self.session_gap_min * 60:
            yield Conflict(
                "rest_s",
                "session_gap_min",
                f"must be shorter than session_gap_min = {self.session_gap_min} ({self.session_gap_min * 60:g} s)",
                f"must be longer than rest_s = {self.rest_s} ({self.rest_s / 60:g} min)",
            )


class KneeConfig(Section):
    """When a knee is flagged as caving in."""

    threshold_pct: float = Field(
        3.3,
        ge=1.0,
        le=20.0,
        description="A knee counts as caving in from this far inside its neutral path, in % of leg length (1 % is about 9 mm, so the default is 3 cm); "
        "of knees that are seen without trembling, two thirds of it will do. Lower it for a stricter light, raise it if the light annoys good lifters. Our judgement: no norm exists for two-leg squats. "
        "Once the box was aimed (edge-valgus aim), what it can't tell apart lights no light either.",
    )
    release_pct: float = Field(
        1.5,
        ge=0.0,
        le=20.0,
        description="The flag goes off below this, in the same unit. It has to be below threshold_pct; raise it if the light "
        "stays on too long, lower it if the light flickers. Once the box was aimed, the threshold less half of what is certain takes its place.",
    )
    min_duration_ms: float = Field(
        90.0,
        ge=0.0,
        le=1000.0,
        description="A knee 2 % of leg length further in than threshold_pct must be in this long before the light comes on; one still "
        "further in lights it sooner, one nearer later. Raise it if single bad frames light it.",
    )
    from_depth: float = Field(
        0.25, ge=0.05, le=0.9, description="Knees are judged from this depth on. Raise it if lifters fidget at the top."
    )

    def conflicts(self) -> Iterator[Conflict]:
        """A flag that is released above its threshold would flicker."""
        if self.release_pct >= self.threshold_pct:
            yield Conflict(
                "release_pct",
                "threshold_pct",
                f"must be below threshold_pct = {self.threshold_pct}",
                f"must be above release_pct = {self.release_pct}",
            )


class LightsConfig(Section):
    """Which BCM pin each light hangs on. -1 means not fitted."""

    green_pin: BcmPin = Field(
        17, description="Green LED: ready, and a short wink per counted rep. Change it if yours hangs on another pin."
    )
    amber_pin: BcmPin = Field(27, description="Amber LED: step into view (blinks), can't judge your knees (steady).")
    red_left_pin: BcmPin = Field(22, description="Red LED for the left knee.")
    red_right_pin: int = Field(
        23,
        ge=-1,
        le=27,
        description="Red LED for the right knee. -1 if only one red LED is fitted: red_left_pin serves both.",
    )
    buzzer_pin: int = Field(
        -1, ge=-1, le=27, description="Buzzer, a click per counted rep. -1: none. 24 is the usual pin."
    )
    button_pin: int = Field(
        -1,
        ge=-1,
        le=27,
        description="Button to ground. Short press: end the set; 2 s: new session; 6 s: aiming. -1: none. 25 is the usual pin.",
    )
    min_red_ms: float = Field(
        150.0,
        ge=0.0,
        le=2000.0,
        description="A red light stays on at least this long, so that an eye can catch it. Raise it if flashes get missed.",
    )
    active_high: bool = Field(default=True, description="false if the LEDs are wired from 3.3 V to the pin.")

    def conflicts(self) -> Iterator[Conflict]:
        """Each light needs a pin of its own."""
        taken: dict[int, str] = {}
        for key in ("green_pin", "amber_pin", "red_left_pin", "red_right_pin", "buzzer_pin", "button_pin"):
            pin = getattr(self, key)
            if pin in taken:
                other = taken[pin]
                yield Conflict(
                    key,
                    other,
                    f"is taken by {other} = {pin} too; each light needs a pin of its own",
                    f"is taken by {key} = {pin} too; each light needs a pin of its own",
                )
            elif pin != -1:
                taken[pin] = key


class StoreConfig(Section):
    """Where things are kept."""

    state_dir: str = Field(
        DEFAULT_STATE_DIR,
        min_length=1,
        pattern=NO_NUL,
        description="Folder of the database and of fetched models, kept over upgrades. On the device, another folder "
        "also needs a drop-in for edge-valgus.service with ReadWritePaths=, and has to belong to the user edge-valgus. "
        "Where no device is installed, the default means ~/.local/state/edge-valgus.",
    )
    runtime_dir: str = Field(
        DEFAULT_RUNTIME_DIR,
        min_length=1,
        pattern=NO_NUL,
        description="Folder of the socket between the camera process and the page. Rarely changed; both need to reach it.",
    )
    keep_days: int = Field(
        730,
        ge=1,
        le=36500,
        description="Sets older than this are deleted. Raise it to look back further than two years.",
    )

    @property
    def state_path(self) -> Path:
        """The folder that state_dir means: a folder of the user's where no device is installed."""
        return default_state_dir() if self.state_dir == DEFAULT_STATE_DIR else Path(self.state_dir).expanduser()

    @property
    def runtime_path(self) -> Path:
        """The folder that runtime_dir means: a folder of the user's where no device is installed."""
        return default_runtime_dir() if self.runtime_dir == DEFAULT_RUNTIME_DIR else Path(self.runtime_dir).expanduser()

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.state_path / "edge-valgus.db"

    @property
    def aim_file(self) -> Path:
        """What `edge-valgus aim` measured of this box where it stands."""
        return self.state_path / "aim.json"

    @property
    def live_socket(self) -> Path:
        """The socket on which the camera process says what is happening now."""
        return self.runtime_path / "live.sock"


class WebConfig(Section):
    """The page."""

    host: str = Field(
        "0.0.0.0",  # noqa: S104  the gym's phones are the point; the page is read-only and holds no picture
        min_length=1,
        description="Address to listen on. 127.0.0.1 hides the page from the network.",
    )
    port: int = Field(8080, ge=1, le=65535, description="Port of the page. Change it if something else uses 8080.")
    watchers: int = Field(
        16, ge=1, le=64, description="How many browsers may watch live at once. Further ones are asked to wait."
    )


class Config(Section):
    """Everything that can be set."""

    camera: CameraConfig = CameraConfig()
    model: ModelConfig = ModelConfig()
    zone: ZoneConfig = ZoneConfig()
    count: CountConfig = CountConfig()
    knee: KneeConfig = KneeConfig()
    lights: LightsConfig = LightsConfig()
    store: StoreConfig = StoreConfig()
    web: WebConfig = WebConfig()


def load_config(path: Path | None = None) -> Config:
    """Read the settings.

    path: the file; None takes the one in force, and without one the defaults.
    Raises ConfigError, listing every problem, when the file can't be read, is not TOML or holds a wrong value.
    """
    path = path or config_file_in_force()
    return Config() if path is None else read_settings(path, Config)


def sound_config(path: Path | None = None) -> Config:
    """What can be used of settings that are wrong: the tables without a problem, and defaults for the others.

    So the page stays at its port, and the fault lights on their pins. path: as for `load_config`. Never raises.
    """
    path = path or config_file_in_force()
    try:
        return Config() if path is None else read_sound_tables(path, Config)
    except ConfigError:
        return Config()


def config_file_in_force() -> Path | None:
    """EDGE_VALGUS_CONFIG, else /etc/edge-valgus/config.toml; None where neither is, so that the defaults are in force."""
    if named := os.environ.get(CONFIG_VARIABLE):
        return Path(named)
    return Path(DEFAULT_CONFIG_FILE) if os.path.lexists(DEFAULT_CONFIG_FILE) else None


def render_default_config() -> str:
    """Write the commented default file, which is also checked in as config.toml next to this module."""
    return render_defaults(
        Config,
        "edge-valgus settings. Every line that sets something is commented out and shows the default.\n"
        "Remove the # in front of a key to change it, then run: edge-valgus config check FILE\n"
        'Numbers marked "our judgement" come from no norm in the literature.',
    )
