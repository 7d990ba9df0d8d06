#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "detect/box.h"
#include "group/bx_clustering.h"

namespace roadwatch {

/// A camera's id and which of the cameras with that id, over time, is meant.
struct CameraKey {
  std::string id;
  uint64_t serial = 0;
};

/// Which pictures somebody wants from a camera; what nobody wants is not made.
struct PictureDemand {
  bool raw = false;
  bool drawn = false;
  bool crops = false;
};

/// Where an analysis spent its time, in milliseconds. `total` runs from the packet's arrival to the result.
struct StageTimings {
  double totalMs = 0;
  double decodeMs = 0;
  double queueMs = 0;  ///< decoded -> taken into a batch
  double letterboxMs = 0;
  double inferenceMs = 0;
  double postprocessMs = 0;
};

struct Crop {
  std::vector<uint8_t> jpeg;
  PixelRect rect;
  uint64_t hash = 0;  ///< DifferenceHash: what says whether two crops show the same
};

struct DetectedGroup {
  Group group;
  std::optional<Crop> crop;
};

/// One analysed frame, in source pixels. Pictures are JPEG; empty where nobody wants them.
struct Detection {
  CameraKey camera;
  int64_t captureUtcMs = 0;
  std::optional<double> mediaTimeMs;
  int imageWidthPx = 0;
  int imageHeightPx = 0;
  std::vector<Box> objects;
  std::vector<DetectedGroup> groups;
  bool reused = false;  ///< the result of the last analysis: the scene has not changed since
  std::vector<uint8_t> rawJpeg;
  std::vector<uint8_t> drawnJpeg;
  StageTimings timings;
};

}  // namespace roadwatch
