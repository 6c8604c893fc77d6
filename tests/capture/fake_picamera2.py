"""A camera system without a camera: as much of picamera2 and libcamera as a program that takes pictures meets.

Like the real one, it has an event loop with a queue of jobs: asking for a picture queues a job that is done when a
picture comes, and closing queues a job too, so that closing behind a picture that never comes would wait for ever. Like
the real one, it has few buffers, and stops giving pictures when none was given back.
"""

from __future__ import annotations

import threading
import types
from collections.abc import Callable
from concurrent.futures import CancelledError, Future

import numpy as np

from edge_valgus.config import CameraConfig

SENSOR = (4608, 2592)


class Transform:
    def __init__(self, *, hflip=0, vflip=0):
        self.hflip, self.vflip = hflip, vflip


class ColorSpace:
    def __init__(self, encoding, value_range):
        self.ycbcrEncoding, self.range = encoding, value_range


class Job:
    """A promise of a request. Only the loop's queue holds it until it is done."""

    def __init__(self):
        self.future = Future()

    def get_result(self, timeout=None):
        return self.future.result(timeout)


class Request:
    """One picture in one of the camera's buffers, until `release`."""

    def __init__(self, camera, content, metadata):
        self.camera, self.content, self.metadata = camera, content, metadata
        self.released = 0

    def make_buffer(self, name):
        assert name == "main"
        assert not self.released, "a buffer is read after it was given back"
        if isinstance(self.content, Exception):
            raise self.content
        return np.array(self.content, np.uint8)

    def get_metadata(self):
        assert not self.released
        if isinstance(self.metadata, Exception):
            raise self.metadata
        return self.metadata

    def release(self):
        assert not self.released, "a buffer is given back twice"
        self.released += 1
        if self.camera.rig.gone:
            raise RuntimeError("Failed to queue request: No such device")
        # The next picture is written over this one.
        if isinstance(self.content, np.ndarray):
            self.content[:] = 0xEE
        self.camera.buffers_free += 1


class Rig:
    """The cameras that are connected and how they behave; `modules` are what a program imports."""

    def __init__(self):
        self.connected = [{"Model": "imx708", "Num": 0}]
        self.busy = False
        self.gone = False
        self.answers = True
        self.refuses = False
        self.starts = True
        self.can_flip = True
        self.pixel_format = "BGR888"
        self.padding = 0
        self.size_px = None
        self.colour_space = ColorSpace("YcbcrEncoding.Rec601", "Range.Full")
        self.controls = {"FrameDurationLimits": (100, 10_000_000, 33_333)}
        self.on_wait: Callable[[Camera], object] = id
        self.cameras = []

    @property
    def camera(self):
        (camera,) = self.cameras
        return camera

    def modules(self):
        rig = self

        class Picamera2(Camera):
            platform = types.SimpleNamespace(name="VC4")

            def __init__(self, camera_num=0, *, tuning=None):
                super().__init__(rig, camera_num, tuning)

            @staticmethod
            def global_camera_info():
                if not rig.answers:
                    raise RuntimeError("Failed to start the camera manager")
                return rig.connected

        picamera2, libcamera = types.ModuleType("picamera2"), types.ModuleType("libcamera")
        picamera2.Picamera2 = Picamera2
        libcamera.Transform = Transform
        return {"picamera2": picamera2, "libcamera": libcamera}


class Camera:
    def __init__(self, rig, number, tuning):
        if rig.busy:
            busy = RuntimeError("Failed to acquire camera: Device or resource busy")
            raise RuntimeError("Camera __init__ sequence did not complete.") from busy
        self.rig, self.number, self.tuning = rig, number, tuning
        self.camera_controls = rig.controls
        self.sensor_resolution = SENSOR
        self.started = self.closed = False
        self.jobs, self.waiting, self.requests = [], [], []
        self.buffers_free = 0
        self.granted = {}
        self.lock = threading.RLock()
        rig.cameras.append(self)

    def create_video_configuration(self, main, *, raw, transform, buffer_count, controls, queue):
        return {
            "main": main,
            "raw": raw,
            "transform": transform,
            "buffer_count": buffer_count,
            "controls": controls,
            "queue": queue,
        }

    def configure(self, configuration):
        if self.rig.refuses:
            raise RuntimeError("Camera configuration has failed")
        width, height = self.rig.size_px or configuration["main"]["size"]
        bytes_per_pixel = {"NV12": 1, "XBGR8888": 4}.get(self.rig.pixel_format, 3)
        main = {
            "format": self.rig.pixel_format,
            "size": (width, height),
            "stride": width * bytes_per_pixel + self.rig.padding,
        }
        transform = configuration["transform"] if self.rig.can_flip else Transform()
        self.granted = configuration | {"main": main, "transform": transform, "colour_space": self.rig.colour_space}
        self.buffers_free = configuration["buffer_count"]

    def camera_configuration(self):
        return self.granted

    def start(self):
        assert self.granted, "started before it was configured"
        if not self.rig.starts:
            raise RuntimeError("Failed to queue request: No such device")
        self.started = True

    def arrive(self, content, metadata):
        """A picture was taken. Done jobs get it; else it waits, if the configuration says so, in place of an older one."""
        with self.lock:
            if not self.buffers_free:
                return
            self.buffers_free -= 1
            request = Request(self, content, metadata)
            self.requests.append(request)
            if self.jobs:
                self.jobs.pop(0).future.set_result(request)
                return
            if not self.granted["queue"]:
                request.release()
                return
            self.waiting.append(request)
            while len(self.waiting) > 1:
                self.waiting.pop(0).release()

    def capture_request(self, *, wait):
        assert wait is False, "the thread would wait without a limit"
        assert self.started
        assert not self.closed
        job = Job()
        with self.lock:
            if self.waiting:
                job.future.set_result(self.waiting.pop(0))
                return job
            self.jobs.append(job)
        self.rig.on_wait(self)
        return job

    def cancel_all_and_flush(self):
        with self.lock:
            for job in self.jobs:
                job.future.set_exception(CancelledError())
            self.jobs = []

    def close(self):
        assert not self.closed, "closed twice"
        assert not self.jobs, "closing waits for ever behind a picture that does not come"
        self.started, self.closed = False, True


WIDTH, HEIGHT = 8, 6


CONFIG = CameraConfig().model_copy(update={"width_px": WIDTH, "height_px": HEIGHT})


SCENE = np.random.default_rng(3).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)
"""RGB, and different wherever it is looked at."""


def buffer_of(camera, scene=SCENE):
    """The scene as this camera delivers it: flipped as granted, in its format, with its padding."""
    main, transform = camera.granted["main"], camera.granted["transform"]
    seen = scene[:: -1 if transform.vflip else 1, :: -1 if transform.hflip else 1]
    if main["format"] == "NV12":
        grey = seen[..., 0]
        luma = np.full((grey.shape[0], main["stride"]), 0xAA, np.uint8)
        luma[:, : grey.shape[1]] = grey
        return np.concatenate([luma.ravel(), np.full(luma.size // 2, 128, np.uint8)])
    rows = np.full((seen.shape[0], main["stride"]), 0xAA, np.uint8)
    rows[:, : seen.shape[1] * 3] = seen[..., :: 1 if main["format"] == "BGR888" else -1].reshape(seen.shape[0], -1)
    return rows.ravel()


def take(camera, time_s=1.0, scene=SCENE):
    camera.arrive(buffer_of(camera, scene), {"SensorTimestamp": round(time_s * 1e9)})
