#include "image/draw.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace roadwatch {
Canvas::Canvas(const PlanarFrame& f) : frame_(f) {
  const size_t ySize = static_cast<size_t>(f.widthPx) * static_cast<size_t>(f.heightPx);
  const size_t cSize = static_cast<size_t>(f.ChromaWidthPx()) * static_cast<size_t>(f.ChromaHeightPx());
  memory_.resize(ySize + 2 * cSize);
  uint8_t* at = memory_.data();
  for (size_t i = 0; i < 3; ++i) {
    const int w = i ? f.ChromaWidthPx() : f.widthPx, h = i ? f.ChromaHeightPx() : f.heightPx;
    for (int y = 0; y < h; ++y)
      std::memcpy(at + static_cast<size_t>(y) * static_cast<size_t>(w),
                  f.planes[i] + static_cast<ptrdiff_t>(y) * f.strides[i], static_cast<size_t>(w));
    frame_.planes[i] = at;
    frame_.strides[i] = w;
    at += static_cast<size_t>(w) * static_cast<size_t>(h);
  }
}
PlanarFrame Canvas::View() const { return frame_; }
void Canvas::DrawDetections(std::span<const Box> objects, std::span<const Group>,
                            std::span<const std::string>) {
  auto hline = [&](int x1, int x2, int y) {
    for (int x = std::max(0, x1); x <= std::min(frame_.widthPx - 1, x2); ++x)
      if (y >= 0 && y < frame_.heightPx)
        memory_[static_cast<size_t>(y) * static_cast<size_t>(frame_.widthPx) + static_cast<size_t>(x)] = 235;
  };
  for (const Box& b : objects) {
    const int x1 = static_cast<int>(b.x1), y1 = static_cast<int>(b.y1), x2 = static_cast<int>(b.x2),
              y2 = static_cast<int>(b.y2);
    hline(x1, x2, y1);
    hline(x1, x2, y2);
    for (int y = y1; y <= y2; ++y) {
      hline(x1, x1, y);
      hline(x2, x2, y);
    }
  }
}
}  // namespace roadwatch
