"""The camera's tuning: the file from which libcamera knows how a sensor behaves.

There is one for each sensor, and libcamera finds it by itself. Another one is for modules of which it can't know what they are: an
infrared one (NoIR) with an older sensor, another lens. With one that does not fit, libcamera finds no camera at all and says so
in its log only, so that it is looked into here first.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any, Final

from edge_valgus.errors import CaptureError

VARIABLE: Final = "LIBCAMERA_RPI_TUNING_FILE"
"""Where libcamera's part for the Raspberry Pi looks for another tuning file than the sensor's own."""

FOLDERS: Final = tuple(Path(root) / "share/libcamera/ipa/rpi" for root in ("/usr/local", "/usr"))
"""Each has a folder for each kind of Pi."""

_KINDS: Final = {"vc4": ("bcm2835", "a Pi 4 or older"), "pisp": ("pisp", "a Pi 5")}
_SENSOR: Final = re.compile(r"(?:imx|ov|gc|sc)\d+")
_EXPECTED: Final = "expected a tuning file of libcamera's; leave camera.tuning_file empty for the sensor's own"


def find_tuning(name: str, platform: str) -> Path:
    """The tuning file of that name, which has what libcamera will want of it.

    name: a path, or a file's name in libcamera's folder for this Pi. platform: "vc4" or "pisp", as picamera2 tells it.
    Raises CaptureError when there is none, or it is not one for this kind of Pi.
    """
    path = _locate(name, platform)
    what = f"camera.tuning_file {path}"
    try:
        tuning: Any = json.loads(path.read_bytes())
    except OSError as error:
        raise CaptureError(f"{what}: cannot be read ({error.strerror}): {_EXPECTED}") from error
    except ValueError as error:
        raise CaptureError(f"{what}: is not JSON ({error}): {_EXPECTED}") from error
    if not isinstance(tuning, dict) or not isinstance(tuning.get("algorithms"), list):
        raise CaptureError(f"{what}: has no list of algorithms: {_EXPECTED}")
    wanted, this = _KINDS.get(platform, ("", ""))
    target = tuning.get("target")
    if wanted and target != wanted:
        raise CaptureError(
            f"{what}: is for {target!r}, and this is {this} ({wanted!r}): take the file of that name from "
            f"{FOLDERS[-1] / platform}"
        )
    return path


def check_sensor(path: Path, sensor: str) -> None:
    """Compare the sensor in a tuning file's name with the one there is; raises CaptureError. Another name may be anything."""
    named = _SENSOR.match(path.name)
    if named is not None and named[0] != _sensor_of(sensor):
        raise CaptureError(
            f"camera.tuning_file {path}: is for the sensor {named[0]}, and the camera has {sensor}: {_EXPECTED}"
        )


def _sensor_of(model: str) -> str:
    named = _SENSOR.match(model)
    return model if named is None else named[0]


def _locate(name: str, platform: str) -> Path:
    if os.sep in name:
        return Path(name)
    places = [folder / platform / name for folder in FOLDERS]
    for place in places:
        if place.is_file():
            return place
    raise CaptureError(
        f"camera.tuning_file = {name!r}: no such file in {places[-1].parent}: {_EXPECTED}, or give one of that folder or a path"
    )
