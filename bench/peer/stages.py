#!/usr/bin/env python3
"""Each step of the peer's analysis alone, one thread each: prints the mean milliseconds as JSON.

  stages.py --model M.onnx --clip clip.mp4
"""
import argparse
import json
import time

import cv2

from baseline import Detector, draw, groups, jpeg

LONG_ENOUGH_S = 0.7


def mean_ms(call):
    call()
    start, calls = time.perf_counter(), 0
    while time.perf_counter() - start < LONG_ENOUGH_S:
        call()
        calls += 1
    return round((time.perf_counter() - start) * 1000 / calls, 3)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--clip", required=True)
    parser.add_argument("--size", default="384x640")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    detector = Detector(options.model, 1, 0.35, 0.5, options.size)
    # One thread decodes: what is wanted is work, not waiting.
    cap = cv2.VideoCapture(options.clip, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    frame_ms = mean_ms(lambda: cap.read()[0] or cap.set(cv2.CAP_PROP_POS_FRAMES, 0))
    cap.set(cv2.CAP_PROP_POS_FRAMES, 0)
    _, img = cap.read()
    x, place = detector.letterbox(img)
    y = detector.run(x)
    objects = detector.objects(y, img.shape[:2], place)
    print(json.dumps({
        "frame_ms": frame_ms,
        "letterbox_ms": mean_ms(lambda: detector.letterbox(img)),
        "model_ms": mean_ms(lambda: detector.run(x)),
        "postprocess_ms": mean_ms(lambda: groups(detector.objects(y, img.shape[:2], place))),
        "raw_jpeg_ms": mean_ms(lambda: jpeg(img)),
        "drawn_jpeg_ms": mean_ms(lambda: jpeg(draw(img, objects))),
    }))


if __name__ == "__main__":
    main()
