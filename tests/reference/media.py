"""YUV planes of pictures and video frames, as the decoder made them: the ffmpeg command, no conversion."""

import json
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

# Shifts of the chroma planes, by the pixel formats that are 8-bit planar YUV already.
CHROMA_SHIFTS = {
    "yuv420p": (1, 1),
    "yuvj420p": (1, 1),
    "yuv422p": (1, 0),
    "yuvj422p": (1, 0),
    "yuv444p": (0, 0),
    "yuvj444p": (0, 0),
}
BT709_SPACES = {"bt709"}
BT601_SPACES = {"bt470bg", "smpte170m", "fcc"}
# A picture that does not name its matrix is high definition when it is higher than PAL.
TALLEST_STANDARD_DEFINITION_PX = 576


@dataclass(frozen=True)
class Stream:
    """What ffprobe says of a file's first video stream. `matrix` is bt601 or bt709, `color_range` limited or full."""

    width: int
    height: int
    pixel_format: str
    matrix: str
    color_range: str
    time_base: Fraction

    @property
    def chroma_shifts(self) -> tuple[int, int]:
        return CHROMA_SHIFTS[self.pixel_format]

    @property
    def chroma_size(self) -> tuple[int, int]:
        """Width and height of the chroma planes: halves are rounded up."""
        shift_x, shift_y = self.chroma_shifts
        return -(-self.width >> shift_x), -(-self.height >> shift_y)

    @property
    def frame_bytes(self) -> int:
        chroma_width, chroma_height = self.chroma_size
        return self.width * self.height + 2 * chroma_width * chroma_height


@dataclass(frozen=True)
class Frame:
    """One decoded frame: its position in the file, its time from the first frame, and its three planes."""

    index: int
    time_ms: float
    raw: bytes
    stream: Stream

    @property
    def planes(self) -> list[np.ndarray]:
        sizes = [(self.stream.width, self.stream.height), self.stream.chroma_size, self.stream.chroma_size]
        planes, start = [], 0
        for width, height in sizes:
            planes.append(np.frombuffer(self.raw, np.uint8, width * height, start).reshape(height, width))
            start += width * height
        return planes


def probe(file: Path) -> Stream:
    """Describes the first video stream. Raises ValueError where its pixels are not 8-bit planar YUV."""
    fields = "width,height,pix_fmt,color_space,color_range,time_base"
    stream = _ffprobe(file, "-show_entries", f"stream={fields}")["streams"][0]
    pixel_format = stream["pix_fmt"]
    if pixel_format not in CHROMA_SHIFTS:
        raise ValueError(f"{file}: expected one of {', '.join(CHROMA_SHIFTS)}, received {pixel_format}")
    full = pixel_format.startswith("yuvj") or stream.get("color_range") == "pc"
    return Stream(
        width=stream["width"],
        height=stream["height"],
        pixel_format=pixel_format,
        matrix=_matrix(stream.get("color_space", "unknown"), stream["height"]),
        color_range="full" if full else "limited",
        time_base=Fraction(stream["time_base"]),
    )


def picture(file: Path) -> Frame:
    stream = probe(file)
    return Frame(0, 0.0, _decode(file, stream, [0])[0], stream)


def frames_due(file: Path, interval_ms: int) -> list[Frame]:
    """The first frame at or after each multiple of the interval, counted from the first frame."""
    stream = probe(file)
    times_ms = _frame_times_ms(file, stream)
    indices, due_ms = [], Fraction(0)
    for index, time_ms in enumerate(times_ms):
        if time_ms < due_ms:
            continue
        indices.append(index)
        due_ms = (time_ms // interval_ms + 1) * interval_ms
    raws = _decode(file, stream, indices)
    return [Frame(index, float(times_ms[index]), raw, stream) for index, raw in zip(indices, raws, strict=True)]


def _frame_times_ms(file: Path, stream: Stream) -> list[Fraction]:
    frames = _ffprobe(file, "-show_frames", "-show_entries", "frame=best_effort_timestamp")["frames"]
    stamps = [frame["best_effort_timestamp"] for frame in frames]
    return [(stamp - stamps[0]) * stream.time_base * 1000 for stamp in stamps]


def _matrix(color_space: str, height: int) -> str:
    if color_space in BT709_SPACES:
        return "bt709"
    if color_space in BT601_SPACES:
        return "bt601"
    return "bt709" if height > TALLEST_STANDARD_DEFINITION_PX else "bt601"


def _decode(file: Path, stream: Stream, indices: list[int]) -> list[bytes]:
    chosen = "+".join(f"eq(n,{index})" for index in indices)
    command = ["ffmpeg", "-v", "error", "-i", str(file), "-map", "0:v:0", "-vf", f"select='{chosen}'", "-vsync", "0"]
    command += ["-f", "rawvideo", "-"]
    raw = subprocess.run(command, check=True, capture_output=True).stdout
    expected = stream.frame_bytes * len(indices)
    if len(raw) != expected:
        raise ValueError(f"{file}: expected {expected} bytes for {len(indices)} frames, received {len(raw)}")
    return [raw[start : start + stream.frame_bytes] for start in range(0, expected, stream.frame_bytes)]


def _ffprobe(file: Path, *arguments: str) -> dict:
    command = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-of", "json", *arguments, str(file)]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
