#pragma once

#include <atomic>
#include <chrono>
#include <string>

#include "media/av_ptr.h"
#include "source/frame_source.h"
#include "time/clock.h"

namespace roadwatch {

/// An FFmpeg input with a deadline on every call: none blocks longer than its time-out, and an interrupt ends
/// it within FFmpeg's polling period (100 ms). What RTSP and files have in common.
class AvInput {
 public:
  AvInput(const Clock& clock, const std::atomic<bool>& interrupt);
  ~AvInput();
  AvInput(const AvInput&) = delete;
  AvInput& operator=(const AvInput&) = delete;

  /// `shownAs` stands for the address in messages. Throws Error with a Fault's code.
  void Open(const std::string& url, const std::string& shownAs, AvDictionary& options,
            std::chrono::milliseconds timeout);
  /// Reads codec parameters out of the stream itself, where the container does not tell them.
  void FindStreamInfo(std::chrono::milliseconds timeout);
  /// Chooses the video stream and says what it is. Throws Error("no-video" | "unsupported-codec").
  StreamInfo DescribeVideo();
  /// The next video packet; false at the end. Throws Error("read-timeout" | "connection-lost" | ...).
  bool ReadVideo(AVPacket& packet, std::chrono::milliseconds timeout);
  void SeekToStart();
  const AVStream& video() const { return *context_->streams[videoIndex_]; }
  bool interrupted() const { return interrupt_; }

 private:
  static int ShouldStop(void* self);
  void StartTimer(std::chrono::milliseconds timeout);
  [[noreturn]] void ThrowFault(int error, const std::string& what, const char* timeoutCode) const;

  const Clock& clock_;
  const std::atomic<bool>& interrupt_;
  MonotonicTime deadline_{};
  bool timedOut_ = false;
  std::string shownAs_;
  AvFormatContextPtr context_;
  unsigned videoIndex_ = 0;
};

}  // namespace roadwatch
