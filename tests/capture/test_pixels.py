import numpy as np
import pytest

from edge_valgus.capture.pixels import FORMATS, Matrix, YuvColours, to_rgb
from edge_valgus.errors import CaptureError

RED, GREEN, BLUE, GREY = (255, 0, 0), (0, 255, 0), (0, 0, 255), (128, 128, 128)
FULL_601 = YuvColours(Matrix.BT601, full_range=True)
LIMITED_601 = YuvColours(Matrix.BT601, full_range=False)
LIMITED_709 = YuvColours(Matrix.BT709, full_range=False)

# (Y, U, V) of each colour as the standards give them, rounded.
CODES = {
    FULL_601: {RED: (76, 85, 255), GREEN: (150, 44, 21), BLUE: (29, 255, 107), GREY: (128, 128, 128)},
    LIMITED_601: {RED: (81, 90, 240), GREEN: (145, 54, 34), BLUE: (41, 240, 110), GREY: (126, 128, 128)},
    LIMITED_709: {RED: (63, 102, 240), GREEN: (173, 42, 26), BLUE: (32, 240, 118), GREY: (126, 128, 128)},
}


def padded(rows, stride):
    """Rows of bytes, each filled up to the stride with a byte that must never be seen."""
    return b"".join(bytes(row) + b"\xee" * (stride - len(row)) for row in rows)


@pytest.mark.parametrize("padding", [0, 6])
@pytest.mark.parametrize(
    ("name", "pixel"),
    [
        ("BGR888", lambda red, green, blue: (red, green, blue)),
        ("RGB888", lambda red, green, blue: (blue, green, red)),
        ("XBGR8888", lambda red, green, blue: (red, green, blue, 255)),
        ("XRGB8888", lambda red, green, blue: (blue, green, red, 255)),
    ],
)
def test_packed_formats_are_read_in_their_byte_order(name, pixel, padding):
    picture = [[RED, GREEN, BLUE], [(1, 2, 3), (250, 5, 90), GREY]]
    rows = [[byte for colour in row for byte in pixel(*colour)] for row in picture]
    stride = len(rows[0]) + padding
    image = to_rgb(np.frombuffer(padded(rows, stride), np.uint8), name, (3, 2), stride)
    assert image.tolist() == [[list(colour) for colour in row] for row in picture]
    assert image.flags.c_contiguous


def yuv_buffer(name, codes, stride):
    """A 4×4 picture of four 2×2 blocks of one colour each."""
    blocks = [[codes[RED], codes[GREEN]], [codes[BLUE], codes[GREY]]]
    luma = [[blocks[y // 2][x // 2][0] for x in range(4)] for y in range(4)]
    u = [[blocks[y][x][1] for x in range(2)] for y in range(2)]
    v = [[blocks[y][x][2] for x in range(2)] for y in range(2)]
    if name in ("YUYV", "UYVY"):
        rows = []
        for y in range(4):
            row = []
            for x in range(2):
                first, second, blue, red = luma[y][2 * x], luma[y][2 * x + 1], u[y // 2][x], v[y // 2][x]
                row += [first, blue, second, red] if name == "YUYV" else [blue, first, red, second]
            rows.append(row)
        return padded(rows, stride)
    if name in ("NV12", "NV21"):
        pairs = (u, v) if name == "NV12" else (v, u)
        chroma = [[pairs[at % 2][y][at // 2] for at in range(4)] for y in range(2)]
        return padded(luma, stride) + padded(chroma, stride)
    planes = (u, v) if name == "YUV420" else (v, u)
    return padded(luma, stride) + padded(planes[0], stride // 2) + padded(planes[1], stride // 2)


@pytest.mark.parametrize("extra", [0, 64], ids=["exact", "with bytes after the end"])
@pytest.mark.parametrize("padding", [0, 12])
@pytest.mark.parametrize("colours", CODES, ids=["full BT.601", "limited BT.601", "limited BT.709"])
@pytest.mark.parametrize("name", ["YUV420", "YVU420", "NV12", "NV21", "YUYV", "UYVY"])
def test_yuv_formats_give_the_standards_colours(name, colours, padding, extra):
    stride = (8 if name in ("YUYV", "UYVY") else 4) + padding
    data = yuv_buffer(name, CODES[colours], stride) + b"\xee" * extra
    image = to_rgb(np.frombuffer(data, np.uint8), name, (4, 4), stride, colours)
    blocks = [[RED, GREEN], [BLUE, GREY]]
    expected = np.array([[blocks[y // 2][x // 2] for x in range(4)] for y in range(4)])
    assert image.dtype == np.uint8
    assert np.abs(image.astype(int) - expected).max() <= 3  # the codes are rounded to whole numbers


@pytest.mark.parametrize(
    ("luma", "level"),
    [(0, 0), (16, 0), (126, 128), (235, 255), (255, 255)],
    ids=["below black", "black", "grey", "white", "above white"],
)
def test_limited_range_is_stretched_and_clipped(luma, level):
    data = np.array([luma] * 4 + [128, 128], np.uint8)
    assert np.unique(to_rgb(data, "NV12", (2, 2), 2, LIMITED_601)).tolist() == [level]


def test_a_buffer_without_the_last_rows_padding_is_enough():
    data = padded([(1, 2, 3), (4, 5, 6)], 8)[:-5]
    image = to_rgb(np.frombuffer(data, np.uint8), "BGR888", (1, 2), 8)
    assert image.tolist() == [[[1, 2, 3]], [[4, 5, 6]]]


def test_rgb_order_without_padding_is_not_copied():
    data = np.zeros(6 * 4 * 3, np.uint8)
    assert np.shares_memory(to_rgb(data, "BGR888", (6, 4), 18), data)


@pytest.mark.parametrize(
    ("name", "size_px", "stride", "length", "says"),
    [
        pytest.param("MJPEG", (4, 4), 12, 48, "pixel format MJPEG", id="a format that is not read"),
        pytest.param("BGR888", (4, 4), 12, 47, "buffer of 47 bytes", id="packed too short"),
        pytest.param("BGR888", (4, 4), 11, 99, "rows of at least 12", id="stride too small"),
        pytest.param("NV12", (4, 4), 4, 23, "24 bytes in all", id="two planes too short"),
        pytest.param("YUV420", (4, 4), 4, 23, "24 bytes in all", id="three planes too short"),
        pytest.param("NV12", (3, 4), 4, 99, "must be even", id="odd width"),
        pytest.param("YUYV", (4, 3), 8, 99, "must be even", id="odd height"),
    ],
)
def test_what_cannot_be_converted_is_said(name, size_px, stride, length, says):
    with pytest.raises(CaptureError, match=says):
        to_rgb(np.zeros(length, np.uint8), name, size_px, stride)


@pytest.mark.parametrize("name", FORMATS)
def test_a_camera_sized_picture_keeps_its_shape(name):
    image = to_rgb(np.zeros(640 * 480 * 6, np.uint8), name, (640, 480), 640 * 4)
    assert image.shape == (480, 640, 3)
    assert image.flags.c_contiguous
