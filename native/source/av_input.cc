#include "source/av_input.h"

#include <cerrno>
#include <utility>

#include "error.h"
#include "media/av_error.h"

namespace roadwatch {

namespace {

std::string CodeOf(int error) {
  switch (error) {
    case AVERROR_HTTP_UNAUTHORIZED:
    case AVERROR_HTTP_FORBIDDEN:
      return "unauthorized";
    case AVERROR_HTTP_NOT_FOUND:
    case AVERROR(ENOENT):
      return "not-found";
    case AVERROR(ECONNREFUSED):
    case AVERROR(EHOSTUNREACH):
    case AVERROR(ENETUNREACH):
    case AVERROR(EHOSTDOWN):
      return "unreachable";
    case AVERROR_HTTP_BAD_REQUEST:
    case AVERROR_HTTP_OTHER_4XX:
    case AVERROR_HTTP_SERVER_ERROR:
      return "refused";
    case AVERROR(ETIMEDOUT):
      return "connect-timeout";
    case AVERROR_INVALIDDATA:
    case AVERROR_DEMUXER_NOT_FOUND:
      return "invalid-data";
    case AVERROR_PROTOCOL_NOT_FOUND:
      return "scheme-refused";
    case AVERROR(ECONNRESET):
    case AVERROR(EPIPE):
      return "connection-lost";
    default:
      return "io-error";
  }
}

}  // namespace

AvInput::AvInput(const Clock& clock, const std::atomic<bool>& interrupt)
    : clock_(clock), interrupt_(interrupt) {}

AvInput::~AvInput() {
  // Closing sends a TEARDOWN: it gets a moment, not a whole time-out.
  constexpr std::chrono::milliseconds kCloseTimeout{100};
  StartTimer(kCloseTimeout);
}

void AvInput::Open(const std::string& url, const std::string& shownAs, AvDictionary& options,
                   std::chrono::milliseconds timeout) {
  shownAs_ = shownAs;
  StartTimer(timeout);
  AVFormatContext* context = avformat_alloc_context();
  if (context == nullptr) throw Error("io-error", "out of memory");
  context->interrupt_callback = {ShouldStop, this};
  // On failure FFmpeg frees the context itself.
  const int error = avformat_open_input(&context, url.c_str(), nullptr, options.Address());
  // FFmpeg's answer to a name that cannot be resolved.
  const bool unknownHost = error == AVERROR(EIO) && url.starts_with("rtsp");
  if (unknownHost && !interrupt_ && !timedOut_)
    throw Error("unreachable", "cannot find or reach the host of " + shownAs_);
  if (error < 0) ThrowFault(error, "cannot open", "connect-timeout");
  context_.reset(context);
}

void AvInput::FindStreamInfo(std::chrono::milliseconds timeout) {
  StartTimer(timeout);
  const int error = avformat_find_stream_info(context_.get(), nullptr);
  if (error < 0) ThrowFault(error, "cannot make out the streams of", "connect-timeout");
}

StreamInfo AvInput::DescribeVideo() {
  const int index = av_find_best_stream(context_.get(), AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  if (index < 0) throw Error("no-video", shownAs_ + " has no video stream");
  videoIndex_ = static_cast<unsigned>(index);
  for (unsigned i = 0; i < context_->nb_streams; ++i) {
    context_->streams[i]->discard = i == videoIndex_ ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
  }
  const AVStream& stream = video();
  if (avcodec_find_decoder(stream.codecpar->codec_id) == nullptr) {
    throw Error("unsupported-codec", shownAs_ + " sends " + avcodec_get_name(stream.codecpar->codec_id) +
                                         ", which cannot be decoded here");
  }
  StreamInfo info;
  info.codec.reset(avcodec_parameters_alloc());
  avcodec_parameters_copy(info.codec.get(), stream.codecpar);
  info.timeBase = stream.time_base;
  if (stream.avg_frame_rate.num > 0 && stream.avg_frame_rate.den > 0) {
    info.framesPerSecond = av_q2d(stream.avg_frame_rate);
  }
  return info;
}

bool AvInput::ReadVideo(AVPacket& packet, std::chrono::milliseconds timeout) {
  StartTimer(timeout);
  for (;;) {
    const int error = av_read_frame(context_.get(), &packet);
    if (error == AVERROR_EOF) return false;
    if (error == AVERROR(EAGAIN) && !interrupt_) continue;
    // When it is interrupted, FFmpeg still gives the frame that its parser held back, as if nothing had been.
    if (error < 0 || timedOut_) ThrowFault(error, "lost", "read-timeout");
    if (packet.stream_index == static_cast<int>(videoIndex_)) return true;
    av_packet_unref(&packet);
  }
}

void AvInput::SeekToStart() {
  const AVStream& stream = video();
  const int64_t start = stream.start_time == AV_NOPTS_VALUE ? 0 : stream.start_time;
  const int error = av_seek_frame(context_.get(), static_cast<int>(videoIndex_), start, AVSEEK_FLAG_BACKWARD);
  if (error < 0) ThrowFault(error, "cannot go back to the start of", "read-timeout");
}

int AvInput::ShouldStop(void* self) {
  auto& input = *static_cast<AvInput*>(self);
  if (input.interrupt_) return 1;
  if (input.clock_.Now() < input.deadline_) return 0;
  input.timedOut_ = true;
  return 1;
}

void AvInput::StartTimer(std::chrono::milliseconds timeout) {
  timedOut_ = false;
  deadline_ = clock_.Now() + timeout;
}

void AvInput::ThrowFault(int error, const std::string& what, const char* timeoutCode) const {
  if (interrupt_) throw Error("interrupted", "interrupted");
  if (timedOut_) throw Error(timeoutCode, what + " " + shownAs_ + ": no answer in time");
  throw Error(CodeOf(error), what + " " + shownAs_ + ": " + AvErrorText(error));
}

}  // namespace roadwatch
