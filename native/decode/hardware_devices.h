#pragma once

extern "C" {
#include <libavutil/hwcontext.h>
}

#include <functional>
#include <map>
#include <mutex>

#include "media/av_ptr.h"

namespace roadwatch {

/// The decoding devices of a pipeline: one context of each kind for all cameras, opened when the first of
/// them wants it. Owns them; decoders hold references of their own. Thread-safe.
class HardwareDevices {
 public:
  /// Opens a device; null where there is none.
  using Open = std::function<AvBufferPtr(AVHWDeviceType)>;

  HardwareDevices();
  /// Tests give their own devices.
  explicit HardwareDevices(Open open) : open_(std::move(open)) {}

  /// A reference to the shared device; null where it cannot be opened, which is tried again the next time.
  AvBufferPtr Get(AVHWDeviceType type);

 private:
  const Open open_;
  std::mutex mutex_;
  std::map<AVHWDeviceType, AvBufferPtr> devices_;
};

}  // namespace roadwatch
