#include "detect/nms.h"
#include <algorithm>
#include <cmath>
namespace roadwatch {
float IntersectionOverUnion(const Box& a, const Box& b) {
  const float w = std::min(a.x2, b.x2) - std::max(a.x1, b.x1);
  const float h = std::min(a.y2, b.y2) - std::max(a.y1, b.y1);
  if (w <= 0 || h <= 0) return 0;
  const float inter = w * h;
  const float uni = (a.x2 - a.x1) * (a.y2 - a.y1) + (b.x2 - b.x1) * (b.y2 - b.y1) - inter;
  return uni > 0 ? inter / uni : 0;
}
std::vector<Box> NonMaxSuppression(std::span<const Box> boxes, std::span<const int> rivalOfClass, float iou,
                                   int maxObjects) {
  std::vector<Box> sorted;
  for (const Box& b : boxes) {
    if (b.classId < 0 || static_cast<size_t>(b.classId) >= rivalOfClass.size()) continue;
    if (!std::isfinite(b.x1) || !std::isfinite(b.y1) || !std::isfinite(b.x2) || !std::isfinite(b.y2) ||
        !std::isfinite(b.confidence))
      continue;
    sorted.push_back(b);
  }
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Box& a, const Box& b) { return a.confidence > b.confidence; });
  std::vector<Box> kept;
  for (const Box& b : sorted) {
    if (static_cast<int>(kept.size()) >= maxObjects) break;
    const int rival = rivalOfClass[static_cast<size_t>(b.classId)];
    bool ok = true;
    for (const Box& k : kept) {
      if (rivalOfClass[static_cast<size_t>(k.classId)] == rival && IntersectionOverUnion(k, b) > iou) {
        ok = false;
        break;
      }
    }
    if (ok) kept.push_back(b);
  }
  return kept;
}
}  // namespace roadwatch
