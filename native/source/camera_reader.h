#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "source/backoff.h"
#include "source/connection_state.h"
#include "source/frame_source.h"
#include "source/quality.h"
#include "time/clock.h"
#include "time/random.h"

namespace roadwatch {

/// Makes a source for each connection attempt; `interrupt` outlives it.
using FrameSourceFactory =
    std::function<std::unique_ptr<FrameSource>(const SourceOptions&, const std::atomic<bool>& interrupt)>;

/// RTSP or file, by the URL. Throws Error("bad-url" | "scheme-refused").
std::unique_ptr<FrameSource> MakeFrameSource(const SourceOptions& options, const Clock& clock,
                                             const std::atomic<bool>& interrupt);

/// One camera's reader: connects, reads packets, notices stalls, reconnects. Owns one thread, which calls the
/// listener; Close() joins it and is safe to call twice and from any thread but its own.
class CameraReader {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void OnState(const ConnectionState& state) = 0;
    /// A new connection's stream; packets that follow belong to it.
    virtual void OnStream(StreamInfo stream) = 0;
    /// May block (files that must not lose a frame); must return soon after the reader is closed.
    virtual void OnPacket(Packet packet) = 0;
    /// The end of a file (played once or about to loop): drain what the decoder holds.
    virtual void OnEnd() = 0;
  };

  CameraReader(SourceOptions options, BackoffOptions backoff, FrameSourceFactory factory, const Clock& clock,
               Random& random, Listener& listener);
  ~CameraReader();
  CameraReader(const CameraReader&) = delete;
  CameraReader& operator=(const CameraReader&) = delete;

  /// Throws Error("no-thread").
  void Start();
  /// Tells the thread to end, without waiting: so that many readers end as fast as one.
  void RequestClose() noexcept;
  void Close() noexcept;
  /// Drops the connection and connects again at once (watchdog).
  void Restart();
  SourceQuality Quality() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace roadwatch
