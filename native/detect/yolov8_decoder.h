#pragma once

#include <span>
#include <vector>

#include "detect/box.h"

namespace roadwatch {

/// Reads the output of a YOLOv8-style export for one picture: `output` is [4 + classes, anchors], row-major:
/// rows 0-3 cx, cy, w, h in input pixels, then one row of scores (0..1) a class. An anchor's label is its
/// best class (the lowest id of equals; NaN scores never win); it is kept when that score is greater than
/// `confidenceThreshold` and the class is allowed (`allowed[classId] != 0`). Boxes come in anchor order.
/// Boxes with a coordinate that is not finite, or a negative size, are dropped. `boxes` is added to.
void DecodeYolov8(std::span<const float> output, int classes, int anchors, float confidenceThreshold,
                  std::span<const unsigned char> allowed, std::vector<Box>& boxes);

}  // namespace roadwatch
