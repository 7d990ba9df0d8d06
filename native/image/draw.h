#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "detect/box.h"
#include "group/bx_clustering.h"
#include "image/planar_frame.h"

namespace roadwatch {

/// A picture of our own that can be drawn on: a copy of a frame's planes. Used by one thread.
class Canvas {
 public:
  explicit Canvas(const PlanarFrame& frame);
  /// Valid as long as the canvas.
  const PlanarFrame& View() const { return frame_; }

  /// What has been drawn on, inside the picture. Some parts may lie in others.
  std::span<const PixelRect> touched() const { return touched_; }

  /// Draws each object's box with its class name and confidence in per cent, and each group's bounds in
  /// dashes; line width and text size follow the picture's size. Whatever lies outside the picture is cut.
  void DrawDetections(std::span<const Box> objects, std::span<const Group> groups,
                      std::span<const std::string> classNames);

 private:
  struct Color {
    uint8_t y = 0;
    uint8_t u = 0;
    uint8_t v = 0;
  };
  static Color ColorOf(int classId);
  void DrawOutline(const Box& box, const Color& color, int dashPx);
  void DrawLabel(const Box& box, const std::string& text, const Color& color);
  void DrawText(int x, int y, const std::string& text, const Color& color);
  /// [x1, x2) by [y1, y2), cut at the edges; `Paint` without noting it.
  void FillRect(int x1, int y1, int x2, int y2, const Color& color);
  void Paint(const PixelRect& rect, const Color& color);
  PixelRect Inside(int x1, int y1, int x2, int y2) const;
  uint8_t* Plane(size_t index) { return memory_.get() + offsets_[index]; }

  PlanarFrame frame_;
  std::unique_ptr<uint8_t[]> memory_;
  std::array<size_t, 3> offsets_{};
  std::vector<PixelRect> touched_;
  int unitPx_ = 1;  ///< the width of the thinnest line
};

}  // namespace roadwatch
