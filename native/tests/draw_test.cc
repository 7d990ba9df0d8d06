#include "image/draw.h"

#include <doctest/doctest.h>

#include "tests/support/picture.h"

using namespace roadwatch;

namespace {

const std::vector<std::string> kNames{"person", "car"};

size_t ChangedPixels(const Picture& before, const PlanarFrame& after) {
  size_t changed = 0;
  for (int y = 0; y < before.heightPx; ++y) {
    for (int x = 0; x < before.widthPx; ++x) {
      const auto i = static_cast<size_t>(y * before.widthPx + x);
      if (after.planes[0][y * after.strides[0] + x] != before.planes[0][i]) ++changed;
    }
  }
  return changed;
}

uint8_t Luma(const PlanarFrame& frame, int x, int y) { return frame.planes[0][y * frame.strides[0] + x]; }

}  // namespace

TEST_CASE("a canvas is a copy: the frame itself is left alone") {
  const Picture picture(64, 48, 1, 1);
  const Picture untouched = picture;
  Canvas canvas(picture.View());
  canvas.DrawDetections(std::vector<Box>{{10, 20, 40, 40, 0.9F, 0}}, {}, kNames);
  CHECK(picture.planes[0] == untouched.planes[0]);
  CHECK(ChangedPixels(picture, canvas.View()) > 0);
}

TEST_CASE("a box's edge is drawn where the box is, and its inside is left alone") {
  const Picture picture(200, 150, 1, 1);
  Canvas canvas(picture.View());
  canvas.DrawDetections(std::vector<Box>{{50, 60, 150, 120, 0.9F, 0}}, {}, kNames);
  for (int x = 60; x < 150; ++x) CHECK(Luma(canvas.View(), x, 119) != 128);
  for (int y = 65; y < 115; ++y) {
    CHECK(Luma(canvas.View(), 50, y) != 128);
    CHECK(Luma(canvas.View(), 149, y) != 128);
    CHECK(Luma(canvas.View(), 100, y) == 128);
  }
}

TEST_CASE("a label says what and how sure, in ink on the class's colour") {
  const Picture picture(200, 150, 1, 1);
  Canvas with(picture.View());
  with.DrawDetections(std::vector<Box>{{50, 60, 150, 120, 0.9F, 0}}, {}, kNames);
  Canvas other(picture.View());
  other.DrawDetections(std::vector<Box>{{50, 60, 150, 120, 0.8F, 0}}, {}, kNames);
  bool differs = false;
  for (int y = 40; y < 60; ++y) {
    for (int x = 50; x < 150; ++x) differs = differs || Luma(with.View(), x, y) != Luma(other.View(), x, y);
  }
  CHECK(differs);
}

TEST_CASE("whatever lies outside the picture is cut, in every subsampling") {
  for (const auto& [shiftX, shiftY] : {std::pair{1, 1}, {1, 0}, {0, 0}}) {
    const Picture picture(33, 21, shiftX, shiftY);
    Canvas canvas(picture.View());
    const std::vector<Box> boxes{
        {-50, -50, 500, 500, 1.0F, 0}, {30, 19, 33, 21, 0.5F, 1}, {40, 40, 60, 60, 0.5F, 7}};
    const std::vector<Group> groups{{{0, 1}, {-50, -50, 500, 500, 0.7F, -1}}};
    canvas.DrawDetections(boxes, groups, kNames);
    CHECK(canvas.View().widthPx == 33);
  }
}

TEST_CASE("lines grow with the picture") {
  const auto drawn = [](int width, int height) {
    const Picture picture(width, height, 1, 1);
    Canvas canvas(picture.View());
    const auto w = static_cast<float>(width);
    const auto h = static_cast<float>(height);
    canvas.DrawDetections({}, std::vector<Group>{{{0}, {w / 4, h / 4, w * 3 / 4, h * 3 / 4, 1, -1}}}, kNames);
    return static_cast<double>(ChangedPixels(picture, canvas.View())) / (w * h);
  };
  CHECK(drawn(1920, 1080) > drawn(640, 360) / 2);
}
