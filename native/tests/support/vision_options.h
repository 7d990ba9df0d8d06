#pragma once

#include "detect/vision_backend.h"

namespace roadwatch {

/// A model with a single class that is reported; boxes within 150 px form groups of two and more.
inline VisionOptions OneClassVision() {
  VisionOptions options;
  options.classes = 1;
  options.confidence = 0.35F;
  options.iou = 0.5F;
  options.maxObjects = 200;
  options.allowed = {1};
  options.rivalOfClass = {0};
  options.groupDistancePx = 150;
  options.minGroupMembers = 2;
  return options;
}

}  // namespace roadwatch
