#pragma once

#include <memory>

#include "source/av_rtsp_source.h"
#include "source/frame_source.h"
#include "source/rtsp/tcp_rtsp_source.h"

namespace roadwatch {

/// A camera over RTSP: the lean client where it will do, FFmpeg's for UDP, TLS and other codecs.
class RtspSource final : public FrameSource {
 public:
  RtspSource(SourceOptions options, const Clock& clock, const std::atomic<bool>& interrupt);
  StreamInfo Open() override;
  ReadResult Read(Packet& packet) override;

 private:
  const SourceOptions options_;
  const Clock& clock_;
  const std::atomic<bool>& interrupt_;
  std::unique_ptr<TcpRtspSource> lean_;
  std::unique_ptr<AvRtspSource> other_;
};

}  // namespace roadwatch
