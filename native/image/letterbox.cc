#include "image/letterbox.h"

#include <algorithm>
#include <cmath>

#include "image/yuv_to_rgb.h"

namespace roadwatch {

namespace {

/// Grey around the picture, as YOLO-style training has it.
constexpr float kPadding = 114.0F / 255.0F;

int RoundedToStride(int lengthPx, int stridePx) { return (lengthPx + stridePx - 1) / stridePx * stridePx; }

int ScaledLength(int lengthPx, double ratio) {
  return std::max(1, static_cast<int>(std::floor(lengthPx * ratio + 0.5)));
}

/// The grey frame around the picture; the picture's own place is written anyway.
void FillPadding(const LetterboxGeometry& geometry, std::span<float> tensor) {
  const auto width = static_cast<size_t>(geometry.input.widthPx);
  const auto height = static_cast<size_t>(geometry.input.heightPx);
  const auto left = static_cast<size_t>(geometry.offsetXPx);
  const auto right = left + static_cast<size_t>(geometry.scaledWidthPx);
  const auto top = static_cast<size_t>(geometry.offsetYPx);
  const auto bottom = top + static_cast<size_t>(geometry.scaledHeightPx);
  for (size_t channel = 0; channel < 3; ++channel) {
    float* plane = tensor.data() + channel * width * height;
    std::fill(plane, plane + top * width, kPadding);
    std::fill(plane + bottom * width, plane + height * width, kPadding);
    for (size_t y = top; y < bottom; ++y) {
      std::fill(plane + y * width, plane + y * width + left, kPadding);
      std::fill(plane + y * width + right, plane + (y + 1) * width, kPadding);
    }
  }
}

}  // namespace

InputSize ChooseInputSize(int sourceWidthPx, int sourceHeightPx, int longSidePx, int stridePx) {
  const double ratio = static_cast<double>(longSidePx) / std::max(sourceWidthPx, sourceHeightPx);
  return {RoundedToStride(ScaledLength(sourceHeightPx, ratio), stridePx),
          RoundedToStride(ScaledLength(sourceWidthPx, ratio), stridePx)};
}

LetterboxGeometry FitLetterbox(int sourceWidthPx, int sourceHeightPx, InputSize input) {
  const double ratio = std::min(static_cast<double>(input.heightPx) / sourceHeightPx,
                                static_cast<double>(input.widthPx) / sourceWidthPx);
  LetterboxGeometry geometry;
  geometry.input = input;
  geometry.sourceWidthPx = sourceWidthPx;
  geometry.sourceHeightPx = sourceHeightPx;
  geometry.scaledWidthPx = std::min(input.widthPx, ScaledLength(sourceWidthPx, ratio));
  geometry.scaledHeightPx = std::min(input.heightPx, ScaledLength(sourceHeightPx, ratio));
  geometry.offsetXPx = (input.widthPx - geometry.scaledWidthPx) / 2;
  geometry.offsetYPx = (input.heightPx - geometry.scaledHeightPx) / 2;
  return geometry;
}

void Letterbox::Run(const PlanarFrame& frame, const LetterboxGeometry& geometry, std::span<float> tensor) {
  const int width = geometry.scaledWidthPx;
  const int height = geometry.scaledHeightPx;
  const int chromaWidth = frame.ChromaWidthPx();
  const int chromaHeight = frame.ChromaHeightPx();
  luma_.Begin({frame.planes[0], frame.strides[0], frame.widthPx, frame.heightPx}, width, height);
  u_.Begin({frame.planes[1], frame.strides[1], chromaWidth, chromaHeight}, width, height);
  v_.Begin({frame.planes[2], frame.strides[2], chromaWidth, chromaHeight}, width, height);

  FillPadding(geometry, tensor);
  const YuvToRgb toRgb(frame.matrix, frame.range);
  const size_t planeSize = tensor.size() / 3;
  for (int y = 0; y < height; ++y) {
    float* red = tensor.data() +
                 static_cast<size_t>(geometry.offsetYPx + y) * static_cast<size_t>(geometry.input.widthPx) +
                 static_cast<size_t>(geometry.offsetXPx);
    toRgb.ConvertRow(luma_.Row(y), u_.Row(y), v_.Row(y), width, red, red + planeSize, red + 2 * planeSize);
  }
}

}  // namespace roadwatch
