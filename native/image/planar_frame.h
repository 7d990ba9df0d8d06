#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace roadwatch {

enum class ColorMatrix { kBt601, kBt709 };
enum class ColorRange { kLimited, kFull };

/// A borrowed 8-bit planar YUV picture (4:2:0, 4:2:2 or 4:4:4), as decoders give it. Chroma planes are
/// ceil(width >> chromaShiftX) by ceil(height >> chromaShiftY); chroma is read as centre-sited. Strides are
/// in bytes. The memory belongs to whoever made the view and must outlive it.
struct PlanarFrame {
  std::array<const uint8_t*, 3> planes{};
  std::array<int, 3> strides{};
  int widthPx = 0;
  int heightPx = 0;
  int chromaShiftX = 1;
  int chromaShiftY = 1;
  ColorMatrix matrix = ColorMatrix::kBt601;
  ColorRange range = ColorRange::kLimited;

  int ChromaWidthPx() const { return (widthPx + (1 << chromaShiftX) - 1) >> chromaShiftX; }
  int ChromaHeightPx() const { return (heightPx + (1 << chromaShiftY) - 1) >> chromaShiftY; }
  /// The first sample of row `y` of plane 0 (Y), 1 (U) or 2 (V).
  const uint8_t* Row(size_t plane, int y) const {
    return planes[plane] + static_cast<ptrdiff_t>(y) * strides[plane];
  }
};

}  // namespace roadwatch
