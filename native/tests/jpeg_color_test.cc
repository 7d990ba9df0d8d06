#include "image/jpeg_color.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "tests/support/cases.h"
#include "tests/support/picture.h"

using namespace roadwatch;

namespace {

struct Yuv {
  double y = 0;
  double u = 0;
  double v = 0;
};

/// From any matrix and range to full-range BT.601 by way of RGB, as the standards define them.
Yuv Expected(const Yuv& from, ColorMatrix matrix, ColorRange range) {
  const double kr = matrix == ColorMatrix::kBt709 ? 0.2126 : 0.299;
  const double kb = matrix == ColorMatrix::kBt709 ? 0.0722 : 0.114;
  const bool full = range == ColorRange::kFull;
  const double y = full ? from.y : (from.y - 16) * 255 / 219;
  const double u = (from.u - 128) * (full ? 1.0 : 255.0 / 224);
  const double v = (from.v - 128) * (full ? 1.0 : 255.0 / 224);
  const double red = y + 2 * (1 - kr) * v;
  const double blue = y + 2 * (1 - kb) * u;
  const double green = (y - kr * red - kb * blue) / (1 - kr - kb);
  const double luma = 0.299 * red + 0.587 * green + 0.114 * blue;
  return {luma, 128 + (blue - luma) / (2 * (1 - 0.114)), 128 + (red - luma) / (2 * (1 - 0.299))};
}

bool IsNear(uint8_t sample, double expected) {
  return std::abs(sample - std::clamp(expected, 0.0, 255.0)) <= 0.52;
}

void Fill(Picture& picture, uint32_t seed) {
  Draw draw(seed);
  for (auto& plane : picture.planes) {
    for (uint8_t& sample : plane) sample = static_cast<uint8_t>(draw.Integer(256));
  }
}

}  // namespace

TEST_CASE("colours become JPEG's, rounded to the nearest") {
  for (const auto& [shiftX, shiftY] : {std::pair{1, 1}, {1, 0}, {0, 0}}) {
    for (const ColorMatrix matrix : {ColorMatrix::kBt601, ColorMatrix::kBt709}) {
      for (const ColorRange range : {ColorRange::kLimited, ColorRange::kFull}) {
        Picture picture(53, 35, shiftX, shiftY);
        Fill(picture, 5);
        PlanarFrame frame = picture.View();
        frame.matrix = matrix;
        frame.range = range;
        JpegColor color;
        const PlanarFrame converted = color.Convert(frame);
        CHECK(converted.matrix == ColorMatrix::kBt601);
        CHECK(converted.range == ColorRange::kFull);
        for (int y = 0; y < 35; ++y) {
          for (int x = 0; x < 53; ++x) {
            const int cx = x >> shiftX;
            const int cy = y >> shiftY;
            const Yuv from{double(frame.Row(0, y)[x]), double(frame.Row(1, cy)[cx]),
                           double(frame.Row(2, cy)[cx])};
            const Yuv expected = Expected(from, matrix, range);
            REQUIRE(IsNear(converted.Row(0, y)[x], expected.y));
            REQUIRE(IsNear(converted.Row(1, cy)[cx], expected.u));
            REQUIRE(IsNear(converted.Row(2, cy)[cx], expected.v));
          }
        }
      }
    }
  }
}

TEST_CASE("a frame in JPEG's colours is taken as it is, its odd edges continued in a copy") {
  JpegColor color;
  const Picture even(20, 10, 1, 1);
  PlanarFrame frame = even.View();
  frame.range = ColorRange::kFull;
  CHECK(color.Convert(frame).planes == frame.planes);

  Picture odd(3, 3, 1, 1);
  Fill(odd, 9);
  frame = odd.View();
  frame.range = ColorRange::kFull;
  const PlanarFrame whole = color.Convert(frame);
  CHECK(whole.widthPx == 3);
  REQUIRE(whole.strides[0] == 4);
  for (int y = 0; y < 4; ++y) {
    for (int x = 0; x < 4; ++x) CHECK(whole.Row(0, y)[x] == frame.Row(0, std::min(y, 2))[std::min(x, 2)]);
  }
}
