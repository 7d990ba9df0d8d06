#include "group/bx_clustering.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>

namespace roadwatch {

namespace {

/// A box's centre in double, where neither the sum nor the difference of two of them is rounded noticeably.
struct Centre {
  double x = 0;
  double y = 0;
  size_t box = 0;
};

bool IsFinite(const Box& box) {
  return std::isfinite(box.x1) && std::isfinite(box.y1) && std::isfinite(box.x2) && std::isfinite(box.y2);
}

/// The centres of all finite boxes, from left to right.
std::vector<Centre> SortedCentres(std::span<const Box> boxes) {
  std::vector<Centre> centres;
  centres.reserve(boxes.size());
  for (size_t i = 0; i < boxes.size(); ++i) {
    const Box& box = boxes[i];
    if (!IsFinite(box)) continue;
    centres.push_back({(double{box.x1} + double{box.x2}) / 2, (double{box.y1} + double{box.y2}) / 2, i});
  }
  std::sort(centres.begin(), centres.end(), [](const Centre& a, const Centre& b) { return a.x < b.x; });
  return centres;
}

/// Disjoint sets of boxes, each represented by its lowest index.
class DisjointSets {
 public:
  explicit DisjointSets(size_t size) : parent_(size) { std::iota(parent_.begin(), parent_.end(), size_t{0}); }

  size_t Find(size_t item) {
    while (parent_[item] != item) {
      parent_[item] = parent_[parent_[item]];
      item = parent_[item];
    }
    return item;
  }

  void Join(size_t a, size_t b) {
    const auto [low, high] = std::minmax({Find(a), Find(b)});
    parent_[high] = low;
  }

 private:
  std::vector<size_t> parent_;
};

/// Joins every two boxes that are near each other. From left to right, so that each is compared only with
/// those that are near it across.
void JoinNeighbours(const std::vector<Centre>& centres, double distancePx, DisjointSets& sets) {
  const double limit = distancePx * distancePx;
  for (size_t i = 0; i < centres.size(); ++i) {
    for (size_t k = i + 1; k < centres.size(); ++k) {
      const double dx = centres[k].x - centres[i].x;
      if (dx * dx > limit) break;
      const double dy = centres[k].y - centres[i].y;
      if (dx * dx + dy * dy <= limit) sets.Join(centres[i].box, centres[k].box);
    }
  }
}

/// The union of the members' boxes with their mean confidence.
Box BoundsOf(std::span<const Box> boxes, const std::vector<int>& members) {
  Box bounds = boxes[static_cast<size_t>(members.front())];
  double confidences = 0;
  for (const int member : members) {
    const Box& box = boxes[static_cast<size_t>(member)];
    bounds.x1 = std::min(bounds.x1, box.x1);
    bounds.y1 = std::min(bounds.y1, box.y1);
    bounds.x2 = std::max(bounds.x2, box.x2);
    bounds.y2 = std::max(bounds.y2, box.y2);
    confidences += double{box.confidence};
  }
  bounds.confidence = static_cast<float>(confidences / static_cast<double>(members.size()));
  bounds.classId = -1;
  return bounds;
}

/// A rounded coordinate, kept within [lowest, highest] whatever it is.
int WholePixel(double rounded, int lowest, int highest) {
  if (!(rounded > lowest)) return lowest;
  return rounded < highest ? static_cast<int>(rounded) : highest;
}

}  // namespace

std::vector<Group> ClusterBoxes(std::span<const Box> boxes, float distancePx, int minMembers) {
  const std::vector<Centre> centres = SortedCentres(boxes);
  DisjointSets sets(boxes.size());
  if (distancePx >= 0) JoinNeighbours(centres, double{distancePx}, sets);

  std::vector<std::vector<int>> membersOf(boxes.size());
  for (size_t i = 0; i < boxes.size(); ++i) membersOf[sets.Find(i)].push_back(static_cast<int>(i));
  std::vector<Group> groups;
  for (std::vector<int>& members : membersOf) {
    if (members.empty() || std::cmp_less(members.size(), minMembers)) continue;
    const Box bounds = BoundsOf(boxes, members);
    groups.push_back({std::move(members), bounds});
  }
  return groups;
}

PixelRect CropRect(const Box& bounds, int marginPx, int widthPx, int heightPx) {
  const int left = WholePixel(std::floor(double{bounds.x1}) - marginPx, 0, widthPx - 1);
  const int top = WholePixel(std::floor(double{bounds.y1}) - marginPx, 0, heightPx - 1);
  const int right = WholePixel(std::ceil(double{bounds.x2}) + marginPx, left + 1, widthPx);
  const int bottom = WholePixel(std::ceil(double{bounds.y2}) + marginPx, top + 1, heightPx);
  return {left, top, right - left, bottom - top};
}

}  // namespace roadwatch
