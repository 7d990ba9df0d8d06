#include <doctest/doctest.h>

#include <algorithm>

#include "group/bx_clustering.h"
#include "tests/support/cases.h"

using namespace roadwatch;

TEST_CASE("groups are the ones that NumPy finds, in the order of their first member") {
  const int cases = ForEachCase("groups", [](std::istringstream& words) {
    const auto seed = Read<uint32_t>(words);
    const int count = Read<int>(words);
    const int extent = Read<int>(words);
    const bool spoiled = Read<int>(words) != 0;
    const int least = Read<int>(words);
    Draw draw(20000 + seed);
    const std::vector<Box> boxes = DrawBoxes(draw, count, extent, spoiled);
    const std::vector<Group> groups = ClusterBoxes(boxes, 150.0F, least);
    CAPTURE(seed);
    REQUIRE(groups.size() == Read<size_t>(words));
    for (const Group& group : groups) {
      REQUIRE(group.members.size() == Read<size_t>(words));
      for (const int member : group.members) REQUIRE(member == Read<int>(words));
    }
  });
  CHECK(cases == 151);
}

TEST_CASE("a group's box is the union of its members', its confidence their mean") {
  const std::vector<Box> boxes{
      {10, 20, 30, 40, 0.5F, 0}, {1000, 0, 1010, 10, 0.9F, 1}, {100, 5, 120, 60, 1.0F, 2}};
  const auto groups = ClusterBoxes(boxes, 150.0F, 2);
  REQUIRE(groups.size() == 1);
  CHECK(groups[0].members == std::vector<int>{0, 2});
  CHECK(groups[0].bounds.x1 == 10);
  CHECK(groups[0].bounds.y1 == 5);
  CHECK(groups[0].bounds.x2 == 120);
  CHECK(groups[0].bounds.y2 == 60);
  CHECK(groups[0].bounds.confidence == 0.75F);
  CHECK(groups[0].bounds.classId == -1);
}

TEST_CASE("the distance itself still joins, the next one up does not") {
  const auto at = [](float x) { return Box{x - 5, 0, x + 5, 10, 0.5F, 0}; };
  CHECK(ClusterBoxes(std::vector<Box>{at(10), at(160)}, 150.0F, 2).size() == 1);
  CHECK(ClusterBoxes(std::vector<Box>{at(10), at(160.001F)}, 150.0F, 2).empty());
}

TEST_CASE("the order of the boxes changes neither the groups nor their members") {
  for (uint32_t seed = 0; seed < 50; ++seed) {
    Draw draw(seed);
    std::vector<Box> boxes = DrawBoxes(draw, 60, 1200, false);
    const auto sizes = [](const std::vector<Box>& of) {
      std::vector<size_t> result;
      for (const Group& group : ClusterBoxes(of, 150.0F, 2)) result.push_back(group.members.size());
      std::sort(result.begin(), result.end());
      return result;
    };
    const auto before = sizes(boxes);
    std::reverse(boxes.begin(), boxes.end());
    CHECK(sizes(boxes) == before);
  }
}

TEST_CASE("a crop is widened by the margin, in whole pixels, and cut at the picture's edge") {
  const auto rect = [](const Box& box) { return CropRect(box, 12, 640, 360); };
  const PixelRect inside = rect({100.2F, 50.7F, 200.1F, 80.0F, 1, 0});
  CHECK(inside.x == 88);
  CHECK(inside.y == 38);
  CHECK(inside.x + inside.widthPx == 213);
  CHECK(inside.y + inside.heightPx == 92);
  const PixelRect edge = rect({0, 0, 640, 360, 1, 0});
  CHECK(edge.x == 0);
  CHECK(edge.y == 0);
  CHECK(edge.widthPx == 640);
  CHECK(edge.heightPx == 360);
  const PixelRect corner = rect({640, 360, 640, 360, 1, 0});
  CHECK(corner.widthPx >= 1);
  CHECK(corner.x + corner.widthPx <= 640);
}
