#include "pipeline/probe.h"

#include <algorithm>
#include <utility>

#include "decode/decoder.h"
#include "decode/gop_meter.h"
#include "error.h"
#include "image/jpeg.h"
#include "source/camera_reader.h"

namespace roadwatch {

namespace {

/// Rates that are measured over less are none.
constexpr std::chrono::milliseconds kLeastForRates{1000};
/// After so many gaps between keyframes the GOP is known.
constexpr int kGapsForGop = 2;

double MillisecondsSince(MonotonicTime from, const Clock& clock) {
  return std::chrono::duration<double, std::milli>(clock.Now() - from).count();
}

/// A probe reads as fast as the source gives, and a file only once.
SourceOptions ForProbe(SourceOptions options) {
  options.loop = false;
  options.paced = false;
  return options;
}

/// Where a packet stands in its stream: a file that is read at once has its own time.
MonotonicTime StreamTime(const Packet& packet) {
  if (!packet.mediaTimeMs) return packet.receivedAt;
  const std::chrono::duration<double, std::milli> time(*packet.mediaTimeMs);
  return MonotonicTime(std::chrono::duration_cast<Monotonic::duration>(time));
}

/// What the packets of a stream say of it, without being decoded.
class StreamMeter {
 public:
  void Add(const Packet& packet) {
    const MonotonicTime time = StreamTime(packet);
    if (packets_ == 0) first_ = last_ = time;
    last_ = std::max(last_, time);
    ++packets_;
    // The last packet's own time is not over yet.
    bits_ += lastBits_;
    lastBits_ = 8.0 * packet.data->size;
    if (packet.refreshFrames) gradual_ = true;
    if (!packet.keyframe) return;
    if (keyframes_ > 0) ++gaps_;
    ++keyframes_;
    gop_.Keyframe(time);
  }

  std::chrono::milliseconds Watched() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(last_ - first_);
  }
  bool IsMeasured(std::chrono::milliseconds limit) const {
    return Watched() >= limit || (gaps_ >= kGapsForGop && Watched() >= kLeastForRates);
  }
  void Fill(ProbeResult& result) const {
    result.watched = Watched();
    result.gop = gop_.Gop();
    result.gradualRefresh = gradual_ && keyframes_ < 2;
    if (Watched() < kLeastForRates) return;
    const double seconds = std::chrono::duration<double>(last_ - first_).count();
    result.framesPerSecond = static_cast<double>(packets_ - 1) / seconds;
    result.bitsPerSecond = bits_ / seconds;
  }

 private:
  MonotonicTime first_{};
  MonotonicTime last_{};
  int packets_ = 0;
  int keyframes_ = 0;
  int gaps_ = 0;
  double bits_ = 0;
  double lastBits_ = 0;
  bool gradual_ = false;
  GopMeter gop_;
};

/// Decodes up to the first picture.
class FirstPicture {
 public:
  FirstPicture(const AVCodecParameters& stream, int snapshotQuality, ProbeResult& result)
      : snapshotQuality_(snapshotQuality),
        result_(result),
        decoder_(stream, HardwareDecode::kNone, none_, [](const std::string&) {}) {}

  void Look(const Packet& packet) {
    if (result_.keyframe) return;
    const auto keep = [this](DecodedFrame frame) { Keep(std::move(frame)); };
    refreshing_ = refreshing_ || packet.refreshFrames.has_value();
    if (packet.keyframe) {
      decoder_.DecodeKeyframe(packet, keep);
    } else if (refreshing_) {
      decoder_.Decode(packet, keep);
    }
  }

 private:
  void Keep(DecodedFrame frame) {
    if (std::exchange(result_.keyframe, true)) return;
    frame.ToPlanar();
    const PlanarFrame view = frame.View();
    result_.imageWidthPx = view.widthPx;
    result_.imageHeightPx = view.heightPx;
    if (snapshotQuality_ == 0) return;
    JpegEncoder jpeg;
    result_.snapshot = jpeg.Encode(jpeg.Prepare(view), snapshotQuality_);
  }

  const int snapshotQuality_;
  ProbeResult& result_;
  HardwareDevices none_;
  Decoder decoder_;
  bool refreshing_ = false;
};

}  // namespace

ProbeResult Probe(const ProbeOptions& options, const Clock& clock, const std::atomic<bool>& interrupt) {
  const MonotonicTime start = clock.Now();
  const auto source = MakeFrameSource(ForProbe(options.source), clock, interrupt);
  const StreamInfo stream = source->Open();
  ProbeResult result;
  result.codec = avcodec_get_name(stream.codec->codec_id);
  result.imageWidthPx = stream.codec->width;
  result.imageHeightPx = stream.codec->height;
  result.framesPerSecond = stream.framesPerSecond;
  result.connectMs = MillisecondsSince(start, clock);

  FirstPicture picture(*stream.codec, options.snapshotQuality, result);
  StreamMeter meter;
  const MonotonicTime deadline = clock.Now() + 2 * options.source.readTimeout + options.measureFor;
  for (Packet packet; clock.Now() < deadline;) {
    const ReadResult read = source->Read(packet);
    if (read != ReadResult::kPacket) break;
    if (result.firstPacketMs == 0) result.firstPacketMs = MillisecondsSince(start, clock);
    meter.Add(packet);
    picture.Look(packet);
    if (result.keyframe && meter.IsMeasured(options.measureFor)) break;
  }
  meter.Fill(result);
  return result;
}

}  // namespace roadwatch
