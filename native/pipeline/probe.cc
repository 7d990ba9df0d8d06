#include "pipeline/probe.h"

#include <utility>

#include "decode/decoder.h"
#include "error.h"
#include "source/camera_reader.h"

namespace roadwatch {

namespace {

double MillisecondsSince(MonotonicTime from, const Clock& clock) {
  return std::chrono::duration<double, std::milli>(clock.Now() - from).count();
}

/// A probe reads as fast as the source gives, and a file only once.
SourceOptions ForProbe(SourceOptions options) {
  options.loop = false;
  options.paced = false;
  return options;
}

}  // namespace

ProbeResult Probe(const SourceOptions& options, const Clock& clock, const std::atomic<bool>& interrupt) {
  const MonotonicTime start = clock.Now();
  const auto source = MakeFrameSource(ForProbe(options), clock, interrupt);
  const StreamInfo stream = source->Open();
  ProbeResult result;
  result.codec = avcodec_get_name(stream.codec->codec_id);
  result.imageWidthPx = stream.codec->width;
  result.imageHeightPx = stream.codec->height;
  result.framesPerSecond = stream.framesPerSecond;
  result.connectMs = MillisecondsSince(start, clock);

  HardwareDevices none;
  Decoder decoder(*stream.codec, HardwareDecode::kNone, none, [](const std::string&) {});
  const MonotonicTime deadline = clock.Now() + 2 * options.readTimeout;
  bool refreshing = false;
  for (Packet packet; !result.keyframe && clock.Now() < deadline;) {
    const ReadResult read = source->Read(packet);
    if (read != ReadResult::kPacket) break;
    if (result.firstPacketMs == 0) result.firstPacketMs = MillisecondsSince(start, clock);
    const auto look = [&result](DecodedFrame frame) {
      frame.ToPlanar();
      result.imageWidthPx = frame.View().widthPx;
      result.imageHeightPx = frame.View().heightPx;
      result.keyframe = true;
    };
    refreshing = refreshing || packet.refreshFrames.has_value();
    if (packet.keyframe) {
      decoder.DecodeKeyframe(packet, look);
    } else if (refreshing) {
      decoder.Decode(packet, look);
    }
  }
  return result;
}

}  // namespace roadwatch
