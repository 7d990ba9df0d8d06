#include "detect/yolov8_decoder.h"
#include <cmath>
namespace roadwatch {
void DecodeYolov8(std::span<const float> output, int classes, int anchors, float thr,
                  std::span<const unsigned char> allowed, std::vector<Box>& boxes) {
  const auto n = static_cast<size_t>(anchors);
  std::vector<float> best(n, -1.0F);
  std::vector<int> id(n, -1);
  for (int c = 0; c < classes; ++c) {
    const float* row = output.data() + (static_cast<size_t>(c) + 4) * n;
    for (size_t a = 0; a < n; ++a)
      if (row[a] > best[a]) {
        best[a] = row[a];
        id[a] = c;
      }
  }
  for (size_t a = 0; a < n; ++a) {
    if (!(best[a] > thr) || id[a] < 0 || !allowed[static_cast<size_t>(id[a])]) continue;
    const float cx = output[a], cy = output[n + a], w = output[2 * n + a], h = output[3 * n + a];
    if (!std::isfinite(cx) || !std::isfinite(cy) || !std::isfinite(w) || !std::isfinite(h)) continue;
    boxes.push_back({cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2, best[a], id[a]});
  }
}
}  // namespace roadwatch
