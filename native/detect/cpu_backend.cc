#include "detect/cpu_backend.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "detect/nms.h"
#include "detect/yolov8_decoder.h"
#include "error.h"

namespace roadwatch {

namespace {

constexpr int kGeometryRows = 4;

/// From the model's input to the source picture, cut at its edge.
Box ToSource(const Box& box, const LetterboxGeometry& geometry) {
  const auto width = static_cast<float>(geometry.sourceWidthPx);
  const auto height = static_cast<float>(geometry.sourceHeightPx);
  Box source = box;
  source.x1 = std::clamp(geometry.SourceX(box.x1), 0.0F, width);
  source.y1 = std::clamp(geometry.SourceY(box.y1), 0.0F, height);
  source.x2 = std::clamp(geometry.SourceX(box.x2), 0.0F, width);
  source.y2 = std::clamp(geometry.SourceY(box.y2), 0.0F, height);
  return source;
}

void CheckShape(std::span<const float> output, int rows, int anchors, int classes) {
  const bool fits = rows == kGeometryRows + classes && anchors >= 0 &&
                    output.size() == static_cast<size_t>(rows) * static_cast<size_t>(anchors);
  if (fits) return;
  throw Error("bad-output", "expected the model's output to be [" + std::to_string(kGeometryRows + classes) +
                                ", anchors], received " + std::to_string(output.size()) + " values as [" +
                                std::to_string(rows) + ", " + std::to_string(anchors) + "]");
}

}  // namespace

CpuBackend::CpuBackend(VisionOptions options) : options_(std::move(options)) {}

void CpuBackend::LetterboxInto(const PlanarFrame& frame, const LetterboxGeometry& geometry,
                               std::span<float> tensor) {
  letterbox_.Run(frame, geometry, tensor);
}

VisionResult CpuBackend::Postprocess(std::span<const float> output, int rows, int anchors,
                                     const LetterboxGeometry& geometry, const ZoneFilter& zones) {
  CheckShape(output, rows, anchors, options_.classes);
  candidates_.clear();
  DecodeYolov8(output, options_.classes, anchors, options_.confidence, options_.allowed, candidates_);
  VisionResult result;
  result.objects = NonMaxSuppression(candidates_, options_.rivalOfClass, options_.iou, options_.maxObjects);
  for (Box& box : result.objects) box = ToSource(box, geometry);
  std::erase_if(result.objects, [&](const Box& box) {
    return !zones.Keeps(box, geometry.sourceWidthPx, geometry.sourceHeightPx);
  });
  result.groups = ClusterBoxes(result.objects, options_.groupDistancePx, options_.minGroupMembers);
  return result;
}

std::unique_ptr<VisionBackend> MakeCpuBackend(VisionOptions options) {
  return std::make_unique<CpuBackend>(std::move(options));
}

}  // namespace roadwatch
