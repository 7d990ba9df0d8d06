#include "image/jpeg_color.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "image/vectorised.h"

namespace roadwatch {

namespace {

// Factors are in 1/16384: sample * factor is then a product of two 16-bit numbers, which every vector unit
// has.
constexpr int kShift = 14;
constexpr int32_t kHalf = 1 << (kShift - 1);
constexpr int kNeutralChroma = 128;

int16_t Fixed(double factor) { return static_cast<int16_t>(std::lround(factor * (1 << kShift))); }

uint8_t ToSample(int32_t sum) {
  return static_cast<uint8_t>(std::clamp<int16_t>(static_cast<int16_t>(sum >> kShift), 0, 255));
}

/// `out` = a * factorA + b * factorB, both around neutral.
ROADWATCH_VECTORISED void MixChroma(const uint8_t* __restrict a, const uint8_t* __restrict b, int16_t factorA,
                                    int16_t factorB, int count, uint8_t* __restrict out) {
  constexpr int32_t kAddend = (kNeutralChroma << kShift) + kHalf;
  for (int x = 0; x < count; ++x) {
    const auto fromA = static_cast<int16_t>(a[x] - kNeutralChroma);
    const auto fromB = static_cast<int16_t>(b[x] - kNeutralChroma);
    out[x] = ToSample(fromA * factorA + fromB * factorB + kAddend);
  }
}

/// `out` = luma * factor + addend.
ROADWATCH_VECTORISED void ScaleLuma(const uint8_t* __restrict luma, int16_t black, int16_t factor,
                                    const int32_t* __restrict addend, int count, uint8_t* __restrict out) {
  for (int x = 0; x < count; ++x) {
    const auto above = static_cast<int16_t>(luma[x] - black);
    out[x] = ToSample(above * factor + addend[x]);
  }
}

/// Twice each value: chroma's columns to luma's.
ROADWATCH_VECTORISED void Widen(const int32_t* __restrict narrow, int count, int32_t* __restrict wide) {
  for (int x = 0; x < count; ++x) {
    wide[2 * x] = narrow[x];
    wide[2 * x + 1] = narrow[x];
  }
}

/// What chroma adds to luma, rounding included.
ROADWATCH_VECTORISED void LumaFromChroma(const uint8_t* __restrict u, const uint8_t* __restrict v,
                                         int16_t fromU, int16_t fromV, int count,
                                         int32_t* __restrict addend) {
  for (int x = 0; x < count; ++x) {
    const auto aroundU = static_cast<int16_t>(u[x] - kNeutralChroma);
    const auto aroundV = static_cast<int16_t>(v[x] - kNeutralChroma);
    addend[x] = aroundU * fromU + aroundV * fromV + kHalf;
  }
}

bool IsWhole(const PlanarFrame& frame) {
  const auto isWhole = [](int length, int shift) { return (length & ((1 << shift) - 1)) == 0; };
  return isWhole(frame.widthPx, frame.chromaShiftX) && isWhole(frame.heightPx, frame.chromaShiftY);
}

bool IsJpegColor(const PlanarFrame& frame) {
  return frame.range == ColorRange::kFull && frame.matrix == ColorMatrix::kBt601;
}

}  // namespace

/// From a frame's colours to full-range BT.601, both seen around black and neutral chroma.
struct JpegColor::Change {
  int16_t black = 0;
  int16_t luma = 0;
  int16_t lumaFromU = 0;
  int16_t lumaFromV = 0;
  int16_t uFromU = 0;
  int16_t uFromV = 0;
  int16_t vFromU = 0;
  int16_t vFromV = 0;

  explicit Change(const PlanarFrame& frame) {
    const bool limited = frame.range == ColorRange::kLimited;
    const double lumaGain = limited ? 255.0 / 219.0 : 1.0;
    const double chromaGain = limited ? 255.0 / 224.0 : 1.0;
    black = limited ? 16 : 0;
    luma = Fixed(lumaGain);
    if (frame.matrix == ColorMatrix::kBt601) {
      uFromU = vFromV = Fixed(chromaGain);
      return;
    }
    // BT.709 to RGB and RGB to BT.601, multiplied: with kr, kg, kb of ITU-R BT.709-6 and BT.601-7.
    lumaFromU = Fixed(0.101579 * chromaGain);
    lumaFromV = Fixed(0.196076 * chromaGain);
    uFromU = Fixed(0.989854 * chromaGain);
    uFromV = Fixed(-0.110653 * chromaGain);
    vFromU = Fixed(-0.072453 * chromaGain);
    vFromV = Fixed(0.983398 * chromaGain);
  }
};

PlanarFrame JpegColor::Convert(const PlanarFrame& frame) {
  if (IsJpegColor(frame) && IsWhole(frame)) return frame;
  const Change change(frame);
  const int chromaWidth = frame.ChromaWidthPx();
  const int lumaStride = chromaWidth << frame.chromaShiftX;
  ConvertChroma(frame, change);
  ConvertLuma(frame, change, lumaStride);
  PlanarFrame converted = frame;
  converted.planes = {planes_[0].data(), planes_[1].data(), planes_[2].data()};
  converted.strides = {lumaStride, chromaWidth, chromaWidth};
  converted.matrix = ColorMatrix::kBt601;
  converted.range = ColorRange::kFull;
  return converted;
}

void JpegColor::ConvertChroma(const PlanarFrame& frame, const Change& change) {
  const int width = frame.ChromaWidthPx();
  const int height = frame.ChromaHeightPx();
  const size_t size = static_cast<size_t>(width) * static_cast<size_t>(height);
  planes_[1].resize(size);
  planes_[2].resize(size);
  for (int y = 0; y < height; ++y) {
    const uint8_t* u = frame.Row(1, y);
    const uint8_t* v = frame.Row(2, y);
    const ptrdiff_t row = static_cast<ptrdiff_t>(y) * width;
    MixChroma(u, v, change.uFromU, change.uFromV, width, planes_[1].data() + row);
    MixChroma(u, v, change.vFromU, change.vFromV, width, planes_[2].data() + row);
  }
}

void JpegColor::ConvertLuma(const PlanarFrame& frame, const Change& change, int lumaStride) {
  const int paddedHeight = frame.ChromaHeightPx() << frame.chromaShiftY;
  planes_[0].resize(static_cast<size_t>(lumaStride) * static_cast<size_t>(paddedHeight));
  lumaAddend_.assign(static_cast<size_t>(lumaStride), kHalf);
  const bool mixes = change.lumaFromU != 0 || change.lumaFromV != 0;
  for (int y = 0; y < paddedHeight; ++y) {
    const int chromaRow = y >> frame.chromaShiftY;
    const bool isNewChromaRow = y == chromaRow << frame.chromaShiftY;
    if (mixes && isNewChromaRow) MixChromaIntoRow(frame, change, chromaRow);
    uint8_t* out = planes_[0].data() + static_cast<ptrdiff_t>(y) * lumaStride;
    ScaleLuma(frame.Row(0, std::min(y, frame.heightPx - 1)), change.black, change.luma, lumaAddend_.data(),
              frame.widthPx, out);
    std::fill(out + frame.widthPx, out + lumaStride, out[frame.widthPx - 1]);
  }
}

void JpegColor::MixChromaIntoRow(const PlanarFrame& frame, const Change& change, int chromaRow) {
  const int width = frame.ChromaWidthPx();
  const bool isNarrow = frame.chromaShiftX != 0;
  chromaAddend_.resize(static_cast<size_t>(width));
  int32_t* const addend = isNarrow ? chromaAddend_.data() : lumaAddend_.data();
  LumaFromChroma(frame.Row(1, chromaRow), frame.Row(2, chromaRow), change.lumaFromU, change.lumaFromV, width,
                 addend);
  if (isNarrow) Widen(addend, width, lumaAddend_.data());
}

}  // namespace roadwatch
