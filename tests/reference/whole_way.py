"""The whole way from a file to objects and groups, in plain NumPy, to compare the product with.

    python whole_way.py record          writes recorded/ anew
    python whole_way.py draw FOLDER     writes the pictures with their boxes, to look at

The YUV planes come from the ffmpeg command, the arithmetic from docs/letterbox.md, the boxes from the same model file and
version of onnxruntime. See README.md beside this file.
"""

import argparse
import gzip
import hashlib
import json
import platform
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

import boxes
import letterbox
import media
import opencv_way
from model import Model

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RECORDED = HERE / "recorded"
MODEL_FILE = ROOT / "models" / "nanodet-g-int8.onnx"
# Ten frames of each clip; whole frame times, most of them between keyframes.
CLIP_INTERVALS_MS = {
    "demo/street-walkers.mp4": 6300,
    "demo/highway.mp4": 3080,
    "demo/market-street-1906.mp4": 3240,
}
SAMPLES_PER_TENSOR = 20_000
# Knuth's multiplicative hash: sample k of n values is value ((k * HASH mod 2^32) * n) >> 32.
HASH = 2654435761


@dataclass(frozen=True)
class Input:
    """One picture or frame, decoded both ways. `interval_ms` is 0 for a picture."""

    file: str
    interval_ms: int
    frame: media.Frame
    bgr: np.ndarray


def inputs() -> Iterator[Input]:
    for file in sorted((HERE / "pictures").glob("*.jpg")):
        yield Input(str(file.relative_to(ROOT)), 0, media.picture(file), opencv_way.picture(file))
    for name, interval_ms in CLIP_INTERVALS_MS.items():
        frames = media.frames_due(ROOT / name, interval_ms)
        pictures = opencv_way.frames(ROOT / name, [frame.index for frame in frames])
        for frame, bgr in zip(frames, pictures, strict=True):
            yield Input(name, interval_ms, frame, bgr)


def detect(model: Model, tensor: np.ndarray, geometry: letterbox.Geometry) -> boxes.Objects:
    """Objects in source pixels, most confident first, faint ones last."""
    found = boxes.suppress(boxes.decode(model.run(tensor), model.names), model.names)
    return boxes.Objects(geometry.to_source(found.corners), found.confidences, found.class_ids)


def sample(tensor: np.ndarray) -> np.ndarray:
    counter = np.arange(SAMPLES_PER_TENSOR, dtype=np.uint64)
    positions = (counter * np.uint64(HASH) % np.uint64(2**32)) * np.uint64(tensor.size) >> np.uint64(32)
    return tensor.ravel()[positions.astype(np.int64)]


def record() -> None:
    model = Model(MODEL_FILE)
    entries, samples = [], []
    for one in inputs():
        entry, tensor = describe(model, one)
        entries.append(entry)
        samples.append(sample(tensor))
    RECORDED.mkdir(exist_ok=True)
    packed = gzip.compress(np.concatenate(samples).astype("<f4").tobytes(), 9, mtime=0)
    (RECORDED / "tensor-samples.f32.gz").write_bytes(packed)
    (RECORDED / "whole-way.jsonl").write_text(to_lines([settings(model), *entries]), encoding="utf-8")
    objects = sum(len(entry["objects"]) for entry in entries)
    print(f"{len(entries)} inputs, {objects} objects, {len(packed)} bytes of tensor samples")


def settings(model: Model) -> dict:
    return {
        "madeWith": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "onnxruntime": onnxruntime.__version__,
            "opencv": cv2.__version__,
            "ffmpeg": ffmpeg_version(),
            "modelSha256": model.sha256,
        },
        "confidence": boxes.CONFIDENCE_THRESHOLD,
        "faintMargin": boxes.FAINT_MARGIN,
        "iou": boxes.IOU_THRESHOLD,
        "rivals": boxes.RIVALS,
        "samplesPerTensor": SAMPLES_PER_TENSOR,
        "sampleHash": HASH,
    }


def describe(model: Model, one: Input) -> tuple[dict, np.ndarray]:
    """What is recorded of an input, and its tensor."""
    stream = one.frame.stream
    geometry = letterbox.fit(stream.width, stream.height)
    tensor = letterbox.tensor(one.frame, geometry)
    objects = detect(model, tensor, geometry)
    opencv_objects = detect(model, opencv_way.tensor(one.bgr, geometry), geometry)
    groups = boxes.cluster(objects.confident().corners)
    entry = {
        "file": one.file,
        "intervalMs": one.interval_ms,
        "frameIndex": one.frame.index,
        "frameTimeMs": one.frame.time_ms,
        "planes": {
            "widthPx": stream.width,
            "heightPx": stream.height,
            "chromaShiftX": stream.chroma_shifts[0],
            "chromaShiftY": stream.chroma_shifts[1],
            "matrix": stream.matrix,
            "range": stream.color_range,
            "sha256": hashlib.sha256(one.frame.raw).hexdigest(),
        },
        "tensor": {
            "heightPx": geometry.input_height,
            "widthPx": geometry.input_width,
            "sha256": hashlib.sha256(tensor.astype("<f4").tobytes()).hexdigest(),
        },
        "objects": to_list(objects.confident(), model.names),
        "faintObjects": to_list(objects.faint(), model.names),
        "groups": [{"members": group.members, "bbox": rounded(group.box)} for group in groups],
        "openCvObjects": to_list(opencv_objects.confident(), model.names),
        "openCvFaintObjects": to_list(opencv_objects.faint(), model.names),
    }
    return entry, tensor


def to_list(objects: boxes.Objects, names: dict[int, str]) -> list[dict]:
    return [
        {"class": names[int(class_id)], "confidence": round(float(confidence), 5), "bbox": rounded(corners)}
        for corners, confidence, class_id in zip(objects.corners, objects.confidences, objects.class_ids, strict=True)
    ]


def rounded(box: np.ndarray) -> list[float]:
    return [round(float(value), 3) for value in box]


def to_lines(records: list[dict]) -> str:
    return "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records)


def ffmpeg_version() -> str:
    text = subprocess.run(["ffmpeg", "-version"], check=True, capture_output=True, text=True).stdout
    return text.split()[2]


def draw(folder: Path) -> None:
    model = Model(MODEL_FILE)
    folder.mkdir(parents=True, exist_ok=True)
    for one in inputs():
        geometry = letterbox.fit(one.frame.stream.width, one.frame.stream.height)
        objects = detect(model, letterbox.tensor(one.frame, geometry), geometry).confident()
        target = folder / f"{Path(one.file).stem}-{one.frame.index:04d}.png"
        cv2.imwrite(str(target), drawn(one.bgr, objects, model.names))


def drawn(bgr: np.ndarray, objects: boxes.Objects, names: dict[int, str]) -> np.ndarray:
    canvas = bgr.copy()
    for entry in to_list(objects, names):
        x1, y1, x2, y2 = (round(value) for value in entry["bbox"])
        cv2.rectangle(canvas, (x1, y1), (x2, y2), (0, 255, 0), 1)
        label = f"{entry['class']} {entry['confidence']:.2f}"
        cv2.putText(canvas, label, (x1, max(10, y1 - 3)), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (0, 255, 255), 1)
    for group in boxes.cluster(objects.corners):
        x1, y1, x2, y2 = (round(float(value)) for value in group.box)
        cv2.rectangle(canvas, (x1, y1), (x2, y2), (255, 0, 255), 1)
    return canvas


def main() -> None:
    parser = argparse.ArgumentParser(description="The whole way in NumPy, to compare the product with.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("record", help="write recorded/ anew")
    commands.add_parser("draw", help="write the pictures with their boxes").add_argument("folder", type=Path)
    arguments = parser.parse_args()
    if arguments.command == "record":
        record()
    else:
        draw(arguments.folder)


if __name__ == "__main__":
    main()
