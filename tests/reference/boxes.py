"""From the model's output to objects and groups in source pixels, in plain NumPy."""

from dataclasses import dataclass

import numpy as np

CONFIDENCE_THRESHOLD = 0.35
# Objects this close below the threshold are recorded too, apart: another way may put them above it.
FAINT_MARGIN = 0.02
IOU_THRESHOLD = 0.5
MAX_OBJECTS = 200
ALLOWED_CLASSES = ("person", "bicycle", "car", "motorcycle", "bus", "truck", "traffic light", "stop sign")
# Labels of one and the same kind of thing: at most one of them stays on an object.
RIVALS = (("car", "bus", "truck"), ("bicycle", "motorcycle"))
GROUP_DISTANCE_PX = 150.0
GROUP_MIN_MEMBERS = 2


@dataclass(frozen=True)
class Objects:
    """Objects, most confident first: `corners` [n, 4] as x1, y1, x2, y2; `confidences` [n]; `class_ids` [n]."""

    corners: np.ndarray
    confidences: np.ndarray
    class_ids: np.ndarray

    def __len__(self) -> int:
        return len(self.confidences)

    def confident(self) -> "Objects":
        return self.take(self.confidences > CONFIDENCE_THRESHOLD)

    def faint(self) -> "Objects":
        return self.take(self.confidences <= CONFIDENCE_THRESHOLD)

    def take(self, indices: np.ndarray) -> "Objects":
        return Objects(self.corners[indices], self.confidences[indices], self.class_ids[indices])


@dataclass(frozen=True)
class Group:
    members: list[int]
    box: np.ndarray


def decode(output: np.ndarray, names: dict[int, str]) -> Objects:
    """Reads [4 + classes, anchors]: the best of all classes is an anchor's label, then allowed classes are chosen.

    Faint objects come along; they are less confident than any other and suppress none.
    """
    scores = output[4:]
    class_ids = scores.argmax(axis=0)
    confidences = scores.max(axis=0)
    allowed = np.array([names[class_id] in ALLOWED_CLASSES for class_id in range(len(scores))])
    kept = np.flatnonzero((confidences > CONFIDENCE_THRESHOLD - FAINT_MARGIN) & allowed[class_ids])
    centre_x, centre_y, width, height = output[:4, kept].astype(np.float64)
    corners = [centre_x - width / 2, centre_y - height / 2, centre_x + width / 2, centre_y + height / 2]
    return Objects(np.stack(corners, axis=1), confidences[kept], class_ids[kept])


def suppress(objects: Objects, names: dict[int, str]) -> Objects:
    """Greedy suppression among objects of one class, or of classes that are rivals."""
    ranked = objects.take(np.argsort(-objects.confidences, kind="stable"))
    family = np.array([_family(names[int(class_id)]) for class_id in ranked.class_ids], dtype=object)
    alive = np.ones(len(ranked), dtype=bool)
    kept = []
    for candidate in range(len(ranked)):
        if not alive[candidate]:
            continue
        kept.append(candidate)
        overlaps = iou(ranked.corners[candidate], ranked.corners) > IOU_THRESHOLD
        alive &= ~(overlaps & (family == family[candidate]))
    return ranked.take(np.array(kept[:MAX_OBJECTS], dtype=int))


def iou(box: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Intersection over union of one box with each of many."""
    low = np.maximum(box[:2], boxes[:, :2])
    high = np.minimum(box[2:], boxes[:, 2:])
    common = np.clip(high - low, 0, None).prod(axis=1)
    union = (box[2:] - box[:2]).prod() + (boxes[:, 2:] - boxes[:, :2]).prod(axis=1) - common
    return np.divide(common, union, out=np.zeros_like(common), where=union > 0)


def cluster(corners: np.ndarray) -> list[Group]:
    """Connected components of boxes whose centres are near each other, in the order of their first member."""
    centres = (corners[:, :2] + corners[:, 2:]) / 2
    apart = np.linalg.norm(centres[:, None] - centres[None], axis=2)
    near = apart <= GROUP_DISTANCE_PX
    seen: set[int] = set()
    groups = []
    for first in range(len(corners)):
        if first in seen:
            continue
        members = _reachable(first, near)
        seen |= members
        if len(members) < GROUP_MIN_MEMBERS:
            continue
        ordered = sorted(members)
        box = np.concatenate([corners[ordered, :2].min(axis=0), corners[ordered, 2:].max(axis=0)])
        groups.append(Group(ordered, box))
    return groups


def _reachable(first: int, near: np.ndarray) -> set[int]:
    found, border = {first}, [first]
    while border:
        for neighbour in np.flatnonzero(near[border.pop()]):
            if int(neighbour) not in found:
                found.add(int(neighbour))
                border.append(int(neighbour))
    return found


def _family(name: str) -> str:
    for rivals in RIVALS:
        if name in rivals:
            return rivals[0]
    return name
