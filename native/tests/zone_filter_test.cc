#include "zone/zone_filter.h"

#include <doctest/doctest.h>

#include <limits>

#include "tests/support/cases.h"

using namespace roadwatch;

namespace {

/// As tests/reference/native_cases.py draws them.
std::vector<ZonePoint> DrawCorners(Draw& draw, int count, int steps) {
  std::vector<ZonePoint> corners;
  for (int i = 0; i < count; ++i) {
    const double x = static_cast<double>(draw.Integer(steps + 1)) / steps;
    const double y = static_cast<double>(draw.Integer(steps + 1)) / steps;
    corners.push_back({x, y});
  }
  return corners;
}

const std::vector<ZonePoint> kLeftHalf{{0, 0}, {0.5, 0}, {0.5, 1}, {0, 1}};
const std::vector<ZonePoint> kLowerHalf{{0, 0.5}, {1, 0.5}, {1, 1}, {0, 1}};

/// On a picture of 100 by 100: where its lower edge's middle is.
Box StandingAt(float x, float y) { return {x - 10, y - 30, x + 10, y, 0.9F, 0}; }

}  // namespace

TEST_CASE("points lie in the polygons that the sum of angles says, edges included") {
  const int cases = ForEachCase("zones", [](std::istringstream& words) {
    const auto seed = Read<uint32_t>(words);
    const int steps = Read<int>(words);
    Draw draw(40000 + seed);
    const std::vector<ZonePoint> corners = DrawCorners(draw, 3 + draw.Integer(10), steps);
    REQUIRE(corners.size() == Read<size_t>(words));
    const auto points = DrawCorners(draw, 200, steps);
    const auto inside = Read<std::string>(words);
    CAPTURE(seed);
    for (size_t i = 0; i < points.size(); ++i) {
      CAPTURE(i);
      REQUIRE(Contains(corners, points[i]) == (inside[i] == '1'));
    }
  });
  CHECK(cases == 200);
}

TEST_CASE("of a camera's road users those are kept that the reference keeps") {
  const int cases = ForEachCase("zone_filter", [](std::istringstream& words) {
    const auto seed = Read<uint32_t>(words);
    Draw draw(50000 + seed);
    std::vector<Zone> zones;
    for (uint32_t i = 0; i < seed % 5; ++i) {
      const ZoneKind kind = draw.Integer(2) == 1 ? ZoneKind::kIgnore : ZoneKind::kInclude;
      zones.push_back({kind, DrawCorners(draw, 3 + draw.Integer(6), 64)});
    }
    REQUIRE(zones.size() == Read<size_t>(words));
    const ZoneFilter filter(zones);
    std::vector<int> kept;
    for (int i = 0; i < 100; ++i) {
      const auto left = static_cast<float>(draw.Integer(1000));
      const auto bottom = static_cast<float>(draw.Integer(513));
      const auto width = static_cast<float>(draw.Integer(25));
      if (filter.Keeps({left, bottom - 20, left + width, bottom, 0.5F, 0}, 1024, 512)) kept.push_back(i);
    }
    CAPTURE(seed);
    REQUIRE(kept.size() == Read<size_t>(words));
    for (const int box : kept) REQUIRE(box == Read<int>(words));
  });
  CHECK(cases == 100);
}

TEST_CASE("without zones every road user counts") {
  CHECK(ZoneFilter().Keeps(StandingAt(99, 100), 100, 100));
}

TEST_CASE("where a zone includes, only what stands in one counts; what is ignored never does") {
  const ZoneFilter left({{ZoneKind::kInclude, kLeftHalf}});
  CHECK(left.Keeps(StandingAt(30, 40), 100, 100));
  CHECK_FALSE(left.Keeps(StandingAt(70, 40), 100, 100));
  const ZoneFilter upperLeft({{ZoneKind::kInclude, kLeftHalf}, {ZoneKind::kIgnore, kLowerHalf}});
  CHECK(upperLeft.Keeps(StandingAt(30, 40), 100, 100));
  CHECK_FALSE(upperLeft.Keeps(StandingAt(30, 60), 100, 100));
  CHECK_FALSE(upperLeft.Keeps(StandingAt(70, 40), 100, 100));
  const ZoneFilter notLower({{ZoneKind::kIgnore, kLowerHalf}});
  CHECK(notLower.Keeps(StandingAt(70, 40), 100, 100));
}

TEST_CASE("the lower edge's middle decides, not what of the box reaches into a zone") {
  const ZoneFilter lower({{ZoneKind::kInclude, kLowerHalf}});
  CHECK(lower.Keeps({40, 0, 60, 51, 0.9F, 0}, 100, 100));
  CHECK_FALSE(lower.Keeps({40, 0, 60, 49, 0.9F, 0}, 100, 100));
}

TEST_CASE("a box that ends at the picture's lower edge is in a zone that does, whatever the picture's size") {
  const ZoneFilter lower({{ZoneKind::kInclude, kLowerHalf}});
  for (const int heightPx : {1, 3, 360, 577, 1080, 2159}) {
    CHECK(lower.Keeps({0, 0, 10, static_cast<float>(heightPx), 0.9F, 0}, 640, heightPx));
  }
}

TEST_CASE("what is not finite is in no zone") {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  CHECK_FALSE(Contains(kLeftHalf, {kNaN, 0.2}));
  CHECK_FALSE(Contains(kLeftHalf, {0.2, kNaN}));
  CHECK_FALSE(Contains(kLeftHalf, {-kInfinity, 0.2}));
  CHECK_FALSE(Contains({}, {0.2, 0.2}));
}
