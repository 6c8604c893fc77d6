import os
import socket
import struct
import sys
import wave
import zlib
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from edge_valgus.capture.timeline import Timeline
from edge_valgus.capture.video import MAX_SIDE_PX, VideoFile
from edge_valgus.errors import CaptureError, VideoBrokeOff

RED, GREEN, BLUE, WHITE = (220, 20, 20), (20, 200, 20), (20, 20, 220), (230, 230, 230)
NAMES = {"R": RED, "G": GREEN, "B": BLUE, "W": WHITE}


def quadrants(width, height):
    """Red and green above, blue and white below."""
    picture = np.empty((height, width, 3), np.uint8)
    for rows, columns, colour in (
        (slice(None, height // 2), slice(None, width // 2), RED),
        (slice(None, height // 2), slice(width // 2, None), GREEN),
        (slice(height // 2, None), slice(None, width // 2), BLUE),
        (slice(height // 2, None), slice(width // 2, None), WHITE),
    ):
        picture[rows, columns] = colour
    return picture


def make_video(
    path,
    *,
    size_px=(128, 96),
    ticks=range(10),
    rate=10,
    codec="mpeg4",
    pixels="yuv420p",
    aspect=None,
    noise=False,
    **options,
):
    """A video whose frames are shown at `ticks` / `rate` seconds."""
    random = np.random.default_rng(5)
    with av.open(str(path), "w", options={key: str(value) for key, value in options.items()}) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.width, stream.height = size_px
        stream.pix_fmt = pixels
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        for tick in ticks:
            width, height = size_px if max(size_px) < 2000 else (size_px[0] // 10, size_px[1] // 10)
            picture = random.integers(0, 255, (height, width, 3), np.uint8) if noise else quadrants(width, height)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame = frame.reformat(width=size_px[0], height=size_px[1], format=pixels)
            frame.pts, frame.time_base = tick, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def read(path):
    """Times and copies of every frame, the error at the end if there was one, and the file."""
    times, pictures, error = [], [], None
    with VideoFile(path) as video:
        size_px, count = video.size_px, video.frame_count
        try:
            for frame in video:
                times.append(frame.time_s)
                pictures.append(frame.image.copy())
                assert frame.size_px == size_px
        except CaptureError as raised:
            error = raised
    return times, pictures, error, count


def corners(picture):
    """The names of the colours at the four corners: top left, top right, bottom left, bottom right."""
    height, width = picture.shape[:2]
    found = ""
    for y in (height // 4, 3 * height // 4):
        for x in (width // 4, 3 * width // 4):
            pixel = picture[y, x].astype(int)
            found += min(NAMES, key=lambda name: np.abs(pixel - NAMES[name]).sum())
    return found


@pytest.mark.parametrize(
    ("suffix", "codec", "pixels"),
    [
        ("mp4", "mpeg4", "yuv420p"),
        ("mov", "mjpeg", "yuvj420p"),
        ("mkv", "ffv1", "yuv420p"),
        ("avi", "mpeg4", "yuv420p"),
        ("gif", "gif", "rgb8"),
        ("webm", "libvpx", "yuv420p"),
        ("ts", "mpeg2video", "yuv420p"),
    ],
)
def test_every_frame_of_a_container_comes_in_colour_and_on_time(tmp_path, suffix, codec, pixels):
    path = make_video(tmp_path / f"clip.{suffix}", codec=codec, pixels=pixels, rate=25, ticks=range(12))
    times, pictures, error, _ = read(path)
    assert error is None
    assert times == pytest.approx([tick / 25 for tick in range(12)], abs=0.006)  # GIF counts hundredths
    assert {corners(picture) for picture in pictures} == {"RGBW"}


def test_frame_times_follow_the_timestamps_of_a_varying_rate(tmp_path):
    ticks = [30, 31, 33, 40, 41, 70]
    times, _, error, count = read(make_video(tmp_path / "vfr.mp4", ticks=ticks, rate=30))
    assert error is None
    assert times == pytest.approx([(tick - 30) / 30 for tick in ticks], abs=1e-3)
    assert count == len(ticks)


def test_a_stream_without_timestamps_is_timed_by_its_frame_rate(tmp_path):
    times, _, error, _ = read(make_video(tmp_path / "raw.h264", codec="libx264", ticks=range(6), rate=10))
    assert error is None
    assert times == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4, 0.5])


def turn(path, matrix):
    """Write (a, b, c, d) into the track header of an mp4; see ISO/IEC 14496-12, 8.3.2."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 44
    a, b, c, d = (value * 65536 for value in matrix)
    data[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("matrix", "seen"),
    [
        pytest.param((1, 0, 0, 1), "RGBW", id="upright"),
        pytest.param((0, 1, -1, 0), "BRWG", id="a quarter turn clockwise"),
        pytest.param((-1, 0, 0, -1), "WBGR", id="upside down"),
        pytest.param((0, -1, 1, 0), "GWRB", id="a quarter turn counterclockwise"),
        pytest.param((-1, 0, 0, 1), "GRWB", id="mirrored"),
        pytest.param((1, 0, 0, -1), "BWRG", id="mirrored top to bottom"),
        pytest.param((0, 1, 1, 0), "RBGW", id="transposed"),
        pytest.param((0, -1, -1, 0), "WGBR", id="transposed the other way"),
        pytest.param((0, 0, 0, 0), "RGBW", id="degenerate matrix"),
    ],
)
def test_the_display_matrix_is_honoured(tmp_path, matrix, seen):
    path = make_video(tmp_path / "turned.mp4", size_px=(160, 96), ticks=range(2))
    turn(path, matrix)
    _, pictures, error, _ = read(path)
    assert error is None
    assert pictures[0].shape == ((160, 96, 3) if matrix[1] else (96, 160, 3))
    assert [corners(picture) for picture in pictures] == [seen, seen]


@pytest.mark.parametrize(
    ("size_px", "aspect", "shown_px"),
    [
        pytest.param((640, 480), None, (640, 480), id="small stays"),
        pytest.param((2560, 1440), None, (1920, 1080), id="1440p shrinks"),
        pytest.param((7680, 4320), None, (1920, 1080), id="8K shrinks"),
        pytest.param((1080, 2340), None, (886, 1920), id="tall phone shrinks"),
        pytest.param((360, 288), Fraction(2, 1), (720, 288), id="oblong pixels become square"),
        pytest.param((640, 480), Fraction(100, 101), (640, 480), id="nearly square pixels stay"),
    ],
)
def test_pictures_are_scaled_in_one_pass(tmp_path, size_px, aspect, shown_px):
    path = make_video(tmp_path / "clip.mp4", size_px=size_px, aspect=aspect, ticks=range(1))
    _, pictures, error, _ = read(path)
    assert error is None
    assert pictures[0].shape == (shown_px[1], shown_px[0], 3)
    assert max(pictures[0].shape) <= MAX_SIDE_PX
    assert corners(pictures[0]) == "RGBW"


def write_wave(path):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0\1" * 8000)
    return path


def write_song_with_cover(path):
    """An MPEG audio file that begins with an ID3 tag holding a picture."""
    with av.open(str(path), "w", format="mp2") as container:
        stream = container.add_stream("mp2", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 2 * 44100), np.int16), format="s16", layout="stereo")
        frame.rate = 44100
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(b"".join(b"\0" + bytes(96 * 3) for _ in range(96)))
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 96, 96, 8, 2, 0, 0, 0))
    png += chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    body = b"\0image/png\0\x03\0" + png
    picture = b"APIC" + struct.pack(">IH", len(body), 0) + body
    length = bytes(len(picture) >> shift & 0x7F for shift in (21, 14, 7, 0))
    path.write_bytes(b"ID3\x03\0\0" + length + picture + path.read_bytes())
    return path


def write_bytes(path, data):
    path.write_bytes(data)
    return path


def cut_mp4(path, beyond):
    """As a phone leaves it whose battery dies: the index, which comes last, is missing beyond some bytes."""
    whole = make_video(path).read_bytes()
    return write_bytes(path, whole[: whole.index(b"moov") - 4 + beyond])


def fifo(path):
    os.mkfifo(path)
    return path


@pytest.mark.parametrize(
    ("make", "says"),
    [
        pytest.param(lambda path: path, "no such file", id="missing"),
        pytest.param(lambda path: path.parent, "is a folder", id="folder"),
        pytest.param(lambda path: write_bytes(path, b""), "is empty", id="empty"),
        pytest.param(fifo, "a device or a pipe", id="pipe"),
        pytest.param(lambda path: write_bytes(path, b"not a video\n" * 99), "not a video that can be read", id="text"),
        pytest.param(
            lambda path: write_bytes(path.with_suffix(".txt"), b"not a video\n" * 99),
            "is a text file",
            id="text named so",
        ),
        pytest.param(lambda path: write_wave(path.with_suffix(".wav")), "no video, only audio", id="audio"),
        pytest.param(
            lambda path: write_song_with_cover(path.with_suffix(".mp3")), "no video, only audio", id="cover art"
        ),
        pytest.param(lambda path: cut_mp4(path, 0), "copied completely", id="cut off before the index"),
        pytest.param(lambda path: cut_mp4(path, 200), "without pictures or sound", id="cut off within the index"),
        pytest.param(
            lambda path: make_video(path.with_suffix(".gif"), size_px=(1, 1), codec="gif", pixels="rgb8"),
            "1×1 pixels are too small",
            id="one pixel",
        ),
        pytest.param(lambda path: make_video(path, size_px=(4096, 64)), "64 pixels are too small", id="a thread"),
        pytest.param(lambda path: Path(str(path) + "\0"), "cannot be opened", id="a name no file can have"),
    ],
)
def test_what_holds_no_picture_is_one_clear_line(tmp_path, make, says, capfd):
    path = make(tmp_path / "clip.mp4")
    with pytest.raises(CaptureError, match=says) as caught, VideoFile(path):
        pass
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_says_so(tmp_path):
    path = make_video(tmp_path / "clip.mp4")
    path.chmod(0)
    with pytest.raises(CaptureError, match="may not be read by this user"), VideoFile(path):
        pass


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_a_truncated_video_gives_its_frames_and_then_says_how_far_it_got(tmp_path, suffix, capfd):
    path = tmp_path / f"clip.{suffix}"
    index_first = {"movflags": "+faststart"} if suffix == "mp4" else {}
    data = make_video(path, ticks=range(50), noise=True, **index_first).read_bytes()
    path.write_bytes(data[: len(data) * 6 // 10])
    times, _, error, _ = read(path)
    assert 20 <= len(times) <= 32
    assert times == pytest.approx([index / 10 for index in range(len(times))], abs=2e-3)
    assert isinstance(error, VideoBrokeOff)
    assert f"breaks off after {len(times)} frames, {times[-1]:.1f} s of 5.0 s" in str(error)
    assert capfd.readouterr() == ("", "")


def test_damage_in_the_middle_is_skipped_and_the_rest_still_comes(tmp_path, capfd):
    path = tmp_path / "clip.mp4"
    data = bytearray(make_video(path, ticks=range(40), noise=True, codec="libx264", g=5).read_bytes())
    middle = data.index(b"mdat") + (data.index(b"moov") - data.index(b"mdat")) // 2
    data[middle : middle + 4000] = bytes(4000)
    path.write_bytes(data)
    times, _, error, _ = read(path)
    assert error is None
    assert len(times) >= 30
    assert times[-1] == pytest.approx(3.9, abs=0.01)
    assert capfd.readouterr() == ("", "")


def test_a_colon_in_a_name_is_no_protocol(tmp_path, monkeypatch):
    make_video(tmp_path / "10:30.mp4", ticks=range(3))
    monkeypatch.chdir(tmp_path)
    times, _, error, _ = read("10:30.mp4")
    assert (len(times), error) == (3, None)


def test_without_pyav_the_error_says_how_to_get_it(tmp_path, monkeypatch):
    path = make_video(tmp_path / "clip.mp4")
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(CaptureError, match="pip install av"), VideoFile(path):
        pass


def test_a_socket_is_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s")
        with pytest.raises(CaptureError, match="a device or a pipe"), VideoFile("s"):
            pass


def test_a_file_is_used_with_with(tmp_path):
    with pytest.raises(RuntimeError, match="is not open"):
        _ = VideoFile(tmp_path / "clip.mp4").size_px


def test_without_pyav_the_error_says_where_there_is_none(tmp_path, monkeypatch):
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"a video")
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(CaptureError, match=r"need PyAV.*`pip install av`.*\(armv6l\)") as caught, VideoFile(path):
        pass
    assert "32-bit" not in str(caught.value)  # PyAV has wheels for armv7l


@pytest.mark.parametrize(
    ("stamps", "times"),
    [
        pytest.param([0.0, 0.1, 0.2], [0.0, 0.1, 0.2], id="good stamps are kept"),
        pytest.param([7.0, 7.1, 7.5], [0.0, 0.1, 0.5], id="the first frame is at zero"),
        pytest.param([-0.2, -0.1, 0.0], [0.0, 0.1, 0.2], id="negative stamps"),
        pytest.param([None, None, None], [0.0, 0.1, 0.2], id="no stamps"),
        pytest.param([5.0, None, 5.25], [0.0, 0.1, 0.25], id="a stamp is missing"),
        pytest.param([None, 5.0, 5.3], [0.0, 0.1, 0.4], id="the first stamp is missing"),
        pytest.param([3.0, 3.0, 3.0], [0.0, 0.1, 0.2], id="all stamps are equal"),
        pytest.param([0.0, 0.2, 0.1, 0.4], [0.0, 0.2, 0.3, 0.4], id="one steps back"),
        pytest.param([8.0, 8.1, 0.0, 0.1, 0.4], [0.0, 0.1, 0.2, 0.3, 0.6], id="the clock starts anew"),
    ],
)
def test_timestamps_are_repaired_so_that_time_grows(stamps, times):
    timeline = Timeline(0.1)
    assert [timeline.time_s(stamp) for stamp in stamps] == pytest.approx(times)
