#pragma once

#include <span>
#include <vector>

#include "detect/box.h"

namespace roadwatch {

/// Intersection over union of two boxes; 0 where the union is empty.
float IntersectionOverUnion(const Box& a, const Box& b);

/// Greedy non-maximum suppression. Boxes compete when `rivalOfClass` gives both classes the same number
/// (identity: class-wise NMS; car, bus and truck mapped together: one label a vehicle). Among competitors the
/// more confident wins and suppresses those whose IoU with it is greater than `iouThreshold`; of equals, the
/// earlier. Returns at most `maxObjects`, most confident first (equals in input order). Boxes with a value
/// that is not finite, or a class outside `rivalOfClass`, are dropped.
std::vector<Box> NonMaxSuppression(std::span<const Box> boxes, std::span<const int> rivalOfClass,
                                   float iouThreshold, int maxObjects);

}  // namespace roadwatch
