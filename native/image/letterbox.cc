#include "image/letterbox.h"

#include <libyuv.h>

#include <algorithm>
#include <cmath>

namespace roadwatch {

namespace {

/// Grey around the picture, as YOLO-style training has it.
constexpr float kPadding = 114.0F / 255.0F;
/// Positions between samples, and their weights, are in 1/256.
constexpr int kSteps = 256;

int RoundedToStride(int lengthPx, int stridePx) { return (lengthPx + stridePx - 1) / stridePx * stridePx; }

int ScaledLength(int lengthPx, double ratio) {
  return std::max(1, static_cast<int>(std::floor(lengthPx * ratio + 0.5)));
}

/// Two source rows blended: (256 - w) * a + w * b, which fits 16 bits.
void BlendRows(const uint8_t* a, const uint8_t* b, int weight, int count, uint16_t* row) {
  for (int x = 0; x < count; ++x) row[x] = static_cast<uint16_t>((kSteps - weight) * a[x] + weight * b[x]);
}

/// The gain of each colour channel: r = y + rv * v, g = y - gu * u - gv * v, b = y + bu * u.
struct ColorGains {
  float black = 0;
  float luma = 1;
  float rv = 0;
  float gu = 0;
  float gv = 0;
  float bu = 0;
};

/// From a matrix's red and blue weights (ITU-R BT.601 and BT.709).
ColorGains GainsOf(const PlanarFrame& frame) {
  const bool hd = frame.matrix == ColorMatrix::kBt709;
  const double kr = hd ? 0.2126 : 0.299;
  const double kb = hd ? 0.0722 : 0.114;
  const double kg = 1 - kr - kb;
  const bool full = frame.range == ColorRange::kFull;
  const double chroma = full ? 1.0 : 255.0 / 224.0;
  ColorGains gains;
  gains.black = full ? 0.0F : 16.0F;
  gains.luma = full ? 1.0F : static_cast<float>(255.0 / 219.0);
  gains.rv = static_cast<float>(2 * (1 - kr) * chroma);
  gains.gu = static_cast<float>(2 * kb * (1 - kb) / kg * chroma);
  gains.gv = static_cast<float>(2 * kr * (1 - kr) / kg * chroma);
  gains.bu = static_cast<float>(2 * (1 - kb) * chroma);
  return gains;
}

float ToUnit(float value) { return std::min(std::max(value, 0.0F), 255.0F) * (1.0F / 255.0F); }

/// One row of planar YUV to planar RGB. Three plain loops: each is vectorised.
void ConvertRow(const uint8_t* __restrict luma, const uint8_t* __restrict u, const uint8_t* __restrict v,
                int count, const ColorGains& gains, float* __restrict red, float* __restrict green,
                float* __restrict blue) {
  const ColorGains k = gains;
  for (int x = 0; x < count; ++x) {
    const float y = (static_cast<float>(luma[x]) - k.black) * k.luma;
    red[x] = ToUnit(y + k.rv * (static_cast<float>(v[x]) - 128.0F));
  }
  for (int x = 0; x < count; ++x) {
    const float y = (static_cast<float>(luma[x]) - k.black) * k.luma;
    green[x] =
        ToUnit(y - k.gu * (static_cast<float>(u[x]) - 128.0F) - k.gv * (static_cast<float>(v[x]) - 128.0F));
  }
  for (int x = 0; x < count; ++x) {
    const float y = (static_cast<float>(luma[x]) - k.black) * k.luma;
    blue[x] = ToUnit(y + k.bu * (static_cast<float>(u[x]) - 128.0F));
  }
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

void Letterbox::Taps::Prepare(int sourcePx, int scaledPx) {
  if (source == sourcePx && scaled == scaledPx) return;
  source = sourcePx;
  scaled = scaledPx;
  first.resize(static_cast<size_t>(scaledPx));
  weight.resize(static_cast<size_t>(scaledPx));
  const int64_t last = (int64_t{sourcePx} - 1) * kSteps;
  for (int i = 0; i < scaledPx; ++i) {
    // Centres of samples lie at half steps, of the source as of the scaled plane.
    const int64_t position = (2 * int64_t{i} + 1) * sourcePx * (kSteps / 2) / scaledPx - kSteps / 2;
    const int64_t inside = std::clamp<int64_t>(position, 0, last);
    first[static_cast<size_t>(i)] = static_cast<int32_t>(inside / kSteps);
    weight[static_cast<size_t>(i)] = static_cast<int32_t>(inside % kSteps);
  }
}

Letterbox::Plane Letterbox::Scale(const Plane& source, int widthPx, int heightPx,
                                  std::vector<uint8_t>& memory) {
  if (source.widthPx == widthPx && source.heightPx == heightPx) return source;
  memory.resize(static_cast<size_t>(widthPx) * static_cast<size_t>(heightPx));
  const bool halved = source.widthPx == 2 * widthPx && source.heightPx == 2 * heightPx;
  if (halved) {
    // The mean of four, rounded half up: to the bit what the general way gives.
    libyuv::ScalePlane(source.samples, source.strideBytes, source.widthPx, source.heightPx, memory.data(),
                       widthPx, widthPx, heightPx, libyuv::kFilterBox);
  } else {
    ScaleBilinear(source, widthPx, heightPx, memory.data());
  }
  return {memory.data(), widthPx, widthPx, heightPx};
}

void Letterbox::ScaleBilinear(const Plane& source, int widthPx, int heightPx, uint8_t* scaled) {
  across_.Prepare(source.widthPx, widthPx);
  down_.Prepare(source.heightPx, heightPx);
  // One more than there are samples: the last one's neighbour has no weight, but is read.
  row_.resize(static_cast<size_t>(source.widthPx) + 1);
  const int32_t* first = across_.first.data();
  const int32_t* weights = across_.weight.data();
  for (int y = 0; y < heightPx; ++y, scaled += widthPx) {
    const int top = down_.first[static_cast<size_t>(y)];
    const int weight = down_.weight[static_cast<size_t>(y)];
    BlendRows(source.Row(top), source.Row(weight == 0 ? top : top + 1), weight, source.widthPx, row_.data());
    const uint16_t* row = row_.data();
    for (int x = 0; x < widthPx; ++x) {
      const auto across = static_cast<uint32_t>(weights[x]);
      const uint32_t sum = (kSteps - across) * row[first[x]] + across * row[first[x] + 1];
      scaled[x] = static_cast<uint8_t>((sum + kSteps * kSteps / 2) / (kSteps * kSteps));
    }
  }
}

void Letterbox::Run(const PlanarFrame& frame, const LetterboxGeometry& geometry, std::span<float> tensor) {
  const int width = geometry.scaledWidthPx;
  const int height = geometry.scaledHeightPx;
  const int chromaWidth = frame.ChromaWidthPx();
  const int chromaHeight = frame.ChromaHeightPx();
  const Plane luma =
      Scale({frame.planes[0], frame.strides[0], frame.widthPx, frame.heightPx}, width, height, luma_);
  const Plane u =
      Scale({frame.planes[1], frame.strides[1], chromaWidth, chromaHeight}, width, height, chromaU_);
  const Plane v =
      Scale({frame.planes[2], frame.strides[2], chromaWidth, chromaHeight}, width, height, chromaV_);

  FillPadding(geometry, tensor);
  const ColorGains gains = GainsOf(frame);
  const size_t planeSize = tensor.size() / 3;
  for (int y = 0; y < height; ++y) {
    float* red = tensor.data() +
                 static_cast<size_t>(geometry.offsetYPx + y) * static_cast<size_t>(geometry.input.widthPx) +
                 static_cast<size_t>(geometry.offsetXPx);
    ConvertRow(luma.Row(y), u.Row(y), v.Row(y), width, gains, red, red + planeSize, red + 2 * planeSize);
  }
}

}  // namespace roadwatch
