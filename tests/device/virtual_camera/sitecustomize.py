"""Lets the real picamera2 work with libcamera's virtual camera. Python imports it at its start where this folder is on its path.

picamera2 and libcamera stay as they are. What is between them and the machine is made to look like a camera's:

* /dev/dma_heap, which few kernels but a Pi's have: its buffers are memory files.
* kms++, which picamera2 wants for previews on a screen: names without a meaning.
* the virtual camera knows no raw stream (picamera2 asks for one to learn the sensor's modes), and wants its pictures in two planes
  where picamera2 gives it one.
* it delivers as fast as it is asked, and every picture four times. Here every picture comes once, at the frame duration asked for.
* it can be had by several processes at once. A camera can't.

What goes wrong with cameras is done by files in /run/virtual-camera: while there is one named "stalled" no picture comes, and with one
named "unplugged" the camera is gone, as libcamera reports it.
"""

import collections
import contextlib
import errno
import fcntl
import importlib.util
import os
import sys
import threading
import time
import types
from pathlib import Path

SHOWN = 4
"""How often the virtual camera shows each picture (frameRepeat in libcamera's image_frame_generator.h)."""

FAULTS = Path("/run/virtual-camera")
DEVICE = "/usr/share/libcamera/pipeline/virtual/virtual.yaml"

HEAPS = "/dev/dma_heap/"
# From the kernel's include/uapi/linux/dma-heap.h and dma-buf.h.
DMA_HEAP_IOCTL_ALLOC = 0xC0184800
DMA_BUF_IOCTL_SYNC = 0x40086200
DMA_BUF_SET_NAME = 0x40086201


def have_memory() -> None:
    """Give a /dev/dma_heap to whoever uses it from Python."""
    open_file, control = os.open, fcntl.ioctl

    def opened(path, *rest, **more):
        if isinstance(path, str) and path.startswith(HEAPS):
            return os.memfd_create("dma_heap")
        return open_file(path, *rest, **more)

    def controlled(file, request, argument=0, *rest):
        try:
            return control(file, request, argument, *rest)
        except OSError as error:
            if error.errno != errno.ENOTTY:
                raise
            request &= 0xFFFFFFFF  # Python's numbers have signs, which the kernel's don't
            if request in {DMA_BUF_IOCTL_SYNC, DMA_BUF_SET_NAME}:
                return 0
            if request != DMA_HEAP_IOCTL_ALLOC:
                raise
        argument.fd = os.memfd_create("dma_buf")
        os.truncate(argument.fd, argument.len)
        return 0

    os.open, fcntl.ioctl = opened, controlled


def have_no_screen() -> None:
    """Stand in for kms++."""
    kms = types.ModuleType("pykms")
    names = ("RGB888", "BGR888", "XRGB8888", "XBGR8888", "ABGR8888", "YUV420", "YVU420", "NV12")
    kms.PixelFormat = types.SimpleNamespace(**dict.fromkeys(names))
    sys.modules["pykms"] = kms


class Shutter:
    """Decides when a request reaches the virtual camera, and which of its answers are a camera's."""

    def __init__(self, libcamera) -> None:
        self._libcamera = libcamera
        self._queue = libcamera.Camera.queue_request
        self._waiting = collections.deque()
        self._lock = threading.RLock()
        self._one_waits = threading.Condition(self._lock)
        self._period_s = 1 / 30
        self._run = 0
        self._pictures = 0
        self._camera = None
        threading.Thread(target=self._work, name="shutter", daemon=True).start()

    def note(self, control, value) -> None:
        """Keep to the frame duration, if this control is the one that says it."""
        if control == self._libcamera.controls.FrameDurationLimits:
            self._period_s = value[0] / 1e6

    def opens(self, camera, start) -> None:
        """Start the camera."""
        with self._lock:
            self._camera, self._pictures = camera, 0
            start()

    def closes(self, stop) -> None:
        """Stop the camera: what waits for it is forgotten."""
        with self._lock:
            self._run += 1
            # Here and nowhere else may the last of a request go: after its camera, libcamera crashes on that.
            self._waiting.clear()
            self._camera = None
            stop()

    def takes(self, request) -> None:
        """Queue a request."""
        if (FAULTS / "unplugged").exists():
            raise RuntimeError("Failed to queue request: No such device")
        with self._lock:
            self._waiting.append(request)
            self._one_waits.notify()

    def filters(self, requests):
        """Those that a camera would have answered; the others go back for the same picture once more."""
        answered = []
        for request in requests:
            with self._lock:
                if self._camera is None or request.status != self._libcamera.Request.Status.Complete:
                    answered.append(request)
                    continue
                self._pictures += 1
                if self._pictures % SHOWN == 0:
                    answered.append(request)
                else:
                    request.reuse()
                    self._queue(self._camera, request)
        return answered

    def _work(self) -> None:
        due_s = time.monotonic()
        while True:
            with self._lock:
                self._one_waits.wait_for(lambda: self._waiting)
                run = self._run
            due_s = max(due_s + self._period_s, time.monotonic())
            time.sleep(max(0.0, due_s - time.monotonic()))
            while (FAULTS / "stalled").exists() and run == self._run:
                time.sleep(0.01)
            with self._lock:
                if run == self._run and self._camera is not None:
                    self._queue(self._camera, self._waiting.popleft())


def adapt(libcamera) -> None:
    """Put all of it between picamera2 and libcamera's Python side."""
    camera, manager, raw = libcamera.Camera, libcamera.CameraManager, libcamera.StreamRole.Raw
    generate, start, stop, acquire = camera.generate_configuration, camera.start, camera.stop, camera.acquire
    release, set_control, ready = camera.release, libcamera.Request.set_control, manager.get_ready_requests
    frame_buffer, plane = libcamera.FrameBuffer, libcamera.FrameBuffer.Plane
    shutter = Shutter(libcamera)
    held = []

    def two_planes(planes, *rest):
        if len(planes) == 1:
            luma, colour = planes[0], plane()
            colour.fd, colour.length = luma.fd, luma.length // 3
            luma.length -= colour.length
            colour.offset = luma.length
            planes = [luma, colour]
        return frame_buffer(planes, *rest)

    two_planes.Plane = plane

    def started(self, controls=None):
        for control, value in (controls or {}).items():
            shutter.note(control, value)
        shutter.opens(self, lambda: start(self, controls or {}))

    def controlled(self, control, value):
        shutter.note(control, value)
        set_control(self, control, value)

    def acquired(self):
        device = os.open(DEVICE, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(device, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(device)
            raise RuntimeError("Failed to acquire camera: Device or resource busy") from None
        held.append(device)
        acquire(self)

    def released(self):
        release(self)
        with contextlib.suppress(IndexError):
            os.close(held.pop())

    camera.generate_configuration = lambda self, roles: generate(
        self, [libcamera.StreamRole.Viewfinder if role == raw else role for role in roles]
    )
    camera.start, camera.acquire, camera.release = started, acquired, released
    camera.stop = lambda self: shutter.closes(lambda: stop(self))
    camera.queue_request = lambda _, request: shutter.takes(request)
    libcamera.Request.set_control = controlled
    manager.get_ready_requests = lambda self: shutter.filters(ready(self))
    libcamera.FrameBuffer = two_planes


class Finder:
    """Adapts libcamera when it is imported, and not sooner: the page's process has nothing to do with it."""

    def find_spec(self, name, *_):
        """Of none but libcamera."""
        if name != "libcamera":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        execute = spec.loader.exec_module

        def executed_and_adapted(module):
            execute(module)
            adapt(module)

        spec.loader.exec_module = executed_and_adapted
        return spec


have_memory()
have_no_screen()
sys.meta_path.insert(0, Finder())
