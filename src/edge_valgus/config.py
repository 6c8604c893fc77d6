"""One validated settings object, read from one TOML file.

Every key has its meaning and "when to change it" in its description: `edge-valgus config default` prints them as a
commented file, and the error for a wrong value quotes what is allowed. Defaults marked "our judgement" come from no
norm in the literature.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Final, Literal, Self, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from edge_valgus.errors import ConfigError, ConfigProblem

BcmPin = Annotated[int, Field(ge=0, le=27)]

DEFAULT_STATE_DIR: Final = "/var/lib/edge-valgus"
DEFAULT_RUNTIME_DIR: Final = "/run/edge-valgus"


class Section(BaseModel):
    """A table of the file: unknown keys are errors, values are not converted, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class CameraConfig(Section):
    """The camera on the box."""

    number: int = Field(0, ge=0, le=3, description="Which camera, as `rpicam-hello --list-cameras` numbers them.")
    width_px: int = Field(
        640, ge=192, le=4096, description="Picture width. Raise it only if lifters stand more than 4 m away; it costs time."
    )
    height_px: int = Field(480, ge=192, le=4096, description="Picture height. See width_px.")
    fps: float = Field(
        30.0,
        ge=5.0,
        le=60.0,
        description="Frames per second asked of the camera. Lower it if the Pi runs hot; below 15 the red light gets late.",
    )
    rotation_deg: Literal[0, 180] = Field(0, description="180 if the camera hangs upside down.")
    mirrored: bool = Field(
        default=False, description="true if the picture is a mirror image (a camera looking at a mirror): left is then left."
    )


class ModelConfig(Section):
    """The network that sees the 17 keypoints."""

    name: str = Field(
        "movenet-lightning-int8", description="Which model of `edge-valgus models list`. Change it to try another one."
    )
    runtime: Literal["auto", "litert", "tflite-runtime"] = Field(
        "auto", description="auto takes LiteRT where it is installed, tflite-runtime otherwise. Force one to compare them."
    )
    threads: int = Field(
        0, ge=0, le=16, description="Threads for one inference; 0 means all cores but one. Lower it if the page feels slow."
    )


class ZoneConfig(Section):
    """Where the lifter stands, in shares of the picture (0 left or top, 1 right or bottom)."""

    left: float = Field(0.0, ge=0.0, le=1.0, description="Raise it to ignore people and mirrors at the picture's left.")
    right: float = Field(1.0, ge=0.0, le=1.0, description="Lower it to ignore people and mirrors at the picture's right.")
    min_height: float = Field(
        0.25,
        ge=0.05,
        le=0.9,
        description="A lifter fills at least this share of the picture's height. Raise it if people far behind get followed.",
    )

    @model_validator(mode="after")
    def _has_width(self) -> Self:
        if self.right - self.left < 0.1:
            raise ValueError(f"right = {self.right} must be at least 0.1 greater than left = {self.left}")
        return self


class CountConfig(Section):
    """What counts as a rep, a set, a session."""

    min_depth: float = Field(
        0.5,
        ge=0.2,
        le=1.2,
        description="A rep counts from this depth on: 0 is standing, 1 is hip level with the knee. Shallower is partial. "
        "Raise it to 0.9 to count only reps about parallel. Our judgement: a bad rep is still a rep.",
    )
    rest_s: float = Field(
        20.0, ge=3.0, le=600.0, description="A pause this long ends the set. Raise it for heavy singles, lower it for circuits."
    )
    session_gap_min: float = Field(
        15.0, ge=1.0, le=240.0, description="A pause this long starts a new session. Raise it for long rests on one rack."
    )

    @model_validator(mode="after")
    def _rest_is_shorter(self) -> Self:
        if self.rest_s >= self.session_gap_min * 60:
            raise ValueError(f"rest_s = {self.rest_s} must be shorter than session_gap_min = {self.session_gap_min}")
        return self


class KneeConfig(Section):
    """When a knee is flagged as caving in."""

    threshold_pct: float = Field(
        3.5,
        ge=1.0,
        le=20.0,
        description="Flag when a knee is this far inside its neutral path, in % of leg length (1 % is about 9 mm). Lower it "
        "for a stricter light, raise it if the light annoys good lifters. Our judgement: no norm exists for two-leg squats.",
    )
    release_pct: float = Field(
        2.0,
        ge=0.0,
        le=20.0,
        description="The flag goes off below this. Keep it below threshold_pct, or the light flickers.",
    )
    min_duration_ms: float = Field(
        100.0,
        ge=0.0,
        le=1000.0,
        description="A knee must be in this long before the light comes on. Raise it if single bad frames light it.",
    )
    from_depth: float = Field(
        0.25, ge=0.05, le=0.9, description="Knees are judged from this depth on. Raise it if lifters fidget at the top."
    )

    @model_validator(mode="after")
    def _releases_below(self) -> Self:
        if self.release_pct >= self.threshold_pct:
            raise ValueError(f"release_pct = {self.release_pct} must be below threshold_pct = {self.threshold_pct}")
        return self


class LightsConfig(Section):
    """Which BCM pin each light hangs on. -1 means not fitted."""

    green_pin: BcmPin = Field(17, description="Green LED: ready, and a short wink per counted rep.")
    amber_pin: BcmPin = Field(27, description="Amber LED: step into view (blinks), can't judge (steady).")
    red_left_pin: BcmPin = Field(22, description="Red LED for the left knee.")
    red_right_pin: int = Field(
        23, ge=-1, le=27, description="Red LED for the right knee. -1 if only one red LED is fitted: red_left_pin serves both."
    )
    buzzer_pin: int = Field(-1, ge=-1, le=27, description="Buzzer, a click per counted rep. -1: none. 24 is the usual pin.")
    button_pin: int = Field(-1, ge=-1, le=27, description="Button to ground: ends the set. -1: none. 25 is the usual pin.")
    min_red_ms: float = Field(
        150.0, ge=0.0, le=2000.0, description="A red light stays on at least this long, so that an eye can catch it."
    )
    active_high: bool = Field(default=True, description="false if the LEDs are wired from 3.3 V to the pin.")

    @model_validator(mode="after")
    def _pins_differ(self) -> Self:
        taken: dict[int, str] = {}
        for key in ("green_pin", "amber_pin", "red_left_pin", "red_right_pin", "buzzer_pin", "button_pin"):
            pin = getattr(self, key)
            if pin in taken and pin != -1:
                raise ValueError(f"{key} = {pin} is already taken by {taken[pin]}; each light needs a pin of its own")
            taken[pin] = key
        return self


class StoreConfig(Section):
    """Where things are kept."""

    state_dir: str = Field(
        DEFAULT_STATE_DIR, min_length=1, description="Folder of the database and of fetched models. Kept over upgrades."
    )
    runtime_dir: str = Field(
        DEFAULT_RUNTIME_DIR, min_length=1, description="Folder of the socket between the camera process and the page."
    )
    keep_days: int = Field(
        730, ge=1, le=36500, description="Sets older than this are deleted. Raise it to see more than two years."
    )

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return Path(self.state_dir) / "edge-valgus.db"

    @property
    def live_socket(self) -> Path:
        """The socket on which the camera process says what is happening now."""
        return Path(self.runtime_dir) / "live.sock"


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
