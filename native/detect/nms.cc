#include "detect/nms.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace roadwatch {

namespace {

float AreaOf(const Box& box) { return (box.x2 - box.x1) * (box.y2 - box.y1); }

float Overlap(const Box& a, float areaOfA, const Box& b, float areaOfB) {
  const float width = std::min(a.x2, b.x2) - std::max(a.x1, b.x1);
  const float height = std::min(a.y2, b.y2) - std::max(a.y1, b.y1);
  if (width <= 0 || height <= 0) return 0;
  const float common = width * height;
  const float together = areaOfA + areaOfB - common;
  return together > 0 ? common / together : 0;
}

bool IsFinite(const Box& box) {
  return std::isfinite(box.x1) && std::isfinite(box.y1) && std::isfinite(box.x2) && std::isfinite(box.y2) &&
         std::isfinite(box.confidence);
}

/// A box with what each comparison needs of it.
struct Competitor {
  Box box;
  float area = 0;
  int rival = 0;
};

/// Those that take part, most confident first; equals stay in input order.
std::vector<Competitor> Ranked(std::span<const Box> boxes, std::span<const int> rivalOfClass) {
  std::vector<Competitor> ranked;
  ranked.reserve(boxes.size());
  for (const Box& box : boxes) {
    if (box.classId < 0 || !std::cmp_less(box.classId, rivalOfClass.size()) || !IsFinite(box)) continue;
    ranked.push_back({box, AreaOf(box), rivalOfClass[static_cast<size_t>(box.classId)]});
  }
  std::stable_sort(ranked.begin(), ranked.end(), [](const Competitor& a, const Competitor& b) {
    return a.box.confidence > b.box.confidence;
  });
  return ranked;
}

}  // namespace

float IntersectionOverUnion(const Box& a, const Box& b) { return Overlap(a, AreaOf(a), b, AreaOf(b)); }

std::vector<Box> NonMaxSuppression(std::span<const Box> boxes, std::span<const int> rivalOfClass,
                                   float iouThreshold, int maxObjects) {
  std::vector<Competitor> kept;
  for (const Competitor& candidate : Ranked(boxes, rivalOfClass)) {
    if (std::cmp_greater_equal(kept.size(), maxObjects)) break;
    const bool suppressed = std::any_of(kept.begin(), kept.end(), [&](const Competitor& winner) {
      return winner.rival == candidate.rival &&
             Overlap(winner.box, winner.area, candidate.box, candidate.area) > iouThreshold;
    });
    if (!suppressed) kept.push_back(candidate);
  }
  std::vector<Box> objects;
  objects.reserve(kept.size());
  for (const Competitor& winner : kept) objects.push_back(winner.box);
  return objects;
}

}  // namespace roadwatch
