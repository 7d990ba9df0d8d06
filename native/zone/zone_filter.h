#pragma once

#include <span>
#include <vector>

#include "detect/box.h"

namespace roadwatch {

/// A place in a picture of any size: 0 to 1 from its left and from its top edge.
struct ZonePoint {
  double x = 0;
  double y = 0;
};

enum class ZoneKind {
  kInclude,  ///< road users count only where there is such a zone
  kIgnore    ///< they do not count here, whatever includes them
};

/// A polygon on a camera's picture. Its edges may cross each other (even-odd rule).
struct Zone {
  ZoneKind kind = ZoneKind::kInclude;
  std::vector<ZonePoint> corners;
};

/// Whether a point lies in a polygon, by the even-odd rule; its edges belong to it. A polygon without corners
/// holds nothing, and nothing holds a point that is not finite.
bool Contains(std::span<const ZonePoint> corners, ZonePoint point);

/// Which road users of a camera count. A box stands where its ground point is: the middle of its lower edge,
/// which is where a person's feet and a vehicle's wheels are. Immutable, so shared by threads.
class ZoneFilter {
 public:
  ZoneFilter() = default;
  explicit ZoneFilter(std::vector<Zone> zones);

  /// `box` in pixels of a picture of `widthPx` by `heightPx` (at least 1 by 1). It is kept where some zone
  /// includes its ground point, or there is none that includes; and no zone ignores it.
  bool Keeps(const Box& box, int widthPx, int heightPx) const;

 private:
  std::vector<Zone> zones_;
  bool includes_ = false;  ///< at least one zone does
};

}  // namespace roadwatch
