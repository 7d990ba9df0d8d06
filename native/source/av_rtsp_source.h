#pragma once

#include "source/av_input.h"
#include "source/frame_source.h"

namespace roadwatch {

/// A camera over RTSP or RTSPS, with FFmpeg's client: UDP, TLS and every codec it knows. Packets are stamped
/// with the moment of their arrival.
class AvRtspSource final : public FrameSource {
 public:
  AvRtspSource(SourceOptions options, const Clock& clock, const std::atomic<bool>& interrupt);
  StreamInfo Open() override;
  ReadResult Read(Packet& packet) override;

 private:
  void Connect(const char* mediaTypes);

  const SourceOptions options_;
  const Clock& clock_;
  AvInput input_;
};

}  // namespace roadwatch
