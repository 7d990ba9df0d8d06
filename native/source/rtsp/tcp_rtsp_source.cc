#include "source/rtsp/tcp_rtsp_source.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "error.h"
#include "media/url.h"
#include "source/entry_point.h"
#include "source/rtsp/rtp_packet.h"

namespace roadwatch {

namespace {

constexpr AVRational kRtpVideoClock{1, 90000};

AvCodecParametersPtr CodecParameters(const VideoDescription& video) {
  AvCodecParametersPtr codec(avcodec_parameters_alloc());
  if (!codec) throw std::bad_alloc();
  codec->codec_type = AVMEDIA_TYPE_VIDEO;
  codec->codec_id = video.codec;
  if (video.parameterSets.empty()) return codec;
  const size_t size = video.parameterSets.size();
  codec->extradata = static_cast<uint8_t*>(av_mallocz(size + AV_INPUT_BUFFER_PADDING_SIZE));
  if (codec->extradata == nullptr) throw std::bad_alloc();
  codec->extradata_size = static_cast<int>(size);
  std::memcpy(codec->extradata, video.parameterSets.data(), size);
  return codec;
}

StreamInfo Describe(const VideoDescription& video) {
  StreamInfo stream;
  stream.codec = CodecParameters(video);
  stream.timeBase = kRtpVideoClock;
  stream.framesPerSecond = video.framesPerSecond;
  return stream;
}

/// The same fault, told with what it happened to.
[[noreturn]] void Rethrow(const Error& error, const std::string& what, const std::string& url) {
  if (error.code() == "interrupted" || error.code() == "bad-url") throw error;
  throw Error(error.code(), what + " " + RedactUrl(url) + ": " + error.what());
}

}  // namespace

TcpRtspSource::TcpRtspSource(const SourceOptions& options, const Clock& clock,
                             const std::atomic<bool>& interrupt)
    : options_(options),
      clock_(clock),
      session_(options.url, clock, interrupt, [this](std::span<const uint8_t> bytes) { TakeRtp(bytes); }) {}

std::optional<StreamInfo> TcpRtspSource::Open() try {
  const MonotonicTime deadline = clock_.Now() + options_.connectTimeout;
  const SessionDescription description = session_.Describe(deadline);
  if (description.video.empty()) throw Error("no-video", "it has no video stream");
  const auto video = std::find_if(description.video.begin(), description.video.end(),
                                  [](const VideoDescription& one) { return one.codec != AV_CODEC_ID_NONE; });
  if (video == description.video.end()) return std::nullopt;
  payloadType_ = video->payloadType;
  codec_ = video->codec;
  depacketizer_ = std::make_unique<Depacketizer>(
      video->codec, video->hasDon, [this](AvPacketPtr unit) { units_.push_back(std::move(unit)); });
  session_.Play(description, *video, deadline);
  return Describe(*video);
} catch (const Error& error) {
  Rethrow(error, "cannot open", options_.url);
}

ReadResult TcpRtspSource::Read(Packet& packet) try {
  const MonotonicTime deadline = clock_.Now() + options_.readTimeout;
  while (units_.empty()) {
    if (!session_.ReadOnce(deadline)) throw Error("read-timeout", "no answer in time");
  }
  packet.data = std::move(units_.front());
  units_.pop_front();
  MarkEntryPoint(packet, codec_, 0);
  packet.captureUtcMs = clock_.UtcMs();
  packet.receivedAt = clock_.Now();
  packet.mediaTimeMs.reset();
  return ReadResult::kPacket;
} catch (const Error& error) {
  if (error.code() == "interrupted") return ReadResult::kInterrupted;
  Rethrow(error, "lost", options_.url);
}

void TcpRtspSource::TakeRtp(std::span<const uint8_t> bytes) {
  const auto packet = ParseRtpPacket(bytes);
  // Other payload types are retransmissions, forward error correction, and the like.
  if (packet && packet->payloadType == payloadType_) depacketizer_->Push(*packet);
}

}  // namespace roadwatch
