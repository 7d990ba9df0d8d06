#pragma once

#include <memory>
#include <span>
#include <vector>

#include "detect/box.h"
#include "group/bx_clustering.h"
#include "image/letterbox.h"
#include "zone/zone_filter.h"

namespace roadwatch {

/// What is looked for and how results are formed; sizes in source pixels.
struct VisionOptions {
  int classes = 0;
  float confidence = 0.35F;
  float iou = 0.5F;
  int maxObjects = 200;
  std::vector<unsigned char> allowed;  ///< by class id: reported or not
  std::vector<int> rivalOfClass;       ///< by class id; see NonMaxSuppression
  float groupDistancePx = 150;
  int minGroupMembers = 2;
};

struct VisionResult {
  std::vector<Box> objects;  ///< most confident first
  std::vector<Group> groups;
};

/// The seam between pictures and numbers: what happens to a frame before the model and after it. One instance
/// a thread; keeps scratch memory between calls.
class VisionBackend {
 public:
  virtual ~VisionBackend() = default;
  /// `tensor` holds exactly one picture of the geometry's input.
  virtual void LetterboxInto(const PlanarFrame& frame, const LetterboxGeometry& geometry,
                             std::span<float> tensor) = 0;
  /// `output` is one picture's [rows, anchors]. Boxes come back in source pixels, cut at the picture's edge;
  /// those that `zones` does not keep are neither reported nor grouped.
  virtual VisionResult Postprocess(std::span<const float> output, int rows, int anchors,
                                   const LetterboxGeometry& geometry, const ZoneFilter& zones) = 0;
};

std::unique_ptr<VisionBackend> MakeCpuBackend(VisionOptions options);

}  // namespace roadwatch
