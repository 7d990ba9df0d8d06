#pragma once

#include <span>
#include <string>
#include <vector>

#include "detect/box.h"
#include "group/bx_clustering.h"
#include "image/planar_frame.h"

namespace roadwatch {

/// A picture of our own that can be drawn on: a copy of a frame's planes.
class Canvas {
 public:
  explicit Canvas(const PlanarFrame& frame);
  PlanarFrame View() const;

  /// Draws each object's box with its class name and confidence, and each group's bounds; line width and text
  /// size follow the picture's size. Whatever lies outside the picture is cut.
  void DrawDetections(std::span<const Box> objects, std::span<const Group> groups,
                      std::span<const std::string> classNames);

 private:
  PlanarFrame frame_;
  std::vector<uint8_t> memory_;
};

}  // namespace roadwatch
