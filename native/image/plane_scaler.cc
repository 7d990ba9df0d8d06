#include "image/plane_scaler.h"

#include <libyuv.h>

#include <algorithm>

#include "image/vectorised.h"

namespace roadwatch {

namespace {

/// Positions between samples, and their weights, are in 1/256.
constexpr int kSteps = 256;

/// Two rows mixed in whole: (256 - w) * a + w * b, which fits 16 bits.
ROADWATCH_VECTORISED void BlendRows(const uint8_t* __restrict a, const uint8_t* __restrict b, int weight,
                                    int count, uint16_t* __restrict out) {
  const auto weightOfB = static_cast<uint16_t>(weight);
  const auto weightOfA = static_cast<uint16_t>(kSteps - weight);
  for (int x = 0; x < count; ++x) out[x] = static_cast<uint16_t>(weightOfA * a[x] + weightOfB * b[x]);
}

/// Two rows mixed and rounded: what is left to do where no column is mixed.
ROADWATCH_VECTORISED void BlendToSamples(const uint8_t* __restrict a, const uint8_t* __restrict b, int weight,
                                         int count, uint8_t* __restrict out) {
  const auto weightOfB = static_cast<uint16_t>(weight);
  const auto weightOfA = static_cast<uint16_t>(kSteps - weight);
  for (int x = 0; x < count; ++x) {
    out[x] =
        static_cast<uint8_t>(static_cast<uint16_t>(weightOfA * a[x] + weightOfB * b[x] + kSteps / 2) >> 8);
  }
}

/// Columns of mixed rows, mixed and rounded.
ROADWATCH_VECTORISED void BlendColumns(const uint16_t* __restrict blended,
                                       const PlaneScaler::Tap* __restrict taps, int count,
                                       uint8_t* __restrict out) {
  for (int x = 0; x < count; ++x) {
    const int32_t a = blended[taps[x].first];
    const int32_t b = blended[taps[x].first + 1];
    out[x] = static_cast<uint8_t>((a * kSteps + taps[x].weight * (b - a) + kSteps * kSteps / 2) >> 16);
  }
}

}  // namespace

void PlaneScaler::Axis::Prepare(int source, int scaled) {
  if (sourcePx == source && scaledPx == scaled) return;
  sourcePx = source;
  scaledPx = scaled;
  isCopy = source == scaled;
  taps.resize(static_cast<size_t>(scaled));
  const int64_t last = (int64_t{source} - 1) * kSteps;
  for (int i = 0; i < scaled; ++i) {
    // Centres of samples lie at half steps, of the source as of the scaled plane.
    const int64_t position = (2 * int64_t{i} + 1) * source * (kSteps / 2) / scaled - kSteps / 2;
    const int64_t inside = std::clamp<int64_t>(position, 0, last);
    taps[static_cast<size_t>(i)] = {static_cast<int32_t>(inside / kSteps),
                                    static_cast<int32_t>(inside % kSteps)};
  }
  isPicks = std::all_of(taps.begin(), taps.end(), [](const Tap& tap) { return tap.weight == 0; });
}

void PlaneScaler::Begin(const PlaneView& source, int scaledWidthPx, int scaledHeightPx) {
  source_ = source;
  across_.Prepare(source.widthPx, scaledWidthPx);
  down_.Prepare(source.heightPx, scaledHeightPx);
  row_.resize(static_cast<size_t>(scaledWidthPx));
  // One more than there are samples: the last one's neighbour has no weight, but is read.
  blended_.resize(static_cast<size_t>(source.widthPx) + 1);
  isHalved_ = source.widthPx == 2 * scaledWidthPx && source.heightPx == 2 * scaledHeightPx;
  if (!isHalved_) return;
  // The mean of four, rounded half up: to the bit what the general way gives.
  halved_.resize(static_cast<size_t>(scaledWidthPx) * static_cast<size_t>(scaledHeightPx));
  libyuv::ScalePlane(source.samples, source.strideBytes, source.widthPx, source.heightPx, halved_.data(),
                     scaledWidthPx, scaledWidthPx, scaledHeightPx, libyuv::kFilterBox);
}

const uint8_t* PlaneScaler::Row(int y) {
  const int width = across_.scaledPx;
  if (isHalved_) return halved_.data() + static_cast<ptrdiff_t>(y) * width;
  const Tap down = down_.taps[static_cast<size_t>(y)];
  const uint8_t* upper = source_.Row(down.first);
  const uint8_t* lower = down.weight == 0 ? upper : source_.Row(down.first + 1);
  const Tap* taps = across_.taps.data();
  uint8_t* out = row_.data();
  if (down.weight == 0 && across_.isCopy) return upper;
  if (across_.isCopy) {
    BlendToSamples(upper, lower, down.weight, width, out);
    return out;
  }
  if (down.weight == 0 && across_.isPicks) {
    for (int x = 0; x < width; ++x) out[x] = upper[taps[x].first];
    return out;
  }
  BlendRows(upper, lower, down.weight, source_.widthPx, blended_.data());
  BlendColumns(blended_.data(), taps, width, out);
  return out;
}

}  // namespace roadwatch
