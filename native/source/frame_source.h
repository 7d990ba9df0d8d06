#pragma once

#include <atomic>
#include <chrono>
#include <string>

#include "media/av_ptr.h"
#include "source/packet.h"

namespace roadwatch {

/// What is read and how. Defaults suit a street camera.
struct SourceOptions {
  std::string url;  ///< rtsp://, rtsps:// or, where `allowFiles`, a file's path
  bool allowFiles = false;
  bool loop = true;   ///< files: start again at the end
  bool paced = true;  ///< files: at their own pace; otherwise as fast as they are read
  bool udp = false;   ///< RTSP over UDP instead of TCP
  std::chrono::milliseconds connectTimeout{5000};
  std::chrono::milliseconds readTimeout{5000};
};

/// What the stream is, known after Open().
struct StreamInfo {
  AvCodecParametersPtr codec;
  AVRational timeBase{1, 90000};
  double framesPerSecond = 0;  ///< as declared; 0 where unknown
};

enum class ReadResult { kPacket, kEnd, kInterrupted };

/// The seam between a camera and the rest: something that gives video packets. Used by one thread; only
/// `interrupt` (given at construction) may be set by another, and ends any call within 200 ms.
class FrameSource {
 public:
  virtual ~FrameSource() = default;
  /// Connects. Throws Error with one of Fault's codes; Error("interrupted") when interrupted.
  virtual StreamInfo Open() = 0;
  /// Blocks until the next video packet. Throws Error("read-timeout") when nothing came for `readTimeout`.
  virtual ReadResult Read(Packet& packet) = 0;
};

}  // namespace roadwatch
