#include "detect/cpu_backend.h"

#include <doctest/doctest.h>

#include <vector>

#include "error.h"
#include "tests/support/vision_options.h"

using namespace roadwatch;

namespace {

constexpr int kRows = 5;

/// [rows, anchors] from one row an anchor: cx, cy, w, h, score.
std::vector<float> OutputOf(const std::vector<std::vector<float>>& anchors) {
  std::vector<float> output;
  for (size_t row = 0; row < kRows; ++row) {
    for (const auto& anchor : anchors) output.push_back(anchor[row]);
  }
  return output;
}

}  // namespace

TEST_CASE("boxes come back in source pixels, cut at the picture's edge, and grouped there") {
  CpuBackend backend(OneClassVision());
  // 1280x720 at half its size, 12 rows of grey above and below.
  const LetterboxGeometry geometry = FitLetterbox(1280, 720, {384, 640});
  const std::vector<float> output = OutputOf(
      {{100, 112, 40, 20, 0.6F}, {10, 14, 40, 40, 0.9F}, {140, 112, 40, 20, 0.7F}, {300, 300, 9, 9, 0.3F}});
  const VisionResult result = backend.Postprocess(output, kRows, 4, geometry, {});

  REQUIRE(result.objects.size() == 3);
  const Box& corner = result.objects[0];
  CHECK(corner.x1 == 0);
  CHECK(corner.y1 == 0);
  CHECK(corner.x2 == 60);
  CHECK(corner.y2 == 44);
  const Box& right = result.objects[1];
  CHECK(right.x1 == 240);
  CHECK(right.y1 == 180);
  CHECK(right.x2 == 320);
  CHECK(right.y2 == 220);
  // 40 px apart in the input are 80 in the picture: near enough for 150, as the corner is not.
  REQUIRE(result.groups.size() == 1);
  CHECK(result.groups[0].members == std::vector<int>{1, 2});
}

TEST_CASE("what stands outside the zones is neither reported nor joined to a group") {
  CpuBackend backend(OneClassVision());
  const LetterboxGeometry geometry = FitLetterbox(640, 360, {384, 640});
  // Three in a row, 100 px apart: the one in the middle joins the others.
  const std::vector<float> output =
      OutputOf({{100, 112, 40, 20, 0.9F}, {200, 112, 40, 20, 0.8F}, {300, 112, 40, 20, 0.7F}});
  const VisionResult all = backend.Postprocess(output, kRows, 3, geometry, {});
  REQUIRE(all.groups.size() == 1);
  CHECK(all.groups[0].members == std::vector<int>{0, 1, 2});
  const std::vector<ZonePoint> middle{{0.25, 0}, {0.4, 0}, {0.4, 1}, {0.25, 1}};
  const ZoneFilter withoutMiddle({{ZoneKind::kIgnore, middle}});
  const VisionResult rest = backend.Postprocess(output, kRows, 3, geometry, withoutMiddle);
  REQUIRE(rest.objects.size() == 2);
  CHECK(rest.objects[0].x1 == 80);
  CHECK(rest.objects[1].x1 == 280);
  CHECK(rest.groups.empty());
}

TEST_CASE("nothing found is an empty result, and one call leaves nothing to the next") {
  CpuBackend backend(OneClassVision());
  const LetterboxGeometry geometry = FitLetterbox(640, 360, {384, 640});
  const std::vector<float> one = OutputOf({{100, 100, 40, 20, 0.6F}});
  CHECK(backend.Postprocess(one, kRows, 1, geometry, {}).objects.size() == 1);
  CHECK(backend.Postprocess(one, kRows, 1, geometry, {}).objects.size() == 1);
  CHECK(backend.Postprocess({}, kRows, 0, geometry, {}).objects.empty());
}

TEST_CASE("an output of another shape is refused with what was expected") {
  CpuBackend backend(OneClassVision());
  const LetterboxGeometry geometry = FitLetterbox(640, 360, {384, 640});
  const std::vector<float> values(12);
  CHECK_THROWS_WITH_AS(backend.Postprocess(values, 6, 2, geometry, {}),
                       "expected the model's output to be [5, anchors], received 12 values as [6, 2]", Error);
  CHECK_THROWS_AS(backend.Postprocess(values, kRows, 2, geometry, {}), Error);
}
