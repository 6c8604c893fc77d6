"""The Raspberry Pi's camera, through picamera2."""

from __future__ import annotations

import gc
import logging
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from edge_valgus.capture.pixels import FORMATS, Matrix, YuvColours, to_rgb
from edge_valgus.capture.tuning import VARIABLE, check_sensor, find_tuning
from edge_valgus.config import CameraConfig
from edge_valgus.errors import CaptureError
from edge_valgus.frames import Frame

STALL_S: Final = 3.0
"""A camera that gives no picture for so long is taken for dead. The first picture needs about one second."""

CLOSE_S: Final = 3.0
"""A camera that takes longer to close is left as it is: the lights have to show the fault, and the process ends anyway."""

_BUFFERS: Final = 4
_SHORT_EXPOSURE: Final = 1  # libcamera's controls::AeExposureModeEnum::ExposureShort
_BINNING_MAX_FPS: Final = 40.0

log = logging.getLogger(__name__)


class PiCamera:
    """The Pi's camera as a `Source` that never ends by itself.

    Each iteration gives the newest picture there is: one is kept waiting, older ones are dropped. The picture is
    copied out and its buffer goes back to the camera at once, however long the caller then takes.

    rotation_deg and mirrored are asked of the sensor; what it does not do is done here. The format is read back from
    the camera, which may answer with another one than was asked for. Where the camera chooses exposures, it is asked for short
    ones: a knee that is smeared over its way is found beside it.

    Raises CaptureError, on entering, when picamera2 is missing, no such camera is connected, it is in use, its tuning file does
    not fit, or it has no format that can be converted; while iterating, when no picture comes for STALL_S.
    """

    def __init__(self, config: CameraConfig) -> None:
        self.config = config
        self._camera: Any = None
        self._format = ""
        self._stride = 0
        self._size_px = (config.width_px, config.height_px)
        self._colours = YuvColours()
        self._flip_x = False
        self._flip_y = False

    @property
    def name(self) -> str:
        """As in "camera 0"."""
        return f"camera {self.config.number}"

    @property
    def size_px(self) -> tuple[int, int]:
        """(width, height): once opened, what the camera really delivers."""
        return self._size_px

    @property
    def frame_count(self) -> int | None:
        """None: a camera never ends."""
        return None

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def __iter__(self) -> Iterator[Frame]:
        """Yield the newest picture, forever."""
        last_s = -np.inf
        while True:
            buffer, time_s = self._grab()
            if time_s <= last_s:
                continue
            last_s = time_s
            yield Frame(self._upright(to_rgb(buffer, self._format, self._size_px, self._stride, self._colours)), time_s)

    def _open(self) -> None:
        try:
            from libcamera import Transform
            from picamera2 import Picamera2
        except ImportError as error:
            raise CaptureError(
                f"{self.name}: the camera needs picamera2, which cannot be imported ({error}): install it with "
                "`sudo apt install python3-picamera2` and use a virtual environment made with --system-site-packages"
            ) from error
        except Exception as error:  # compiled parts that don't belong together raise what they like
            raise CaptureError(
                f"{self.name}: picamera2 does not load ({_cause(error)}), its parts don't belong together: "
                "`sudo apt install --reinstall python3-picamera2 python3-libcamera python3-numpy`"
            ) from error
        # What it does is no news, only what it can't.
        logging.getLogger("picamera2").setLevel(logging.WARNING)
        number = self.config.number
        tuning = self._tuning(Picamera2)
        # libcamera and picamera2 raise RuntimeError for all that can be wrong with a camera, and little else.
        try:
            found = [str(info.get("Model", "unknown")) for info in Picamera2.global_camera_info()]
        except Exception as error:
            raise CaptureError(
                f"{self.name}: the camera system does not answer ({_cause(error)}): restart the Pi"
            ) from error
        if number >= len(found):
            have = f"found {len(found)}: {', '.join(found)}" if found else "found none"
            rather = f"whether the tuning file {tuning} fits, " if tuning else ""
            raise CaptureError(
                f"{self.name}: no such camera ({have}): check {rather}the ribbon cable at both ends and `rpicam-hello "
                "--list-cameras`, or set camera.number"
            )
        if tuning:
            check_sensor(tuning, found[number])
        try:
            self._camera = Picamera2(number, tuning=str(tuning) if tuning else None)
        except Exception as error:
            raise CaptureError(
                f"{self.name} ({found[number]}): cannot be opened ({_cause(error)}): end the other program that uses it, or "
                "check its cable"
            ) from error
        wanted = self._wanted_flips()
        try:
            transform = Transform(hflip=int(wanted[0]), vflip=int(wanted[1]))
            self._camera.configure(self._configuration(transform))
            self._read_back(self._camera.camera_configuration(), wanted)
        except CaptureError:
            raise
        except Exception as error:
            width, height = self.config.width_px, self.config.height_px
            raise CaptureError(
                f"{self.name} ({found[number]}): refuses {width}×{height} at {self.config.fps:g} frames/s ({_cause(error)}): "
                "go back to camera.width_px = 640, height_px = 480, fps = 30"
            ) from error
        try:
            self._camera.start()
        except Exception as error:
            raise CaptureError(
                f"{self.name} ({found[number]}): does not start ({_cause(error)}): check the ribbon cable; restart the Pi"
            ) from error

    def _tuning(self, picamera2: Any) -> Path | None:
        name = self.config.tuning_file or os.environ.get(VARIABLE, "")
        if not name:
            return None
        path = find_tuning(name, picamera2.platform.name.lower())
        # libcamera reads it when it first looks for cameras, which is before one is opened.
        os.environ[VARIABLE] = str(path)
        return path

    def _wanted_flips(self) -> tuple[bool, bool]:
        upside_down = self.config.rotation_deg == 180
        return upside_down != self.config.mirrored, upside_down

    def _configuration(self, transform: Any) -> Any:
        width, height = self.config.width_px & ~1, self.config.height_px & ~1
        period_us = round(1e6 / self.config.fps)
        offered = self._camera.camera_controls
        controls: dict[str, Any] = {}
        if "FrameDurationLimits" in offered:
            controls["FrameDurationLimits"] = (period_us, period_us)
        # More gain sooner. A sensor whose tuning has no such mode says so in the log and stays with the normal one.
        if "AeExposureMode" in offered and offered["AeExposureMode"][1] >= _SHORT_EXPOSURE:
            controls["AeExposureMode"] = _SHORT_EXPOSURE
        # Small pictures make libcamera pick sensor modes that show only the middle of the view. Half the sensor's size
        # is, on every Pi camera, a mode that bins 2×2 over the whole view; it reaches 40 frames/s on all but one.
        raw = {}
        if self.config.fps <= _BINNING_MAX_FPS:
            full_width, full_height = self._camera.sensor_resolution
            raw = {"size": (max(width, full_width // 2) & ~1, max(height, full_height // 2) & ~1)}
        return self._camera.create_video_configuration(
            main={"size": (width, height), "format": "BGR888"},
            raw=raw,
            transform=transform,
            buffer_count=_BUFFERS,
            controls=controls,
            # One finished picture is kept and replaced by each newer one: no waiting after a slow inference.
            queue=True,
        )

    def _read_back(self, configuration: Any, wanted: tuple[bool, bool]) -> None:
        main = configuration["main"]
        self._format = str(main["format"])
        self._size_px = (int(main["size"][0]), int(main["size"][1]))
        self._stride = int(main["stride"])
        if self._format not in FORMATS:
            raise CaptureError(
                f"{self.name}: delivers {self._format} pictures: expected one of {', '.join(FORMATS)}; try another "
                "camera.width_px and height_px"
            )
        self._colours = _colours_of(configuration.get("colour_space"))
        given = configuration["transform"]
        self._flip_x = wanted[0] != bool(given.hflip)
        self._flip_y = wanted[1] != bool(given.vflip)

    def _grab(self) -> tuple[NDArray[np.uint8], float]:
        camera = self._camera
        if camera is None:
            raise RuntimeError(f"{self.name} is not open: use `with PiCamera(...) as camera`")
        try:
            request = camera.capture_request(wait=False).get_result(timeout=STALL_S)
        except (TimeoutError, CancelledError) as error:
            # The job waits on in the camera's queue and would be in the way of closing it.
            with suppress(AttributeError):  # older picamera2 has no such call, and closes without it
                camera.cancel_all_and_flush()
            raise CaptureError(
                f"{self.name}: no picture for {STALL_S:g} s: check the ribbon cable and `dmesg`; restart the Pi if it stays"
            ) from error
        except RuntimeError as error:
            raise self._stopped(error) from error
        try:
            buffer: NDArray[np.uint8] = request.make_buffer("main")
            stamp_ns = request.get_metadata().get("SensorTimestamp")
        finally:
            # Giving a buffer back asks the camera for another picture: where it is gone, this is the first to hear of it.
            try:
                request.release()
            except (RuntimeError, OSError) as error:
                raise self._stopped(error) from error
        return buffer, time.monotonic() if stamp_ns is None else stamp_ns / 1e9

    def _stopped(self, error: Exception) -> CaptureError:
        return CaptureError(f"{self.name}: stopped giving pictures ({_cause(error)}): check the ribbon cable")

    def _upright(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if not (self._flip_x or self._flip_y):
            return image
        return np.ascontiguousarray(image[:: -1 if self._flip_y else 1, :: -1 if self._flip_x else 1])

    def _close(self) -> None:
        camera, self._camera = self._camera, None
        if camera is None:
            return
        closing = threading.Thread(target=_close, args=(camera,), name="closing the camera", daemon=True)
        closing.start()
        closing.join(CLOSE_S)
        if closing.is_alive():
            log.warning("%s does not close within %g s", self.name, CLOSE_S)
        # A closed Picamera2 refers to itself in circles, and holds files (epoll, a new allocator's) until somebody looks for such.
        del camera
        gc.collect()


def _close(camera: Any) -> None:
    try:
        camera.close()
    except Exception as error:  # noqa: BLE001  whatever it is, something before it is the reason
        log.warning("The camera was not closed in order (%s)", _cause(error))


def _cause(error: BaseException) -> str:
    """What it began with: picamera2 raises "initialisation failed" from what did fail."""
    while error.__cause__ is not None:
        error = error.__cause__
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__


def _colours_of(colour_space: Any) -> YuvColours:
    """Read libcamera's ColorSpace, whose attributes are enums named like "Rec709" and "Limited"."""
    encoding = str(getattr(colour_space, "ycbcrEncoding", ""))
    value_range = str(getattr(colour_space, "range", ""))
    return YuvColours(
        matrix=Matrix.BT709 if "709" in encoding else Matrix.BT601,
        full_range="limited" not in value_range.lower(),
    )
