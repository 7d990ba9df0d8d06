#pragma once

#include <memory>
#include <string>

#include "pipeline/detection.h"
#include "source/connection_state.h"

namespace roadwatch {

enum class LogLevel { kInfo, kWarn, kError };

struct LogLine {
  LogLevel level = LogLevel::kInfo;
  std::string code;
  std::string message;
  std::string cameraId;  ///< empty: of the whole pipeline
};

/// Held by whoever has a detection; letting it go says that it has arrived, and the camera's next frame may
/// be analysed. So results in flight are at most one a camera.
class DeliveryReceipt {
 public:
  virtual ~DeliveryReceipt() = default;
};

/// Who reads what the pipeline makes. Called from the pipeline's threads, from several at once.
class PipelineListener {
 public:
  virtual ~PipelineListener() = default;
  virtual void OnDetection(Detection detection, std::unique_ptr<DeliveryReceipt> receipt) = 0;
  virtual void OnState(const CameraKey& camera, const ConnectionState& state) = 0;
  virtual void OnLog(LogLine line) = 0;
};

}  // namespace roadwatch
