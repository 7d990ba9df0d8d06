#include "image/plane_scaler.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/support/cases.h"

using namespace roadwatch;

namespace {

/// Samples with a gap behind each row, as decoders leave it.
struct Samples {
  Samples(int widthPx_, int heightPx_, uint32_t seed) : widthPx(widthPx_), heightPx(heightPx_) {
    Draw draw(seed);
    bytes.resize(static_cast<size_t>(heightPx * strideBytes()));
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(draw.Integer(256));
  }
  int strideBytes() const { return widthPx + 5; }
  PlaneView View() const { return {bytes.data(), strideBytes(), widthPx, heightPx}; }
  int At(int x, int y) const { return bytes[static_cast<size_t>(y * strideBytes() + x)]; }

  int widthPx;
  int heightPx;
  std::vector<uint8_t> bytes;
};

struct Position {
  int first;
  int second;
  int weight;
};

Position PositionOf(int i, int source, int scaled) {
  const int position = std::clamp((2 * i + 1) * source * 128 / scaled - 128, 0, (source - 1) * 256);
  return {position / 256, std::min(position / 256 + 1, source - 1), position % 256};
}

/// The formula of docs/letterbox.md for one sample, as it stands there.
int Expected(const Samples& source, int x, int y, int scaledWidthPx, int scaledHeightPx) {
  const Position across = PositionOf(x, source.widthPx, scaledWidthPx);
  const Position down = PositionOf(y, source.heightPx, scaledHeightPx);
  const auto row = [&](int at) {
    return (256 - across.weight) * source.At(across.first, at) + across.weight * source.At(across.second, at);
  };
  return ((256 - down.weight) * row(down.first) + down.weight * row(down.second) + 32768) / 65536;
}

}  // namespace

TEST_CASE("every ratio gives the documented samples, those with a way of their own too") {
  struct Ratio {
    int sourceWidthPx, sourceHeightPx, scaledWidthPx, scaledHeightPx;
  };
  const Ratio ratios[] = {
      {64, 36, 64, 36},   // equal: no copy
      {64, 36, 32, 18},   // half: libyuv
      {96, 54, 32, 18},   // a third: the middle samples
      {64, 36, 64, 18},   // down alone
      {64, 36, 32, 36},   // across alone
      {48, 27, 32, 18},   // 3 : 2
      {128, 72, 32, 18},  // a quarter
      {16, 9, 64, 36},    // up
      {32, 18, 37, 5},   {1, 1, 32, 18}, {1, 40, 1, 3}, {40, 1, 3, 1}, {77, 53, 31, 30}, {255, 3, 2, 3},
  };
  PlaneScaler scaler;
  for (const Ratio& ratio : ratios) {
    const Samples source(ratio.sourceWidthPx, ratio.sourceHeightPx, 7);
    scaler.Begin(source.View(), ratio.scaledWidthPx, ratio.scaledHeightPx);
    CAPTURE(ratio.sourceWidthPx);
    CAPTURE(ratio.scaledWidthPx);
    for (int y = 0; y < ratio.scaledHeightPx; ++y) {
      const uint8_t* row = scaler.Row(y);
      for (int x = 0; x < ratio.scaledWidthPx; ++x) {
        REQUIRE(int{row[x]} == Expected(source, x, y, ratio.scaledWidthPx, ratio.scaledHeightPx));
      }
    }
  }
}

TEST_CASE("rows that need no scaling are the source's own") {
  const Samples source(20, 10, 1);
  PlaneScaler scaler;
  scaler.Begin(source.View(), 20, 10);
  CHECK(scaler.Row(3) == source.View().Row(3));
}
