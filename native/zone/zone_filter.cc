#include "zone/zone_filter.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace roadwatch {

namespace {

bool IsBetween(double value, double one, double other) {
  return value >= std::min(one, other) && value <= std::max(one, other);
}

/// Positive where the way from `from` over `to` to `point` turns to the right (y grows downwards).
double Turn(ZonePoint from, ZonePoint to, ZonePoint point) {
  return (to.x - from.x) * (point.y - from.y) - (to.y - from.y) * (point.x - from.x);
}

}  // namespace

/// Counts the edges that a ray from the point to the right crosses (M. Shimrat, Algorithm 112, 1962). An edge
/// has its upper end, not its lower one: so each corner is counted once.
bool Contains(std::span<const ZonePoint> corners, ZonePoint point) {
  if (!std::isfinite(point.x) || !std::isfinite(point.y)) return false;
  bool inside = false;
  for (size_t i = 0; i < corners.size(); ++i) {
    const ZonePoint from = corners[i];
    const ZonePoint to = corners[(i + 1) % corners.size()];
    const double turn = Turn(from, to, point);
    if (turn == 0 && IsBetween(point.x, from.x, to.x) && IsBetween(point.y, from.y, to.y)) return true;
    const bool crossesRow = (from.y > point.y) != (to.y > point.y);
    if (crossesRow && (turn > 0) == (to.y > from.y)) inside = !inside;
  }
  return inside;
}

ZoneFilter::ZoneFilter(std::vector<Zone> zones)
    : zones_(std::move(zones)), includes_(std::any_of(zones_.begin(), zones_.end(), [](const Zone& zone) {
        return zone.kind == ZoneKind::kInclude;
      })) {}

bool ZoneFilter::Keeps(const Box& box, int widthPx, int heightPx) const {
  const ZonePoint ground{(double{box.x1} + double{box.x2}) / 2 / widthPx, double{box.y2} / heightPx};
  bool included = !includes_;
  for (const Zone& zone : zones_) {
    if (included && zone.kind == ZoneKind::kInclude) continue;
    if (!Contains(zone.corners, ground)) continue;
    if (zone.kind == ZoneKind::kIgnore) return false;
    included = true;
  }
  return included;
}

}  // namespace roadwatch
