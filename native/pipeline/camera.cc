#include "pipeline/camera.h"

#include <algorithm>
#include <utility>

#include "error.h"
#include "pipeline/load_governor.h"

namespace roadwatch {

namespace {

/// However short the interval, a frame this young is still worth an analysis.
constexpr std::chrono::milliseconds kMinStaleAge{2000};
/// One that waited for longer says nothing of now; a shorter limit would starve cameras behind long runs.
constexpr int kStaleIntervals = 2;
/// Media times of frames are rounded by their container's time base: half a millisecond is "at once".
constexpr double kMediaTimeToleranceMs = 0.5;

double MillisecondsBetween(MonotonicTime from, MonotonicTime to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

}  // namespace

Camera::Camera(CameraOptions options, uint64_t serial, std::chrono::milliseconds phase,
               const BackoffOptions& backoff, WorkerPool& pool, HardwareDevices& devices, const Clock& clock,
               Random& random, Listener& frames, PipelineListener& events)
    : options_(std::move(options)),
      serial_(serial),
      pool_(pool),
      devices_(devices),
      clock_(clock),
      frames_(frames),
      events_(events),
      gate_(options_.decodePolicy, options_.tuning.interval, phase, clock.Now()),
      interval_(options_.tuning.interval),
      priority_(options_.tuning.priority),
      zones_(std::make_shared<const ZoneFilter>(options_.tuning.zones)),
      reader_(
          options_.source, backoff,
          [&clock](const SourceOptions& source, const std::atomic<bool>& interrupt) {
            return MakeFrameSource(source, clock, interrupt);
          },
          clock, random, *this) {
  stats_.cameraId = options_.cameraId;
  stats_.connection = {Connecting{}, clock.UtcMs()};
  stats_.decoder = "software";
}

Camera::~Camera() { Close(); }

void Camera::Start() { reader_.Start(); }

void Camera::RequestClose() noexcept {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
  reader_.RequestClose();
}

void Camera::Close() noexcept {
  const std::lock_guard closing(closing_);
  RequestClose();
  reader_.Close();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !decodeScheduled_; });
  slot_.reset();
  gate_.Restart();
  // Somebody may still hold the camera for its last result; nobody needs its decoder.
  LetWorkGo();
  decoder_.reset();
}

std::optional<PendingFrame> Camera::TakeFrame() {
  const std::lock_guard lock(mutex_);
  announced_ = false;
  // Busy: announced twice. Its release announces what is in the slot.
  if (closed_ || busy_ || !slot_) return std::nullopt;
  const auto age = clock_.Now() - slot_->frame.receivedAt();
  if (options_.playback == Playback::kLive && age > std::max(kStaleIntervals * interval_, kMinStaleAge)) {
    slot_.reset();
    ++stats_.framesStale;
    return std::nullopt;
  }
  busy_ = true;
  return std::exchange(slot_, std::nullopt);
}

std::optional<std::pair<int, int>> Camera::PendingSizePx() const {
  const std::lock_guard lock(mutex_);
  if (!slot_) return std::nullopt;
  const PlanarFrame view = slot_->frame.View();
  return std::pair{view.widthPx, view.heightPx};
}

void Camera::Release(bool analysed) {
  bool announce = false;
  {
    const std::lock_guard lock(mutex_);
    busy_ = false;
    if (analysed) {
      ++stats_.analysed;
      newestResultAt_ = clock_.Now();
    }
    announce = slot_ && !announced_ && !closed_;
    if (announce) announced_ = true;
  }
  changed_.notify_all();
  if (announce) frames_.OnFrameReady(shared_from_this());
}

std::optional<std::chrono::duration<double, std::milli>> Camera::SinceNewestResult() const {
  const std::lock_guard lock(mutex_);
  if (!newestResultAt_) return std::nullopt;
  return clock_.Now() - *newestResultAt_;
}

MonotonicTime Camera::NextResultDue() const {
  const std::lock_guard lock(mutex_);
  return newestResultAt_ ? *newestResultAt_ + gate_.interval() : MonotonicTime::min();
}

void Camera::Remember(const PendingFrame& frame, const VisionResult& result,
                      const std::shared_ptr<const ZoneFilter>& zones) {
  if (!frame.scene) return;
  const std::lock_guard lock(mutex_);
  if (zones != zones_) return;
  analysed_ = Analysed{*frame.scene, result, frame.frame.receivedAt(), frame.frame.mediaTimeMs()};
}

void Camera::SetDemand(PictureDemand demand) {
  const std::lock_guard lock(mutex_);
  demand_ = demand;
}

PictureDemand Camera::Demand() const {
  const std::lock_guard lock(mutex_);
  return demand_;
}

void Camera::SetStretch(double stretch) {
  const std::lock_guard lock(mutex_);
  stretch_ = stretch;
  gate_.SetInterval(StretchedInterval(interval_, stretch_, priority_), clock_.Now());
}

void Camera::Tune(CameraTuning tuning) {
  auto zones = std::make_shared<const ZoneFilter>(std::move(tuning.zones));
  const std::lock_guard lock(mutex_);
  interval_ = tuning.interval;
  priority_ = tuning.priority;
  gate_.SetInterval(StretchedInterval(interval_, stretch_, priority_), clock_.Now());
  zones_ = std::move(zones);
  analysed_.reset();
}

std::shared_ptr<const ZoneFilter> Camera::Zones() const {
  const std::lock_guard lock(mutex_);
  return zones_;
}

std::chrono::milliseconds Camera::Interval() const {
  const std::lock_guard lock(mutex_);
  return interval_;
}

void Camera::RestartSource() { reader_.Restart(); }

void Camera::RestartDecode() {
  const std::lock_guard lock(mutex_);
  gate_.Restart();
  restartDecode_ = true;
}

void Camera::AnnounceAgain() {
  {
    const std::lock_guard lock(mutex_);
    if (busy_ || !slot_ || closed_) return;
    announced_ = true;
  }
  frames_.OnFrameReady(shared_from_this());
}

CameraStats Camera::Stats() const {
  const SourceQuality quality = reader_.Quality();
  const std::lock_guard lock(mutex_);
  CameraStats stats = stats_;
  stats.quality = quality;
  stats.decodeMode = gate_.mode();
  stats.gop = gate_.gop();
  stats.gradualRefresh = gate_.refreshesGradually();
  stats.busy = busy_;
  stats.configuredInterval = interval_;
  stats.interval = gate_.interval();
  stats.framesReplaced += gate_.replacedPackets();
  if (stats.framesOffered > 0) {
    stats.meanDecodeMs = decodeMsTotal_ / static_cast<double>(stats.framesOffered);
  }
  if (newestResultAt_) {
    stats.resultAge = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.Now() - *newestResultAt_);
  }
  return stats;
}

void Camera::OnState(const ConnectionState& state) {
  {
    const std::lock_guard lock(mutex_);
    stats_.connection = state;
  }
  events_.OnState(Key(), state);
}

void Camera::OnStream(StreamInfo stream) {
  const std::lock_guard lock(mutex_);
  stats_.codec = avcodec_get_name(stream.codec->codec_id);
  newStream_ = std::move(stream.codec);
  analysed_.reset();
  saidGradual_ = false;
  gate_.Restart();
}

void Camera::OnPacket(Packet packet) {
  if (options_.playback == Playback::kEveryFrame) {
    DecodeEveryFrame(packet);
    return;
  }
  bool ready = false;
  bool sayGradual = false;
  {
    const std::lock_guard lock(mutex_);
    ready = gate_.Push(std::move(packet)) && !decodeScheduled_ && !closed_;
    if (ready) decodeScheduled_ = true;
    sayGradual = gate_.refreshesGradually() && !std::exchange(saidGradual_, gate_.refreshesGradually());
  }
  if (sayGradual) {
    Log(LogLevel::kInfo, "gradual-refresh",
        "it sends no keyframes, but refreshes its picture bit by bit: all of it has to be decoded");
  }
  if (ready) ScheduleDecode();
}

void Camera::OnEnd() {
  if (options_.playback == Playback::kLive) {
    const std::lock_guard lock(mutex_);
    gate_.Restart();
    return;
  }
  if (decoder_) {
    try {
      decoder_->Drain([this](DecodedFrame frame) { OfferEveryFrame(std::move(frame)); });
    } catch (const Error& error) {
      CountDecodeError(error);
    }
  }
  std::unique_lock lock(mutex_);
  WaitUntilAnalysed(lock);
}

void Camera::ScheduleDecode() {
  if (pool_.Post([self = shared_from_this()](WorkerContext& context) { self->DecodeTask(context); })) return;
  const std::lock_guard lock(mutex_);
  decodeScheduled_ = false;
  changed_.notify_all();
}

/// One part of its work, then to the back of the queue: a camera with much to decode does not hold up the
/// others.
void Camera::DecodeTask(WorkerContext& context) {
  if (!TakeWork()) return;
  try {
    const DecodeMarks::Mark mark(context.marks, context.thread, options_.cameraId);
    RunPart();
  } catch (const std::exception& error) {
    CountDecodeError(error);
    LetWorkGo();
  }
  ScheduleDecode();
}

bool Camera::TakeWork() {
  const std::lock_guard lock(mutex_);
  // What is left is of a connection or a decoder that is no more.
  if (closed_ || newStream_ || restartDecode_) LetWorkGo();
  if (!work_.packets.empty()) return true;
  if (!closed_) work_ = gate_.Take(clock_.Now());
  if (!work_.packets.empty()) {
    TakeStream();
    return true;
  }
  decodeScheduled_ = false;
  // Under the lock: whoever waits in Close() may destroy this camera's pool next.
  changed_.notify_all();
  return false;
}

void Camera::LetWorkGo() {
  work_ = {};
  nextPacket_ = 0;
  newest_.reset();
}

/// With the lock that its packets are taken under: those of one connection never meet another one's decoder.
void Camera::TakeStream() {
  if (newStream_) {
    stream_ = std::move(newStream_);
    rebuild_ = true;
  }
  if (std::exchange(restartDecode_, false)) rebuild_ = true;
}

void Camera::PrepareDecoder(bool restart) {
  if (!stream_) throw Error("unsupported-codec", "the stream has no decoder");
  if (std::exchange(rebuild_, false) || !decoder_) {
    decoder_.reset();
    decoder_ = std::make_unique<Decoder>(
        *stream_, options_.hardware, devices_,
        [this](const std::string& message) { Log(LogLevel::kInfo, "decoder", message); });
  } else if (restart) {
    decoder_->Reset();
  }
  const std::lock_guard lock(mutex_);
  stats_.decoder = decoder_->Name();
}

void Camera::RunPart() {
  const MonotonicTime start = Monotonic::now();
  if (nextPacket_ == 0) {
    analysisOwed_ = analysisOwed_ || work_.analyse;
    PrepareDecoder(work_.restart);
  }
  uint64_t decoded = 0;
  const auto keepNewest = [&](DecodedFrame frame) {
    newest_.emplace(std::move(frame));
    ++decoded;
  };
  const size_t end = std::min(work_.packets.size(), nextPacket_ + kPacketsATask);
  for (; nextPacket_ < end && !closed_; ++nextPacket_) DecodePacket(work_.packets[nextPacket_], keepNewest);
  const bool done = nextPacket_ == work_.packets.size();
  const bool offer = done && newest_ && analysisOwed_;
  if (offer) newest_->ToPlanar();
  decodeMsSinceFrame_ += MillisecondsBetween(start, Monotonic::now());
  {
    const std::lock_guard lock(mutex_);
    stats_.framesDecoded += decoded;
  }
  if (offer) {
    analysisOwed_ = false;
    PutFrame(std::move(*newest_));
  }
  if (done) LetWorkGo();
}

void Camera::DecodePacket(const Packet& packet, const Decoder::Sink& sink) {
  try {
    if (work_.keyframeAlone) {
      DecodeKeyframe(packet, sink);
    } else if (IsUnseen(nextPacket_)) {
      decoder_->DecodeUnseen(packet, sink);
    } else {
      decoder_->Decode(packet, sink);
    }
  } catch (const Error& error) {
    CountDecodeError(error);
  }
}

void Camera::DecodeKeyframe(const Packet& packet, const Decoder::Sink& sink) {
  size_t pictures = 0;
  decoder_->DecodeKeyframe(packet, [&](DecodedFrame frame) {
    ++pictures;
    sink(std::move(frame));
  });
  bool givenUp = false;
  {
    const std::lock_guard lock(mutex_);
    givenUp = gate_.OnKeyframeDecoded(pictures);
  }
  if (givenUp) {
    Log(LogLevel::kInfo, "keyframes-futile",
        "its keyframes give no picture when they are alone: what follows them is decoded, too");
  }
}

/// Looked at is what comes last, if an analysis is owed.
bool Camera::IsUnseen(size_t index) const {
  if (!analysisOwed_) return work_.unseen;
  return index + decoder_->ReorderedPackets() < work_.packets.size();
}

void Camera::DecodeEveryFrame(const Packet& packet) {
  const MonotonicTime start = Monotonic::now();
  {
    const std::lock_guard lock(mutex_);
    TakeStream();
  }
  try {
    PrepareDecoder(false);
    const auto offer = [this](DecodedFrame frame) { OfferEveryFrame(std::move(frame)); };
    if (IsDue(packet.mediaTimeMs.value_or(0))) {
      decoder_->Decode(packet, offer);
    } else {
      decoder_->DecodeUnseen(packet, offer);
    }
  } catch (const Error& error) {
    CountDecodeError(error);
  }
  decodeMsSinceFrame_ += MillisecondsBetween(start, Monotonic::now());
}

bool Camera::IsDue(double mediaTimeMs) const {
  return mediaTimeMs + kMediaTimeToleranceMs >= nextMediaTimeMs_;
}

/// Waits for the frame's analysis, so that the reader is never ahead of it: nothing is lost.
void Camera::OfferEveryFrame(DecodedFrame frame) {
  {
    const std::lock_guard lock(mutex_);
    ++stats_.framesDecoded;
    if (closed_) return;
  }
  const double mediaTimeMs = frame.mediaTimeMs().value_or(0);
  if (!IsDue(mediaTimeMs)) return;
  const auto intervalMs = static_cast<double>(Interval().count());
  while (intervalMs > 0 && nextMediaTimeMs_ <= mediaTimeMs + kMediaTimeToleranceMs)
    nextMediaTimeMs_ += intervalMs;
  frame.ToPlanar();
  {
    std::unique_lock lock(mutex_);
    WaitUntilAnalysed(lock);
  }
  PutFrame(std::move(frame));
}

void Camera::WaitUntilAnalysed(std::unique_lock<std::mutex>& lock) {
  changed_.wait(lock, [this] { return closed_ || (!slot_ && !busy_); });
}

void Camera::PutFrame(DecodedFrame frame) {
  PendingFrame pending{std::move(frame), std::exchange(decodeMsSinceFrame_, 0), clock_.Now(), std::nullopt};
  if (options_.maxReuse.count() > 0) pending.scene = DigestScene(pending.frame.View());
  std::optional<VisionResult> reusable;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    const PlanarFrame view = pending.frame.View();
    stats_.imageWidthPx = view.widthPx;
    stats_.imageHeightPx = view.heightPx;
    decodeMsTotal_ += pending.decodeMs;
    ++stats_.framesOffered;
    reusable = TakeReusable(pending);
  }
  if (reusable) {
    frames_.OnFrameUnchanged(shared_from_this(), std::move(pending), std::move(*reusable));
  } else {
    OfferFrame(std::move(pending));
  }
}

void Camera::OfferFrame(PendingFrame pending) {
  bool announce = false;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    if (slot_) ++stats_.framesReplaced;
    slot_.emplace(std::move(pending));
    announce = !busy_ && !announced_;
    if (announce) announced_ = true;
  }
  if (announce) frames_.OnFrameReady(shared_from_this());
}

std::optional<VisionResult> Camera::TakeReusable(const PendingFrame& frame) {
  if (!analysed_ || !frame.scene || busy_ || slot_) return std::nullopt;
  // Files that are analysed as fast as possible live in their own time.
  const double ageMs =
      frame.frame.mediaTimeMs() && analysed_->mediaTimeMs && options_.playback == Playback::kEveryFrame
          ? *frame.frame.mediaTimeMs() - *analysed_->mediaTimeMs
          : MillisecondsBetween(analysed_->receivedAt, frame.frame.receivedAt());
  if (ageMs > static_cast<double>(options_.maxReuse.count())) return std::nullopt;
  if (!IsSameScene(analysed_->scene, *frame.scene)) return std::nullopt;
  busy_ = true;
  ++stats_.reused;
  return analysed_->result;
}

void Camera::CountDecodeError(const std::exception& error) {
  {
    const std::lock_guard lock(mutex_);
    ++stats_.decodeErrors;
  }
  const auto* known = dynamic_cast<const Error*>(&error);
  Log(LogLevel::kWarn, known ? known->code() : "decode-failed", error.what());
}

void Camera::Log(LogLevel level, std::string code, std::string message) {
  events_.OnLog({level, std::move(code), std::move(message), options_.cameraId});
}

}  // namespace roadwatch
