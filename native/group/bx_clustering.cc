#include "group/bx_clustering.h"
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
namespace roadwatch {
std::vector<Group> ClusterBoxes(std::span<const Box> boxes, float distancePx, int minMembers) {
  const size_t n = boxes.size();
  std::vector<size_t> parent(n);
  std::iota(parent.begin(), parent.end(), size_t{0});
  auto root = [&](size_t i) {
    while (parent[i] != i) {
      parent[i] = parent[parent[i]];
      i = parent[i];
    }
    return i;
  };
  for (size_t i = 0; i < n; ++i)
    for (size_t j = i + 1; j < n; ++j) {
      const double dx = (double(boxes[i].x1) + double(boxes[i].x2) - double(boxes[j].x1) -
                         double(boxes[j].x2)) /
                        2,
                   dy = (double(boxes[i].y1) + double(boxes[i].y2) - double(boxes[j].y1) -
                         double(boxes[j].y2)) /
                        2;
      if (dx * dx + dy * dy <= double(distancePx) * double(distancePx)) {
        const size_t a = root(i), b = root(j);
        parent[std::max(a, b)] = std::min(a, b);
      }
    }
  std::map<size_t, Group> sets;
  for (size_t i = 0; i < n; ++i) sets[root(i)].members.push_back(static_cast<int>(i));
  std::vector<Group> out;
  for (auto& [k, g] : sets) {
    if (static_cast<int>(g.members.size()) < minMembers) continue;
    g.bounds = boxes[static_cast<size_t>(g.members[0])];
    float sum = 0;
    for (int m : g.members) {
      const Box& b = boxes[static_cast<size_t>(m)];
      g.bounds.x1 = std::min(g.bounds.x1, b.x1);
      g.bounds.y1 = std::min(g.bounds.y1, b.y1);
      g.bounds.x2 = std::max(g.bounds.x2, b.x2);
      g.bounds.y2 = std::max(g.bounds.y2, b.y2);
      sum += b.confidence;
    }
    g.bounds.confidence = sum / static_cast<float>(g.members.size());
    g.bounds.classId = -1;
    out.push_back(std::move(g));
  }
  return out;
}
PixelRect CropRect(const Box& b, int m, int w, int h) {
  const int x1 = std::clamp(static_cast<int>(std::floor(b.x1)) - m, 0, w - 1),
            y1 = std::clamp(static_cast<int>(std::floor(b.y1)) - m, 0, h - 1);
  const int x2 = std::clamp(static_cast<int>(std::ceil(b.x2)) + m, x1 + 1, w),
            y2 = std::clamp(static_cast<int>(std::ceil(b.y2)) + m, y1 + 1, h);
  return {x1, y1, x2 - x1, y2 - y1};
}
}  // namespace roadwatch
