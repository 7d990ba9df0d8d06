"""Records what plain NumPy makes of random and edge cases, for the native unit tests.

  python native_cases.py ../../native/tests/data

Inputs are drawn from a small generator that the C++ side has too (native/tests/support/cases.h), so that only results
are recorded: one case a line, words and numbers between spaces. Needs nothing but NumPy.
"""

import sys
from fractions import Fraction
from pathlib import Path

import numpy as np

RIVALS = [0, 1, 2, 1, 4, 2, 6, 2, 8, 9]  # of classes 0 to 9: 1 and 3 are rivals, and 2, 5 and 7
SPOILED = (np.float32("nan"), np.float32("inf"), np.float32("-inf"))


class Draw:
    """Numerical Recipes' linear congruential generator."""

    def __init__(self, seed):
        self.state = seed & 0xFFFFFFFF

    def integer(self, below):
        self.state = (self.state * 1664525 + 1013904223) & 0xFFFFFFFF
        return (self.state >> 8) % below

    def unit(self):
        """One of 2^16 steps from 0 to 1: exact in float32."""
        return np.float32(self.integer(1 << 16)) / np.float32(1 << 16)


def draw_boxes(draw, count, extent, spoiled):
    """Corners [count, 4], confidences in 64 steps (so that some are equal) and classes; one in eight spoiled if asked."""
    corners, confidences, classes = [], [], []
    for _ in range(count):
        x, y = draw.unit() * np.float32(extent), draw.unit() * np.float32(extent)
        w, h = draw.unit() * np.float32(120), draw.unit() * np.float32(120)
        box = [x, y, x + w, y + h]
        confidence = np.float32(draw.integer(64)) / np.float32(64)
        classes.append(draw.integer(10))
        if spoiled and draw.integer(8) == 0:
            corner = draw.integer(4)
            box[corner] = SPOILED[draw.integer(3)]
        corners.append(box)
        confidences.append(confidence)
    return np.array(corners, np.float32).reshape(-1, 4), np.array(confidences, np.float32), np.array(classes, int)


def iou(box, boxes):
    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    common = np.prod(np.clip(high - low, 0, None), axis=1, dtype=np.float32)
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1, dtype=np.float32)
    union = np.float32((box[2] - box[0]) * (box[3] - box[1])) + area - common
    return np.divide(common, union, out=np.zeros_like(common), where=union > 0)


def suppress(corners, confidences, classes, threshold, limit):
    families = np.array(RIVALS)[classes] if len(classes) else np.array([], int)
    order = [i for i in np.argsort(-confidences, kind="stable") if np.isfinite(corners[i]).all()]
    kept = []
    while order and len(kept) < limit:
        best = order.pop(0)
        kept.append(int(best))
        rest = np.array(order, int)
        gone = (iou(corners[best], corners[rest]) > np.float32(threshold)) & (families[rest] == families[best])
        order = [int(i) for i in rest[~gone]]
    return kept


def nms_cases():
    counts = [0, 1, 2, 3, 5, 10, 20, 50, 100, 200]
    for seed in range(200):
        yield seed, counts[seed % len(counts)], 400, seed % 3 == 2
    yield 1001, 5000, 4000, False
    yield 1002, 5000, 300, True


def record_nms(out):
    for seed, count, extent, spoiled in nms_cases():
        draw = Draw(seed)
        threshold, limit = [0.3, 0.5, 0.7][seed % 3], [200, 10, 100000][seed % 3]
        corners, confidences, classes = draw_boxes(draw, count, extent, spoiled)
        if seed % 7 == 3 and count > 1:
            corners[:] = corners[0]  # identical boxes
        kept = suppress(corners, confidences, classes, threshold, limit)
        print("nms", seed, count, extent, int(spoiled), threshold, limit, len(kept), *kept, file=out)


def record_decode(out):
    for seed in range(120):
        draw = Draw(10_000 + seed)
        classes, anchors = 1 + draw.integer(6), [0, 1, 7, 40, 300][seed % 5]
        values = np.array([draw.unit() for _ in range((4 + classes) * anchors)], np.float32)
        output = values.reshape(4 + classes, anchors)
        for _ in range(anchors // 4 if seed % 2 else 0):
            row, anchor = draw.integer(4 + classes), draw.integer(anchors)
            output[row, anchor] = SPOILED[draw.integer(3)]
        allowed = [(seed >> i) % 2 == 0 or classes == 1 for i in range(classes)]
        scores = np.where(np.isnan(output[4:]), -np.inf, output[4:])
        found = []
        for anchor in range(anchors):
            label = int(scores[:, anchor].argmax())
            if scores[label, anchor] > np.float32(0.5) and allowed[label] and np.isfinite(output[:4, anchor]).all():
                found += [anchor, label]
        print("decode", seed, classes, anchors, len(found) // 2, *found, file=out)


def record_groups(out):
    for seed in range(150):
        draw = Draw(20_000 + seed)
        count = [0, 1, 2, 3, 10, 40, 200][seed % 7]
        corners, _, _ = draw_boxes(draw, count, [300, 1000, 3000][seed % 3], seed % 4 == 3)
        print_groups(out, seed, count, [300, 1000, 3000][seed % 3], int(seed % 4 == 3), 1 + seed % 3, corners)
    corners, _, _ = draw_boxes(Draw(20_000 + 7001), 5000, 12000, False)
    print_groups(out, 7001, 5000, 12000, 0, 2, corners)


def print_groups(out, seed, count, extent, spoiled, least, corners):
    exact = corners.astype(np.float64)
    centres = (exact[:, :2] + exact[:, 2:]) / 2
    groups, seen = [], set()
    for first in range(count):
        if first in seen:
            continue
        members, border = {first}, [first]
        while border:
            apart = ((centres - centres[border.pop()]) ** 2).sum(axis=1)
            near = {int(i) for i in np.flatnonzero(apart <= 150.0**2)} - members
            members |= near
            border += sorted(near)
        seen |= members
        if len(members) >= least:
            groups.append(sorted(members))
    flat = [word for group in groups for word in (len(group), *group)]
    print("groups", seed, count, extent, spoiled, least, len(groups), *flat, file=out)


def taps(source, scaled):
    position = np.clip((2 * np.arange(scaled) + 1) * source * 128 // scaled - 128, 0, (source - 1) * 256)
    return position >> 8, np.minimum((position >> 8) + 1, source - 1), position & 255


def scale(plane, width, height):
    left, right, across = taps(plane.shape[1], width)
    top, bottom, down = taps(plane.shape[0], height)
    rows = (256 - across) * plane[:, left] + across * plane[:, right]
    return ((256 - down[:, None]) * rows[top] + down[:, None] * rows[bottom] + 32768) >> 16


def record_letterbox(out):
    inputs = [(32, 64), (64, 64), (96, 160), (64, 32)]
    fixed = [(1, 1), (128, 64), (64, 64), (256, 128), (2, 300), (300, 2), (640, 360), (192, 96)]
    for seed in range(160):
        draw = Draw(30_000 + seed)
        width, height = fixed[seed] if seed < len(fixed) else (1 + draw.integer(300), 1 + draw.integer(300))
        shift_x, shift_y = [(1, 1), (1, 0), (0, 0)][seed % 3]
        full, hd = seed % 2, (seed // 2) % 2
        input_height, input_width = inputs[seed % 4]
        chroma = (-(-width // (1 << shift_x)), -(-height // (1 << shift_y)))
        planes = [np.array([draw.integer(256) for _ in range(w * h)]).reshape(h, w) for w, h in ((width, height), chroma, chroma)]
        ratio = min(input_height / height, input_width / width)
        scaled_w, scaled_h = (max(1, int(np.floor(side * ratio + 0.5))) for side in (width, height))
        x, y = (input_width - scaled_w) // 2, (input_height - scaled_h) // 2
        luma, u, v = (scale(plane, scaled_w, scaled_h).astype(float) for plane in planes)
        luma, u, v = (luma, u - 128, v - 128) if full else ((luma - 16) * 255 / 219, (u - 128) * 255 / 224, (v - 128) * 255 / 224)
        kr, kb = (0.2126, 0.0722) if hd else (0.299, 0.114)
        kg = 1 - kr - kb
        rgb = (luma + 2 * (1 - kr) * v, luma - 2 * kb * (1 - kb) / kg * u - 2 * kr * (1 - kr) / kg * v, luma + 2 * (1 - kb) * u)
        tensor = np.full((3, input_height, input_width), 114 / 255)
        tensor[:, y : y + scaled_h, x : x + scaled_w] = np.clip(rgb, 0, 255) / 255
        sample = tensor.ravel()[[draw.integer(tensor.size) for _ in range(100)]]
        print("letterbox", seed, width, height, shift_x, shift_y, full, hd, input_height, input_width,
              *(f"{value:.6f}" for value in sample), file=out)


def parity_of_turns(corners, point):
    """How often the polygon winds around the point, from the sum of the angles under which its edges are seen; odd is
    inside. Exact fractions say first whether the point lies on an edge."""
    ends = list(zip(corners, corners[1:] + corners[:1]))
    for (ax, ay), (bx, by) in ends:
        if (bx - ax) * (point[1] - ay) == (by - ay) * (point[0] - ax):
            if min(ax, bx) <= point[0] <= max(ax, bx) and min(ay, by) <= point[1] <= max(ay, by):
                return True
    seen = np.array([[float(x - point[0]), float(y - point[1])] for x, y in corners])
    angles = np.arctan2(seen[:, 1], seen[:, 0])
    steps = np.angle(np.exp(1j * (np.roll(angles, -1) - angles)))
    return round(steps.sum() / (2 * np.pi)) % 2 == 1


def draw_corners(draw, count, steps):
    return [(Fraction(draw.integer(steps + 1), steps), Fraction(draw.integer(steps + 1), steps)) for _ in range(count)]


def record_zones(out):
    """Points on a coarse grid often lie on an edge or in a row with a corner; on a fine one hardly ever."""
    for seed in range(200):
        draw = Draw(40_000 + seed)
        steps = [8, 16, 1 << 16][seed % 3]
        corners = draw_corners(draw, 3 + draw.integer(10), steps)
        points = draw_corners(draw, 200, steps)
        inside = "".join("1" if parity_of_turns(corners, point) else "0" for point in points)
        print("zones", seed, steps, len(corners), inside, file=out)


def record_zone_filter(out):
    """Boxes on a 1024 by 512 picture, whole pixels: their ground points are exact fractions."""
    for seed in range(100):
        draw = Draw(50_000 + seed)
        zones = [(draw.integer(2), draw_corners(draw, 3 + draw.integer(6), 64)) for _ in range(seed % 5)]
        kept = []
        for box in range(100):
            left, bottom, width = draw.integer(1000), draw.integer(513), draw.integer(25)
            ground = (Fraction(2 * left + width, 2 * 1024), Fraction(bottom, 512))
            inside = [(ignores, parity_of_turns(corners, ground)) for ignores, corners in zones]
            wanted = [there for ignores, there in inside if not ignores]
            if (any(wanted) or not wanted) and not any(there for ignores, there in inside if ignores):
                kept.append(box)
        print("zone_filter", seed, len(zones), len(kept), *kept, file=out)


def main():
    np.seterr(invalid="ignore")  # infinities among the corners are part of the cases
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, record in [("nms", record_nms), ("decode", record_decode), ("groups", record_groups), ("letterbox", record_letterbox), ("zones", record_zones), ("zone_filter", record_zone_filter)]:
        with open(folder / f"{name}.txt", "w", encoding="ascii") as out:
            record(out)


if __name__ == "__main__":
    main()
