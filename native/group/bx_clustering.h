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
/// `distancePx`; a group is a connected component with at least `minMembers`; groups come in the order of
/// their first member. Boxes with a coordinate that is not finite join nothing.
std::vector<Group> ClusterBoxes(std::span<const Box> boxes, float distancePx, int minMembers);

/// The group's box widened by `marginPx` on each side, widened to whole pixels and cut at the picture's edge.
PixelRect CropRect(const Box& bounds, int marginPx, int widthPx, int heightPx);

}  // namespace roadwatch
