#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "decode/decoder.h"
#include "decode/packet_gate.h"
#include "detect/vision_backend.h"
#include "image/letterbox.h"
#include "source/backoff.h"
#include "source/frame_source.h"
#include "zone/zone_filter.h"

namespace roadwatch {

/// How the model's input is filled.
struct ModelInput {
  std::optional<InputSize> fixed;  ///< else it follows each camera's shape
  int longSidePx = 640;
  int stridePx = 32;

  /// Floats of one picture of the largest input.
  size_t LargestFloats() const {
    const InputSize size = fixed ? *fixed : InputSize{longSidePx, longSidePx};
    return size_t{3} * static_cast<size_t>(size.heightPx) * static_cast<size_t>(size.widthPx);
  }
  InputSize For(int widthPx, int heightPx) const {
    return fixed ? *fixed : ChooseInputSize(widthPx, heightPx, longSidePx, stridePx);
  }
};

struct PipelineOptions {
  size_t threads = 1;                           ///< that decode, letterbox and encode for all cameras
  std::chrono::milliseconds batchDeadline{20};  ///< longest wait of a frame for others to fill its batch
  int jpegQuality = 80;
  int cropMarginPx = 12;
  ModelInput input;
  VisionOptions vision;
  std::vector<std::string> classNames;
  BackoffOptions backoff;
  std::string decodeMarksFile;  ///< where the cameras being decoded are noted (DecodeMarks); empty: nowhere
};

enum class Playback {
  kLive,       ///< the newest frame wins; files loop at their own pace
  kEveryFrame  ///< files: once, as fast as they are analysed, no frame that is due is lost
};

/// What of a camera may change while it runs, without a new connection.
struct CameraTuning {
  std::chrono::milliseconds interval{1800};
  double priority = 1;  ///< under load, the interval of one of priority 2 is stretched half as much
  std::vector<Zone> zones{};
};

struct CameraOptions {
  std::string cameraId;
  SourceOptions source;
  CameraTuning tuning;
  DecodePolicy decodePolicy = DecodePolicy::kAuto;
  HardwareDecode hardware = HardwareDecode::kNone;
  Playback playback = Playback::kLive;
  /// Where nothing has changed since the last analysis, its result stands for so long; 0: each is analysed.
  std::chrono::milliseconds maxReuse{0};
};

}  // namespace roadwatch
