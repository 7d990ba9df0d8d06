#include "detect/nms.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "tests/support/cases.h"

using namespace roadwatch;

namespace {

const std::vector<int> kRivals{0, 1, 2, 1, 4, 2, 6, 2, 8, 9};

bool Same(const Box& a, const Box& b) {
  return a.x1 == b.x1 && a.y1 == b.y1 && a.x2 == b.x2 && a.y2 == b.y2 && a.confidence == b.confidence &&
         a.classId == b.classId;
}

}  // namespace

TEST_CASE("suppression keeps what NumPy keeps, in its order") {
  const int cases = ForEachCase("nms", [](std::istringstream& words) {
    const auto seed = Read<uint32_t>(words);
    const int count = Read<int>(words);
    const int extent = Read<int>(words);
    const bool spoiled = Read<int>(words) != 0;
    const auto threshold = Read<float>(words);
    const int limit = Read<int>(words);
    Draw draw(seed);
    std::vector<Box> boxes = DrawBoxes(draw, count, extent, spoiled);
    if (seed % 7 == 3 && count > 1) {
      for (Box& box : boxes) {
        box.x1 = boxes[0].x1;
        box.y1 = boxes[0].y1;
        box.x2 = boxes[0].x2;
        box.y2 = boxes[0].y2;
      }
    }
    const std::vector<Box> kept = NonMaxSuppression(boxes, kRivals, threshold, limit);
    CAPTURE(seed);
    REQUIRE(kept.size() == Read<size_t>(words));
    for (const Box& box : kept) REQUIRE(Same(box, boxes[Read<size_t>(words)]));
  });
  CHECK(cases == 202);
}

TEST_CASE("what is kept has no rivals that overlap, and is kept again") {
  for (uint32_t seed = 0; seed < 100; ++seed) {
    Draw draw(seed);
    const auto kept = NonMaxSuppression(DrawBoxes(draw, 150, 400, false), kRivals, 0.4F, 1000);
    for (size_t i = 0; i < kept.size(); ++i) {
      for (size_t k = i + 1; k < kept.size(); ++k) {
        const bool rivals =
            kRivals[static_cast<size_t>(kept[i].classId)] == kRivals[static_cast<size_t>(kept[k].classId)];
        if (rivals) REQUIRE(IntersectionOverUnion(kept[i], kept[k]) <= 0.4F);
      }
    }
    const auto again = NonMaxSuppression(kept, kRivals, 0.4F, 1000);
    REQUIRE(again.size() == kept.size());
    REQUIRE(std::equal(kept.begin(), kept.end(), again.begin(), Same));
  }
}

TEST_CASE("intersection over union is symmetric, 1 of a box with itself, 0 of what does not touch") {
  const Box a{0, 0, 10, 10, 1, 0};
  const Box half{0, 0, 10, 5, 1, 0};
  CHECK(IntersectionOverUnion(a, a) == 1.0F);
  CHECK(IntersectionOverUnion(a, half) == 0.5F);
  CHECK(IntersectionOverUnion(half, a) == 0.5F);
  CHECK(IntersectionOverUnion(a, {10, 0, 20, 10, 1, 0}) == 0.0F);
  CHECK(IntersectionOverUnion({5, 5, 5, 5, 1, 0}, {5, 5, 5, 5, 1, 0}) == 0.0F);
}

TEST_CASE("a class that nobody knows is dropped") {
  const std::vector<Box> boxes{{0, 0, 1, 1, 0.9F, 10}, {0, 0, 1, 1, 0.9F, -1}, {0, 0, 1, 1, 0.5F, 3}};
  REQUIRE(NonMaxSuppression(boxes, kRivals, 0.5F, 10).size() == 1);
}

TEST_CASE("boxes of different scores may come in any order") {
  Draw draw(3);
  std::vector<Box> boxes = DrawBoxes(draw, 200, 400, false);
  for (size_t i = 0; i < boxes.size(); ++i) boxes[i].confidence = static_cast<float>(i) / 256.0F;
  const auto before = NonMaxSuppression(boxes, kRivals, 0.4F, 1000);
  std::reverse(boxes.begin(), boxes.end());
  const auto after = NonMaxSuppression(boxes, kRivals, 0.4F, 1000);
  REQUIRE(before.size() < boxes.size());
  CHECK(std::equal(before.begin(), before.end(), after.begin(), after.end(), Same));
}
