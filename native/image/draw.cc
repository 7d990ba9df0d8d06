#include "image/draw.h"

#include <libyuv.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "image/font.h"

namespace roadwatch {

namespace {

/// At this width, lines are one pixel thin.
constexpr int kWidthPerUnitPx = 640;
constexpr int kLineUnits = 2;
constexpr int kDashUnits = 8;
constexpr int kTextPaddingUnits = 2;
/// Classes are coloured in turn, in limited-range YUV: green, cyan, amber, orange, violet, rose.
constexpr size_t kColors = 6;

int WholePixel(float position) { return static_cast<int>(std::lround(std::clamp(position, -1e6F, 1e6F))); }

}  // namespace

Canvas::Canvas(const PlanarFrame& frame)
    : frame_(frame), unitPx_(std::max(1, frame.widthPx / kWidthPerUnitPx)) {
  const auto size = [](int width, int height) {
    return static_cast<size_t>(width) * static_cast<size_t>(height);
  };
  const size_t chroma = size(frame.ChromaWidthPx(), frame.ChromaHeightPx());
  const size_t luma = size(frame.widthPx, frame.heightPx);
  offsets_ = {0, luma, luma + chroma};
  memory_ = std::make_unique_for_overwrite<uint8_t[]>(luma + 2 * chroma);
  for (size_t i = 0; i < 3; ++i) {
    const int width = i == 0 ? frame.widthPx : frame.ChromaWidthPx();
    const int height = i == 0 ? frame.heightPx : frame.ChromaHeightPx();
    libyuv::CopyPlane(frame.planes[i], frame.strides[i], Plane(i), width, width, height);
    frame_.planes[i] = Plane(i);
    frame_.strides[i] = width;
  }
}

void Canvas::DrawDetections(std::span<const Box> objects, std::span<const Group> groups,
                            std::span<const std::string> classNames) {
  constexpr Color kGroup{125, 110, 190};
  for (const Group& group : groups) DrawOutline(group.bounds, kGroup, kDashUnits * unitPx_);
  for (const Box& object : objects) {
    const Color color = ColorOf(object.classId);
    DrawOutline(object, color, 0);
    const auto id = static_cast<size_t>(object.classId);
    const bool named = object.classId >= 0 && id < classNames.size();
    const long percent = std::lround(object.confidence * 100);
    DrawLabel(object, (named ? classNames[id] + " " : "") + std::to_string(percent), color);
  }
}

Canvas::Color Canvas::ColorOf(int classId) {
  constexpr std::array<Color, kColors> kPalette{
      {{173, 105, 66}, {171, 150, 62}, {178, 52, 152}, {156, 58, 178}, {150, 170, 132}, {140, 120, 180}}};
  return kPalette[static_cast<size_t>(std::max(0, classId)) % kColors];
}

void Canvas::DrawOutline(const Box& box, const Color& color, int dashPx) {
  const int x1 = WholePixel(box.x1);
  const int y1 = WholePixel(box.y1);
  const int x2 = WholePixel(box.x2);
  const int y2 = WholePixel(box.y2);
  const int line = kLineUnits * unitPx_;
  // Only what can be seen is walked, however large the box.
  const int step = dashPx > 0 ? dashPx : std::max({1, x2 - x1, y2 - y1});
  for (int x = std::max(x1, -step); x<std::min(x2, frame_.widthPx); x += dashPx> 0 ? 2 * step : step) {
    FillRect(x, y1, std::min(x + step, x2), y1 + line, color);
    FillRect(x, y2 - line, std::min(x + step, x2), y2, color);
  }
  for (int y = std::max(y1, -step); y<std::min(y2, frame_.heightPx); y += dashPx> 0 ? 2 * step : step) {
    FillRect(x1, y, x1 + line, std::min(y + step, y2), color);
    FillRect(x2 - line, y, x2, std::min(y + step, y2), color);
  }
}

void Canvas::DrawLabel(const Box& box, const std::string& text, const Color& color) {
  constexpr Color kInk{16, 128, 128};
  const int padding = kTextPaddingUnits * unitPx_;
  const int height = kGlyphHeightPx * unitPx_ + 2 * padding;
  const int width = static_cast<int>(text.size()) * (kGlyphWidthPx + 1) * unitPx_ + 2 * padding - unitPx_;
  const int x = WholePixel(box.x1);
  // Above the box, or inside it where there is no room above.
  const int above = WholePixel(box.y1) - height;
  const int y = above < 0 ? WholePixel(box.y1) : above;
  FillRect(x, y, x + width, y + height, color);
  DrawText(x + padding, y + padding, text, kInk);
}

void Canvas::DrawText(int x, int y, const std::string& text, const Color& color) {
  for (const char character : text) {
    const Glyph& glyph = GlyphOf(character);
    for (int row = 0; row < kGlyphHeightPx; ++row) {
      for (int column = 0; column < kGlyphWidthPx; ++column) {
        const bool ink = ((glyph.rows[static_cast<size_t>(row)] >> (kGlyphWidthPx - 1 - column)) & 1) != 0;
        if (!ink) continue;
        const int left = x + column * unitPx_;
        const int top = y + row * unitPx_;
        // Within its label, which is noted already.
        Paint(Inside(left, top, left + unitPx_, top + unitPx_), color);
      }
    }
    x += (kGlyphWidthPx + 1) * unitPx_;
  }
}

PixelRect Canvas::Inside(int x1, int y1, int x2, int y2) const {
  const int left = std::max(x1, 0);
  const int top = std::max(y1, 0);
  return {left, top, std::min(x2, frame_.widthPx) - left, std::min(y2, frame_.heightPx) - top};
}

void Canvas::FillRect(int x1, int y1, int x2, int y2, const Color& color) {
  const PixelRect rect = Inside(x1, y1, x2, y2);
  if (rect.widthPx <= 0 || rect.heightPx <= 0) return;
  touched_.push_back(rect);
  Paint(rect, color);
}

void Canvas::Paint(const PixelRect& rect, const Color& color) {
  if (rect.widthPx <= 0 || rect.heightPx <= 0) return;
  const std::array<uint8_t, 3> values{color.y, color.u, color.v};
  const int lastX = rect.x + rect.widthPx - 1;
  const int lastY = rect.y + rect.heightPx - 1;
  for (size_t i = 0; i < 3; ++i) {
    const int shiftX = i == 0 ? 0 : frame_.chromaShiftX;
    const int shiftY = i == 0 ? 0 : frame_.chromaShiftY;
    const int left = rect.x >> shiftX;
    const auto width = static_cast<size_t>((lastX >> shiftX) - left + 1);
    for (int y = rect.y >> shiftY; y <= lastY >> shiftY; ++y) {
      std::memset(Plane(i) + static_cast<ptrdiff_t>(y) * frame_.strides[i] + left, values[i], width);
    }
  }
}

}  // namespace roadwatch
