#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "source/frame_source.h"
#include "source/rtsp/depacketizer.h"
#include "source/rtsp/rtsp_session.h"

namespace roadwatch {

/// A camera that sends H.264 or H.265 over RTSP in one TCP connection: what nearly all do. Costs a third of
/// FFmpeg's client, which reads each RTP packet in several calls and copies it several times. Packets are
/// stamped when their last byte is here.
class TcpRtspSource {
 public:
  TcpRtspSource(const SourceOptions& options, const Clock& clock, const std::atomic<bool>& interrupt);

  /// None where the camera has video, but none of these codecs. Throws as FrameSource does.
  std::optional<StreamInfo> Open();
  ReadResult Read(Packet& packet);

 private:
  void TakeRtp(std::span<const uint8_t> bytes);

  const SourceOptions options_;
  const Clock& clock_;
  RtspSession session_;
  AVCodecID codec_ = AV_CODEC_ID_NONE;
  int payloadType_ = 0;
  std::unique_ptr<Depacketizer> depacketizer_;
  std::deque<AvPacketPtr> units_;  ///< whole, not yet read; one piece of media data may end several
};

}  // namespace roadwatch
