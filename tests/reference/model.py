"""The detector: one thread of onnxruntime's CPU provider."""

import hashlib
import json
from pathlib import Path

import numpy as np
import onnxruntime


class Model:
    """A YOLOv8-style export, with the class names that it carries."""

    def __init__(self, file: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        names = json.loads(self._session.get_modelmeta().custom_metadata_map["names"])
        self.names = {int(class_id): name for class_id, name in names.items()}
        self.sha256 = hashlib.sha256(file.read_bytes()).hexdigest()

    def run(self, tensor: np.ndarray) -> np.ndarray:
        """[3, height, width] to [4 + classes, anchors]."""
        return self._session.run(["output0"], {"images": tensor[None]})[0][0]
