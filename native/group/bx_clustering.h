#pragma once

#include <span>
#include <vector>

#include "detect/box.h"

namespace roadwatch {

/// Road users close to each other.
struct Group {
  std::vector<int> members;  ///< indices into the boxes, ascending
  Box bounds;                ///< union of the members' boxes; confidence is their mean, classId is -1
};

/// A whole-pixel rectangle inside a picture: [x, x + width) by [y, y + height).
struct PixelRect {
  int x = 0;
  int y = 0;
  int widthPx = 0;
  int heightPx = 0;
};

/// Bounding-box clustering: two boxes are joined when the Euclidean distance between their centres is at most
/// `distancePx` (in double: dx * dx + dy * dy <= distancePx * distancePx); a group is a connected component
/// with at least `minMembers`; groups come in the order of their first member. A box with a coordinate that
/// is not finite joins nothing, and so does a distance that is negative or NaN.
std::vector<Group> ClusterBoxes(std::span<const Box> boxes, float distancePx, int minMembers);

/// The group's box widened to whole pixels and by `marginPx` on each side, and cut at the edge of a picture
/// of `widthPx` by `heightPx` (at least 1 by 1). Holds at least one pixel, wherever the box lies.
PixelRect CropRect(const Box& bounds, int marginPx, int widthPx, int heightPx);

}  // namespace roadwatch
