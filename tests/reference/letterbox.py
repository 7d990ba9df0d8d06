"""The letterbox of docs/letterbox.md, written from that page alone: YUV planes to the model's input, in NumPy."""

from dataclasses import dataclass

import numpy as np

from media import Frame, Stream

LONG_SIDE_PX = 640
STRIDE_PX = 32
PAD = np.float32(114) / np.float32(255)


@dataclass(frozen=True)
class Geometry:
    """Where the scaled picture lies in the model's input (pixels)."""

    input_height: int
    input_width: int
    source_width: int
    source_height: int
    scaled_width: int
    scaled_height: int
    offset_x: int
    offset_y: int

    def to_source(self, corners: np.ndarray) -> np.ndarray:
        """Boxes [n, 4] in input pixels to source pixels, cut at the picture's edge."""
        offset = np.array([self.offset_x, self.offset_y] * 2)
        source = np.array([self.source_width, self.source_height] * 2)
        scaled = np.array([self.scaled_width, self.scaled_height] * 2)
        return np.clip((corners - offset) * source / scaled, 0, source)


def fit(width: int, height: int) -> Geometry:
    """The smallest input of whole strides for a picture of this shape, and the picture's place in it."""
    longest = max(width, height)
    input_width, input_height = (_whole_strides(_scaled(side, LONG_SIDE_PX / longest)) for side in (width, height))
    ratio = min(input_height / height, input_width / width)
    scaled_width, scaled_height = _scaled(width, ratio), _scaled(height, ratio)
    offset_x, offset_y = (input_width - scaled_width) // 2, (input_height - scaled_height) // 2
    return Geometry(input_height, input_width, width, height, scaled_width, scaled_height, offset_x, offset_y)


def tensor(frame: Frame, geometry: Geometry) -> np.ndarray:
    """The model's input [3, height, width]: float32, RGB, 0 to 1."""
    scaled = [_scale(plane, geometry.scaled_width, geometry.scaled_height) for plane in frame.planes]
    filled = np.full((3, geometry.input_height, geometry.input_width), PAD, np.float32)
    rows = slice(geometry.offset_y, geometry.offset_y + geometry.scaled_height)
    columns = slice(geometry.offset_x, geometry.offset_x + geometry.scaled_width)
    filled[:, rows, columns] = _to_rgb(scaled, frame.stream)
    return filled


def _scaled(side: int, ratio: float) -> int:
    return max(1, int(np.floor(side * ratio + 0.5)))


def _whole_strides(side: int) -> int:
    return -(-side // STRIDE_PX) * STRIDE_PX


def _taps(source: int, scaled: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each scaled sample: its two source samples, and the second one's weight in 1/256."""
    position = (2 * np.arange(scaled, dtype=np.int64) + 1) * source * 128 // scaled - 128
    position = np.clip(position, 0, (source - 1) * 256)
    first = position >> 8
    return first, np.minimum(first + 1, source - 1), position & 255


def _scale(plane: np.ndarray, scaled_width: int, scaled_height: int) -> np.ndarray:
    left, right, across = _taps(plane.shape[1], scaled_width)
    top, bottom, down = _taps(plane.shape[0], scaled_height)
    wide = plane.astype(np.int64)
    rows = (256 - across) * wide[:, left] + across * wide[:, right]
    down = down[:, None]
    return ((256 - down) * rows[top] + down * rows[bottom] + 32768) >> 16


def _to_rgb(planes: list[np.ndarray], stream: Stream) -> np.ndarray:
    """Single precision, in the page's order: each operation is rounded on its own."""
    full = stream.color_range == "full"
    black, luma, chroma = (0, 1, 1) if full else (16, 255 / 219, 255 / 224)
    kr, kb = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722)}[stream.matrix]
    kg = 1 - kr - kb
    rv, bu = np.float32(2 * (1 - kr) * chroma), np.float32(2 * (1 - kb) * chroma)
    gu, gv = np.float32(2 * kb * (1 - kb) / kg * chroma), np.float32(2 * kr * (1 - kr) / kg * chroma)
    luma_samples, u, v = (plane.astype(np.float32) for plane in planes)
    y = (luma_samples - np.float32(black)) * np.float32(luma)
    u, v = u - np.float32(128), v - np.float32(128)
    rgb = np.stack([y + rv * v, (y - gu * u) - gv * v, y + bu * u])
    return np.clip(rgb, np.float32(0), np.float32(255)) * (np.float32(1) / np.float32(255))
