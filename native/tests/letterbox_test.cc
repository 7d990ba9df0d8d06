#include "image/letterbox.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "tests/support/cases.h"
#include "tests/support/picture.h"

using namespace roadwatch;

TEST_CASE("the tensor is NumPy's, at every size, subsampling, matrix and range") {
  const int cases = ForEachCase("letterbox", [](std::istringstream& words) {
    const auto seed = Read<uint32_t>(words);
    const int width = Read<int>(words);
    const int height = Read<int>(words);
    const int shiftX = Read<int>(words);
    const int shiftY = Read<int>(words);
    const bool full = Read<int>(words) != 0;
    const bool hd = Read<int>(words) != 0;
    const int inputHeight = Read<int>(words);
    const int inputWidth = Read<int>(words);

    Draw draw(30000 + seed);
    // The first draws chose the size, where it was not fixed.
    if (seed >= 8) {
      draw.Integer(300);
      draw.Integer(300);
    }
    Picture picture(width, height, shiftX, shiftY);
    for (auto& plane : picture.planes) {
      for (uint8_t& sample : plane) sample = static_cast<uint8_t>(draw.Integer(256));
    }
    PlanarFrame view = picture.View();
    view.matrix = hd ? ColorMatrix::kBt709 : ColorMatrix::kBt601;
    view.range = full ? ColorRange::kFull : ColorRange::kLimited;

    std::vector<float> tensor(static_cast<size_t>(3 * inputHeight * inputWidth), -1.0F);
    Letterbox().Run(view, FitLetterbox(width, height, {inputHeight, inputWidth}), tensor);
    CAPTURE(seed);
    for (int i = 0; i < 100; ++i) {
      const float value = tensor[static_cast<size_t>(draw.Integer(static_cast<int>(tensor.size())))];
      REQUIRE(std::abs(value - Read<float>(words)) < 2e-6F);
    }
  });
  CHECK(cases == 160);
}

TEST_CASE("the input follows the picture's shape in whole strides") {
  CHECK(ChooseInputSize(1920, 1080, 640, 32) == InputSize{384, 640});
  CHECK(ChooseInputSize(1280, 720, 640, 32) == InputSize{384, 640});
  CHECK(ChooseInputSize(768, 576, 640, 32) == InputSize{480, 640});
  CHECK(ChooseInputSize(1080, 1920, 640, 32) == InputSize{640, 384});
  CHECK(ChooseInputSize(500, 500, 640, 32) == InputSize{640, 640});
  CHECK(ChooseInputSize(1, 1, 640, 32) == InputSize{640, 640});
  CHECK(ChooseInputSize(10000, 10, 640, 32) == InputSize{32, 640});
}

TEST_CASE("the picture is scaled to fit, centred, and finds its way back") {
  const LetterboxGeometry geometry = FitLetterbox(1280, 720, {384, 640});
  CHECK(geometry.scaledWidthPx == 640);
  CHECK(geometry.scaledHeightPx == 360);
  CHECK(geometry.offsetXPx == 0);
  CHECK(geometry.offsetYPx == 12);
  CHECK(geometry.SourceX(320) == 640.0F);
  CHECK(geometry.SourceY(12) == 0.0F);
  CHECK(geometry.SourceY(372) == 720.0F);
}

TEST_CASE("halving through libyuv is to the bit the general way's result") {
  Draw draw(1);
  Picture large(128, 64, 0, 0);
  for (auto& plane : large.planes) {
    for (uint8_t& sample : plane) sample = static_cast<uint8_t>(draw.Integer(256));
  }
  // Full-range luma with neutral chroma is the grey level itself.
  std::fill(large.planes[1].begin(), large.planes[1].end(), uint8_t{128});
  std::fill(large.planes[2].begin(), large.planes[2].end(), uint8_t{128});
  PlanarFrame view = large.View();
  view.range = ColorRange::kFull;
  std::vector<float> tensor(3 * 32 * 64);
  Letterbox().Run(view, FitLetterbox(128, 64, {32, 64}), tensor);
  for (size_t y = 0; y < 32; ++y) {
    for (size_t x = 0; x < 64; ++x) {
      const auto at = [&](size_t dx, size_t dy) {
        return int{large.planes[0][(2 * y + dy) * 128 + 2 * x + dx]};
      };
      const int mean = (at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1) + 2) / 4;
      REQUIRE(tensor[y * 64 + x] == static_cast<float>(mean) * (1.0F / 255.0F));
    }
  }
}

TEST_CASE("a picture of one colour stays that colour, with grey around it") {
  Picture picture(37, 91, 1, 1);
  std::fill(picture.planes[0].begin(), picture.planes[0].end(), uint8_t{235});
  std::vector<float> tensor(3 * 64 * 64, -1.0F);
  const LetterboxGeometry geometry = FitLetterbox(37, 91, {64, 64});
  Letterbox().Run(picture.View(), geometry, tensor);
  for (int y = 0; y < 64; ++y) {
    for (int x = 0; x < 64; ++x) {
      const bool inside = x >= geometry.offsetXPx && x < geometry.offsetXPx + geometry.scaledWidthPx &&
                          y >= geometry.offsetYPx && y < geometry.offsetYPx + geometry.scaledHeightPx;
      const float expected = inside ? 1.0F : 114.0F / 255.0F;
      REQUIRE(tensor[static_cast<size_t>(y * 64 + x)] == doctest::Approx(expected).epsilon(1e-6));
    }
  }
}

TEST_CASE("very large and very small pictures fit") {
  for (const auto& [width, height] : {std::pair{7680, 4320}, {1, 1}, {1, 4000}, {4001, 3}}) {
    Picture picture(width, height, 1, 1);
    const InputSize input = ChooseInputSize(width, height, 640, 32);
    std::vector<float> tensor(static_cast<size_t>(3 * input.heightPx * input.widthPx), -1.0F);
    Letterbox().Run(picture.View(), FitLetterbox(width, height, input), tensor);
    CHECK(std::none_of(tensor.begin(), tensor.end(), [](float value) { return value < 0 || value > 1; }));
  }
}
