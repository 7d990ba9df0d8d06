#include <algorithm>
#include <utility>

#include "detect/nms.h"
#include "detect/vision_backend.h"
#include "detect/yolov8_decoder.h"

namespace roadwatch {
namespace {
Box ToSource(const Box& box, const LetterboxGeometry& geometry) {
  const auto w = static_cast<float>(geometry.sourceWidthPx);
  const auto h = static_cast<float>(geometry.sourceHeightPx);
  Box source = box;
  source.x1 = std::clamp(geometry.SourceX(box.x1), 0.0F, w);
  source.x2 = std::clamp(geometry.SourceX(box.x2), 0.0F, w);
  source.y1 = std::clamp(geometry.SourceY(box.y1), 0.0F, h);
  source.y2 = std::clamp(geometry.SourceY(box.y2), 0.0F, h);
  return source;
}
class CpuBackend final : public VisionBackend {
 public:
  explicit CpuBackend(VisionOptions options) : options_(std::move(options)) {}
  void LetterboxInto(const PlanarFrame& frame, const LetterboxGeometry& geometry,
                     std::span<float> tensor) override {
    letterbox_.Run(frame, geometry, tensor);
  }
  VisionResult Postprocess(std::span<const float> output, int, int anchors,
                           const LetterboxGeometry& geometry) override {
    candidates_.clear();
    DecodeYolov8(output, options_.classes, anchors, options_.confidence, options_.allowed, candidates_);
    VisionResult result;
    result.objects = NonMaxSuppression(candidates_, options_.rivalOfClass, options_.iou, options_.maxObjects);
    for (Box& box : result.objects) box = ToSource(box, geometry);
    result.groups = ClusterBoxes(result.objects, options_.groupDistancePx, options_.minGroupMembers);
    return result;
  }

 private:
  const VisionOptions options_;
  Letterbox letterbox_;
  std::vector<Box> candidates_;
};
}  // namespace
std::unique_ptr<VisionBackend> MakeCpuBackend(VisionOptions options) {
  return std::make_unique<CpuBackend>(std::move(options));
}
}  // namespace roadwatch
