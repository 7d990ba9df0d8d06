#include "source/av_rtsp_source.h"

#include <algorithm>
#include <string>
#include <utility>

#include "error.h"
#include "media/url.h"
#include "source/entry_point.h"
#include "source/rtsp/rtsp_message.h"

namespace roadwatch {

namespace {

/// AvInput's code for a camera's refusal that is none of the usual ones.
constexpr const char* kNothingToSetUp = "refused";

/// FFmpeg knows its protocols in lower case alone.
std::string WithLowerScheme(const std::string& url) {
  const size_t end = std::min(url.find(':'), url.size());
  return LowerCase(url.substr(0, end)) + url.substr(end);
}

bool DecoderLearnsTheRest(AVCodecID codec) { return codec == AV_CODEC_ID_H264 || codec == AV_CODEC_ID_HEVC; }

}  // namespace

AvRtspSource::AvRtspSource(SourceOptions options, const Clock& clock, const std::atomic<bool>& interrupt)
    : options_(std::move(options)), clock_(clock), input_(clock, interrupt) {}

StreamInfo AvRtspSource::Open() {
  try {
    Connect("video");
  } catch (const Error& error) {
    if (error.code() != kNothingToSetUp) throw;
    // Refused where there is nothing but sound: what there is tells a missing video from a broken camera.
    Connect("video+audio+data");
  }
  StreamInfo stream = input_.DescribeVideo();
  if (DecoderLearnsTheRest(stream.codec->codec_id)) return stream;
  input_.FindStreamInfo(options_.connectTimeout);
  return input_.DescribeVideo();
}

void AvRtspSource::Connect(const char* mediaTypes) {
  AvDictionary options;
  options.Set("rtsp_transport", options_.udp ? "udp" : "tcp");
  options.Set("protocol_whitelist", "rtsp,rtsps,rtp,rtcp,srtp,tcp,udp,tls,crypto");
  options.Set("allowed_media_types", mediaTypes);
  options.Set("fflags", "nobuffer");
  input_.Open(WithLowerScheme(options_.url), RedactUrl(options_.url), options, options_.connectTimeout);
}

ReadResult AvRtspSource::Read(Packet& packet) {
  AvPacketPtr data(av_packet_alloc());
  if (!input_.ReadVideo(*data, options_.readTimeout)) {
    if (input_.interrupted()) return ReadResult::kInterrupted;
    throw Error("connection-lost", RedactUrl(options_.url) + " ended the stream");
  }
  packet.data = std::move(data);
  const AVCodecParameters& codec = *input_.video().codecpar;
  MarkEntryPoint(packet, codec.codec_id, NalLengthBytes(codec));
  packet.captureUtcMs = clock_.UtcMs();
  packet.receivedAt = clock_.Now();
  packet.mediaTimeMs.reset();
  return ReadResult::kPacket;
}

}  // namespace roadwatch
