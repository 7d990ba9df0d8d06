#!/usr/bin/env python3
"""The peer: how a plain Python service does the same work, with the same model file.

One thread a camera reads and decodes every frame (OpenCV, RTSP over TCP); every `interval` seconds the newest frame is
letterboxed, run through one shared ONNX Runtime session, filtered (class-wise NMS), grouped by centre distance, drawn, and the
drawn frame, the raw frame and each group's crop become base64 JPEG in one JSON message. Nothing is sent anywhere.

  pip install -r requirements.txt
  baseline.py --model M.onnx --url rtsp://127.0.0.1:8554/cam{n} --cameras 4 --seconds 30     ({n} counts from 1)
  baseline.py --model M.onnx --url clip.mp4 --frames 50                                       (as fast as it goes, no interval)

The model takes float32 NCHW RGB 0..1 and returns [N, 4 + classes, anchors] (cx, cy, w, h in input pixels), as YOLOv8 exports do.
Cameras start spread over one interval; the measured time begins one interval after the last of them gave its first frame.
Prints one JSON line: connected (cameras that gave a frame), analysed, expected (seconds / interval, of each), on_time (analysed /
expected), latency_ms p50/p95 (frame taken -> message ready), cpu_s (of this process while it was measured), cpu_ms_per_analysis,
rss_mb (largest), objects and groups an analysis.
"""
import argparse
import base64
import json
import math
import os
import resource
import threading
import time

os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")
import cv2  # noqa: E402  (reads the variable above)
import numpy as np  # noqa: E402
import onnxruntime as ort  # noqa: E402

COCO = "person bicycle car motorcycle airplane bus train truck boat traffic_light fire_hydrant stop_sign".split()
WANTED = {0, 1, 2, 3, 5, 7, 9, 11}
MAX_OBJECTS = 200
GROUP_DISTANCE_PX = 150
GROUP_MEMBERS = 2
CROP_MARGIN_PX = 12
JPEG_QUALITY = 80
RECONNECT_SECONDS = 0.2
SETTLE_SECONDS = 20
GREY = 114


class Detector:
    """One session that all cameras share, one run at a time."""

    def __init__(self, path, threads, conf, iou, size):
        options = ort.SessionOptions()
        if threads:
            options.intra_op_num_threads = threads
        self.session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        given = self.session.get_inputs()[0]
        self.name, self.conf, self.iou = given.name, conf, iou
        fixed = isinstance(given.shape[2], int)
        self.h, self.w = (given.shape[2], given.shape[3]) if fixed else (int(v) for v in size.split("x"))
        self.lock = threading.Lock()

    def __call__(self, img):
        x, place = self.letterbox(img)
        return self.objects(self.run(x), img.shape[:2], place)

    def letterbox(self, img):
        h, w = img.shape[:2]
        r = min(self.h / h, self.w / w)
        nw, nh = round(w * r), round(h * r)
        ox, oy = (self.w - nw) // 2, (self.h - nh) // 2
        x = np.full((self.h, self.w, 3), GREY, np.uint8)
        x[oy : oy + nh, ox : ox + nw] = cv2.resize(img, (nw, nh))
        return np.ascontiguousarray(x[:, :, ::-1].transpose(2, 0, 1)[None].astype(np.float32) / 255), (r, ox, oy)

    def run(self, x):
        with self.lock:
            return self.session.run(None, {self.name: x})[0][0]

    def objects(self, y, size, place):
        (h, w), (r, ox, oy) = size, place
        scores = y[4:].T
        cls = scores.argmax(1)
        best = scores[np.arange(len(cls)), cls]
        keep = best > self.conf
        box, best, cls = y[:4].T[keep], best[keep], cls[keep]
        left, top = (box[:, 0] - box[:, 2] / 2 - ox) / r, (box[:, 1] - box[:, 3] / 2 - oy) / r
        xywh = np.stack([left, top, box[:, 2] / r, box[:, 3] / r], 1)
        found = []
        for c in set(cls.tolist()) & WANTED:
            idx = np.where(cls == c)[0]
            for k in np.array(cv2.dnn.NMSBoxes(xywh[idx].tolist(), best[idx].tolist(), self.conf, self.iou)).flatten():
                a, b, ww, hh = (float(v) for v in xywh[idx[k]])
                bbox = [max(0, a), max(0, b), min(w, a + ww), min(h, b + hh)]
                found.append({"class": COCO[c], "confidence": float(best[idx[k]]), "bbox": bbox})
        return found[:MAX_OBJECTS]


def groups(objects):
    """Connected components of boxes whose centres are near each other."""
    parent = list(range(len(objects)))

    def root(i):
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    boxes = [o["bbox"] for o in objects]
    centre = [((b[0] + b[2]) / 2, (b[1] + b[3]) / 2) for b in boxes]
    for i in range(len(objects)):
        for j in range(i + 1, len(objects)):
            dx, dy = centre[i][0] - centre[j][0], centre[i][1] - centre[j][1]
            if dx * dx + dy * dy <= GROUP_DISTANCE_PX * GROUP_DISTANCE_PX:
                parent[root(j)] = root(i)
    sets = {}
    for i in range(len(objects)):
        sets.setdefault(root(i), []).append(i)
    found = []
    for members in sorted((m for m in sets.values() if len(m) >= GROUP_MEMBERS), key=lambda m: m[0]):
        b = np.array([boxes[m] for m in members])
        bbox = [float(b[:, 0].min()), float(b[:, 1].min()), float(b[:, 2].max()), float(b[:, 3].max())]
        found.append({"groupIndex": len(found) + 1, "memberIndices": members, "bbox": bbox})
    return found


def jpeg(img):
    return base64.b64encode(cv2.imencode(".jpg", img, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1]).decode()


def draw(img, objects):
    drawn = img.copy()
    for o in objects:
        x1, y1, x2, y2 = (int(v) for v in o["bbox"])
        cv2.rectangle(drawn, (x1, y1), (x2, y2), (0, 255, 0), 2)
        cv2.putText(drawn, f'{o["class"]} {o["confidence"]:.2f}', (x1, y1 - 4), 0, 0.5, (0, 255, 0), 1)
    return drawn


def message(img, detector):
    objects = detector(img)
    found = groups(objects)
    h, w = img.shape[:2]
    m = CROP_MARGIN_PX
    crops = []
    for g in found:
        x1, y1, x2, y2 = (int(v) for v in g["bbox"])
        crop = img[max(0, y1 - m) : min(h, y2 + m), max(0, x1 - m) : min(w, x2 + m)]
        crops.append({"groupIndex": g["groupIndex"], "imageBase64": jpeg(crop)})
    drawn = draw(img, objects)
    text = json.dumps({"detectedObjects": objects, "trafficGroups": found, "groupImages": crops,
                       "frame": jpeg(drawn), "rawFrame": jpeg(img), "imageWidth": w, "imageHeight": h})
    return objects, found, text


class Results:
    """What one camera's analyses came to."""

    def __init__(self):
        self.clear()

    def clear(self):
        self.latency_ms, self.objects, self.groups = [], 0, 0

    def analyse(self, img, detector):
        taken = time.monotonic()
        objects, found, _ = message(img, detector)
        self.latency_ms.append((time.monotonic() - taken) * 1000)
        self.objects += len(objects)
        self.groups += len(found)


class Camera(threading.Thread):
    def __init__(self, url, detector, interval, stop):
        super().__init__(daemon=True)
        self.url, self.detector, self.interval, self.stopped = url, detector, interval, stop
        self.results, self.first = Results(), None

    def run(self):
        cap = cv2.VideoCapture(self.url, cv2.CAP_FFMPEG)
        cap.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        due = 0.0
        while not self.stopped.is_set():
            ok, img = cap.read()
            if not ok:
                cap.release()
                time.sleep(RECONNECT_SECONDS)
                cap = cv2.VideoCapture(self.url, cv2.CAP_FFMPEG)
                continue
            now = time.monotonic()
            self.first = self.first or now
            if now < due:
                continue
            due = max(due + self.interval, now) if due else now + self.interval
            self.results.analyse(img, self.detector)


def run_frames(options, detector):
    """As many frames of a file as asked for, as fast as they go."""
    cap, results = cv2.VideoCapture(options.url), Results()
    before = resource.getrusage(resource.RUSAGE_SELF)
    while len(results.latency_ms) < options.frames:
        ok, img = cap.read()
        if ok:
            results.analyse(img, detector)
        elif not cap.set(cv2.CAP_PROP_POS_FRAMES, 0):
            raise SystemExit(f"cannot read {options.url}")
    return [results], 1, len(results.latency_ms), before


def run_cameras(options, detector):
    stop = threading.Event()
    urls = [options.url.replace("{n}", str(number)) for number in range(1, options.cameras + 1)]
    cameras = [Camera(url, detector, options.interval, stop) for url in urls]
    # As real cameras: their keyframes and due times do not fall together.
    for camera in cameras:
        camera.start()
        time.sleep(options.interval / len(cameras))
    settled_by = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < settled_by and not all(camera.first for camera in cameras):
        time.sleep(0.05)
    time.sleep(options.interval)
    for camera in cameras:
        camera.results.clear()
    before = resource.getrusage(resource.RUSAGE_SELF)
    time.sleep(options.seconds)
    stop.set()
    connected = sum(1 for camera in cameras if camera.first)
    expected = round(connected * options.seconds / options.interval)
    return [camera.results for camera in cameras], connected, expected, before


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--url", required=True)
    parser.add_argument("--cameras", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--interval", type=float, default=1.8)
    parser.add_argument("--frames", type=int, default=0)
    parser.add_argument("--threads", type=int, default=0, help="of one run of the model; 0: as ONNX Runtime likes")
    parser.add_argument("--conf", type=float, default=0.35)
    parser.add_argument("--iou", type=float, default=0.5)
    parser.add_argument("--size", default="384x640", help="input HxW of a model with free size")
    return parser.parse_args()


def main():
    options = arguments()
    detector = Detector(options.model, options.threads, options.conf, options.iou, options.size)
    results, connected, expected, before = (run_frames if options.frames else run_cameras)(options, detector)
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    latency = sorted(ms for one in results for ms in one.latency_ms)
    analysed = len(latency)
    each = max(1, analysed)

    def percentile(share):
        return round(latency[math.floor(analysed * share)], 1) if analysed else None

    print(json.dumps({
        "cameras": options.cameras,
        "connected": connected,
        "analysed": analysed,
        "expected": expected,
        "on_time": round(analysed / max(1, expected), 3),
        "latency_ms": {"p50": percentile(0.5), "p95": percentile(0.95)},
        "cpu_s": round(cpu_s, 2),
        "cpu_ms_per_analysis": round(cpu_s * 1000 / each, 1),
        "rss_mb": round(after.ru_maxrss / 1024),
        "objects": round(sum(one.objects for one in results) / each, 2),
        "groups": round(sum(one.groups for one in results) / each, 2),
    }), flush=True)
    # The cameras' threads sit in blocking reads that nothing ends.
    os._exit(0)


if __name__ == "__main__":
    main()
