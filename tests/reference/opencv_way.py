"""What most programs do before a detector: OpenCV's decoder, RGB, cv2.resize with its default filter, grey borders."""

from pathlib import Path

import cv2
import numpy as np

from letterbox import PAD, Geometry


def picture(file: Path) -> np.ndarray:
    """A picture as BGR. Raises ValueError where OpenCV cannot read it."""
    image = cv2.imread(str(file), cv2.IMREAD_COLOR_BGR | cv2.IMREAD_IGNORE_ORIENTATION)
    if image is None:
        raise ValueError(f"{file}: OpenCV cannot read it")
    return image


def frames(file: Path, indices: list[int]) -> list[np.ndarray]:
    """The frames at these positions of a video, as BGR."""
    capture = cv2.VideoCapture(str(file), cv2.CAP_FFMPEG)
    wanted, found = set(indices), []
    for index in range(max(indices) + 1):
        ok, image = capture.read()
        if not ok:
            raise ValueError(f"{file}: expected at least {max(indices) + 1} frames, received {index}")
        if index in wanted:
            found.append(image)
    capture.release()
    return found


def tensor(image: np.ndarray, geometry: Geometry) -> np.ndarray:
    """The model's input [3, height, width]: float32, RGB, 0 to 1."""
    scaled = cv2.resize(image, (geometry.scaled_width, geometry.scaled_height), interpolation=cv2.INTER_LINEAR)
    rgb = cv2.cvtColor(scaled, cv2.COLOR_BGR2RGB).astype(np.float32) / np.float32(255)
    filled = np.full((3, geometry.input_height, geometry.input_width), PAD, np.float32)
    rows = slice(geometry.offset_y, geometry.offset_y + geometry.scaled_height)
    columns = slice(geometry.offset_x, geometry.offset_x + geometry.scaled_width)
    filled[:, rows, columns] = rgb.transpose(2, 0, 1)
    return filled
