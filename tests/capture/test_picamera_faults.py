"""Cameras that fail: each says why, is let go, and keeps nothing."""

import sys
import threading
import time

import numpy as np
import pytest
from fake_picamera2 import CONFIG, HEIGHT, WIDTH, Camera, take

from edge_valgus.capture import picamera
from edge_valgus.capture.picamera import PiCamera
from edge_valgus.errors import CaptureError


def test_a_camera_that_stalls_is_an_error_after_a_while_and_can_be_closed(rig, monkeypatch):
    monkeypatch.setattr(picamera, "STALL_S", 0.2)
    pictures = iter([1.0])

    def once(camera):
        for time_s in pictures:
            take(camera, time_s)
            return

    rig.on_wait = once
    with PiCamera(CONFIG) as source:
        frames = iter(source)
        next(frames)
        start_s = time.monotonic()
        with pytest.raises(CaptureError, match=r"^camera 0: no picture for 0\.2 s: check") as caught:
            next(frames)
        assert 0.2 <= time.monotonic() - start_s < 2.0
    assert "\n" not in str(caught.value)
    assert rig.camera.closed


def test_a_camera_that_stalls_can_be_closed_by_older_picamera2_too(rig, monkeypatch):
    monkeypatch.setattr(picamera, "STALL_S", 0.05)
    monkeypatch.delattr(Camera, "cancel_all_and_flush")
    monkeypatch.setattr(Camera, "close", lambda camera: setattr(camera, "closed", True))
    with pytest.raises(CaptureError, match="no picture"), PiCamera(CONFIG) as source:
        next(iter(source))
    assert rig.camera.closed


def test_a_camera_that_is_gone_when_its_buffer_is_given_back_is_an_error(rig):
    rig.gone = True
    rig.on_wait = take
    with (
        pytest.raises(CaptureError, match=r"^camera 0: stopped giving pictures \(.*No such device\): check"),
        PiCamera(CONFIG) as source,
    ):
        next(iter(source))
    assert rig.camera.closed


def test_a_camera_that_hangs_when_it_is_closed_does_not_hold_up_the_fault_lights(rig, monkeypatch, caplog):
    monkeypatch.setattr(picamera, "CLOSE_S", 0.1)
    let_go = threading.Event()
    monkeypatch.setattr(Camera, "close", lambda _: let_go.wait(10))
    start_s = time.monotonic()
    with PiCamera(CONFIG):
        pass
    let_go.set()
    assert time.monotonic() - start_s < 5.0
    assert "camera 0 does not close within 0.1 s" in caplog.text


def test_what_fails_while_closing_does_not_hide_what_failed_before(rig, monkeypatch, caplog):
    def close(camera):
        camera.closed = True
        raise RuntimeError("no")

    monkeypatch.setattr(Camera, "close", close)
    rig.on_wait = lambda camera: camera.jobs.pop().future.set_exception(RuntimeError("Camera frontend has timed out!"))
    with pytest.raises(CaptureError, match="Camera frontend"), PiCamera(CONFIG) as source:
        next(iter(source))
    assert "not closed in order" in caplog.text


def test_a_camera_whose_job_fails_is_an_error(rig):
    rig.on_wait = lambda camera: camera.jobs.pop().future.set_exception(RuntimeError("Camera frontend has timed out!"))
    with pytest.raises(CaptureError, match=r"stopped giving pictures \(Camera frontend"), PiCamera(CONFIG) as source:
        next(iter(source))
    assert rig.camera.closed


def test_a_picture_given_up_by_another_thread_is_an_error(rig):
    rig.on_wait = Camera.cancel_all_and_flush
    with pytest.raises(CaptureError, match="no picture"), PiCamera(CONFIG) as source:
        next(iter(source))


@pytest.mark.parametrize(
    ("content", "metadata", "error"),
    [
        pytest.param(RuntimeError("mapping failed"), {}, RuntimeError, id="copying out"),
        pytest.param(np.zeros(HEIGHT * WIDTH * 3, np.uint8), RuntimeError("no metadata"), RuntimeError, id="metadata"),
        pytest.param(np.zeros(7, np.uint8), {"SensorTimestamp": 10**9}, CaptureError, id="conversion"),
    ],
)
def test_the_buffer_goes_back_whatever_fails(rig, content, metadata, error):
    rig.on_wait = lambda camera: camera.arrive(content, metadata)
    with PiCamera(CONFIG) as source:
        with pytest.raises(error):
            next(iter(source))
        assert [request.released for request in rig.camera.requests] == [1]
        assert rig.camera.buffers_free == rig.camera.granted["buffer_count"]


def _no_camera(rig):
    rig.connected = []


def _another_camera(rig):
    rig.connected = [{"Model": "imx708"}, {"Model": "ov5647"}]


def _silent(rig):
    rig.answers = False


def _busy(rig):
    rig.busy = True


def _refusing(rig):
    rig.refuses = True


def _stuck(rig):
    rig.starts = False


def _unreadable(rig):
    rig.pixel_format = "MJPEG"


@pytest.mark.parametrize(
    ("spoil", "number", "says"),
    [
        pytest.param(_no_camera, 0, r"no such camera \(found none\): check the ribbon cable", id="no camera"),
        pytest.param(_another_camera, 2, r"found 2: imx708, ov5647.*camera\.number", id="no such camera"),
        pytest.param(_silent, 0, r"does not answer \(Failed to start", id="no camera system"),
        pytest.param(
            _busy,
            0,
            r"\(imx708\): cannot be opened \(Failed to acquire camera: .*busy\): end the other program",
            id="in use",
        ),
        pytest.param(_refusing, 0, r"refuses 8×6 at 30 frames/s .*width_px = 640", id="refuses the size"),
        pytest.param(
            _stuck, 0, r"\(imx708\): does not start \(.*No such device\): check the ribbon", id="does not start"
        ),
        pytest.param(_unreadable, 0, r"delivers MJPEG pictures: expected one of BGR888", id="unknown format"),
    ],
)
def test_a_camera_that_cannot_be_used_says_why_and_is_let_go(rig, spoil, number, says):
    spoil(rig)
    with (
        pytest.raises(CaptureError, match=rf"^camera {number}.*{says}") as caught,
        PiCamera(CONFIG.model_copy(update={"number": number})),
    ):
        pass
    assert "\n" not in str(caught.value)
    assert all(camera.closed for camera in rig.cameras)


def test_parts_of_picamera2_that_do_not_belong_together_are_told(rig, monkeypatch):
    class Broken:
        def find_spec(self, name, *_):
            if name == "picamera2":
                raise ValueError("numpy.dtype size changed")

    monkeypatch.delitem(sys.modules, "picamera2")
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    with (
        pytest.raises(CaptureError, match=r"does not load \(numpy.dtype size changed\).*--reinstall"),
        PiCamera(CONFIG),
    ):
        pass
