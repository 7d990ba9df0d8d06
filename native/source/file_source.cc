#include "source/file_source.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

#include "error.h"
#include "media/url.h"
#include "source/entry_point.h"

namespace roadwatch {

namespace {

/// How soon a paced file notices an interrupt.
constexpr std::chrono::milliseconds kInterruptCheck{20};
/// A looped picture, or a clip of one frame, comes once a second.
constexpr double kShortestRoundMs = 1000;

void CheckIsFile(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found)
    throw Error("not-found", "no file " + RedactUrl(path));
  if (error) throw Error("io-error", "cannot look at " + path + ": " + error.message());
  if (!std::filesystem::is_regular_file(status))
    throw Error("invalid-data", "expected a file, " + path + " is none");
  if (std::filesystem::file_size(path, error) == 0) throw Error("invalid-data", path + " is empty");
}

}  // namespace

FileSource::FileSource(SourceOptions options, const Clock& clock, const std::atomic<bool>& interrupt)
    : options_(std::move(options)), clock_(clock), input_(clock, interrupt) {}

StreamInfo FileSource::Open() {
  CheckIsFile(options_.url);
  AvDictionary options;
  options.Set("protocol_whitelist", "file");
  // A per cent sign in a picture's name is no pattern.
  options.Set("pattern_type", "none");
  input_.Open("file:" + options_.url, options_.url, options, options_.connectTimeout);
  input_.FindStreamInfo(options_.connectTimeout);
  StreamInfo stream = input_.DescribeVideo();
  StartRound();
  return stream;
}

ReadResult FileSource::Read(Packet& packet) {
  if (atEnd_) {
    input_.SeekToStart();
    StartRound();
  }
  AvPacketPtr data(av_packet_alloc());
  if (!input_.ReadVideo(*data, options_.readTimeout)) {
    if (packetsThisRound_ == 0) throw Error("invalid-data", options_.url + " holds no video packet");
    atEnd_ = true;
    if (options_.paced && options_.loop &&
        !WaitUntil(roundStart_ + std::chrono::milliseconds(
                                     static_cast<int64_t>(std::max(lastTimeMs_, kShortestRoundMs))))) {
      return ReadResult::kInterrupted;
    }
    return ReadResult::kEnd;
  }
  ++packetsThisRound_;
  const int64_t pts = data->pts == AV_NOPTS_VALUE ? data->dts : data->pts;
  const int64_t dts = data->dts == AV_NOPTS_VALUE ? pts : data->dts;
  if (options_.paced && !Pace(TimeMs(dts))) return ReadResult::kInterrupted;
  packet.mediaTimeMs = TimeMs(pts);
  lastTimeMs_ = std::max(lastTimeMs_, *packet.mediaTimeMs);
  packet.data = std::move(data);
  const AVCodecParameters& codec = *input_.video().codecpar;
  MarkEntryPoint(packet, codec.codec_id, NalLengthBytes(codec));
  packet.captureUtcMs = clock_.UtcMs();
  packet.receivedAt = clock_.Now();
  return ReadResult::kPacket;
}

void FileSource::StartRound() {
  atEnd_ = false;
  packetsThisRound_ = 0;
  lastTimeMs_ = 0;
  roundStart_ = clock_.Now();
}

bool FileSource::Pace(double decodeTimeMs) {
  return WaitUntil(roundStart_ + std::chrono::microseconds(static_cast<int64_t>(decodeTimeMs * 1000)));
}

bool FileSource::WaitUntil(MonotonicTime when) const {
  for (;;) {
    if (input_.interrupted()) return false;
    const auto left = when - clock_.Now();
    if (left <= Monotonic::duration::zero()) return true;
    std::this_thread::sleep_for(std::min<Monotonic::duration>(left, kInterruptCheck));
  }
}

double FileSource::TimeMs(int64_t timestamp) const {
  if (timestamp == AV_NOPTS_VALUE) return 0;
  const AVStream& stream = input_.video();
  const int64_t start = stream.start_time == AV_NOPTS_VALUE ? 0 : stream.start_time;
  return static_cast<double>(timestamp - start) * av_q2d(stream.time_base) * 1000.0;
}

}  // namespace roadwatch
