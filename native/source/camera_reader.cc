#include "source/camera_reader.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "error.h"
#include "media/url.h"
#include "source/file_source.h"
#include "source/rtsp_source.h"
#include "thread/start.h"

namespace roadwatch {

namespace {

/// What cannot get better by trying again soon.
bool IsHopeless(std::string_view code) {
  constexpr std::array<std::string_view, 6> kHopeless{"bad-url",   "scheme-refused",    "unauthorized",
                                                      "not-found", "unsupported-codec", "no-video"};
  return std::find(kHopeless.begin(), kHopeless.end(), code) != kHopeless.end();
}

}  // namespace

std::unique_ptr<FrameSource> MakeFrameSource(const SourceOptions& options, const Clock& clock,
                                             const std::atomic<bool>& interrupt) {
  if (CheckUrl(options.url, options.allowFiles) == UrlKind::kRtsp) {
    return std::make_unique<RtspSource>(options, clock, interrupt);
  }
  return std::make_unique<FileSource>(options, clock, interrupt);
}

struct CameraReader::Impl {
  Impl(SourceOptions options_, BackoffOptions backoff_, FrameSourceFactory factory_, const Clock& clock_,
       Random& random, Listener& listener_)
      : options(std::move(options_)),
        factory(std::move(factory_)),
        clock(clock_),
        listener(listener_),
        backoff(backoff_, random) {}

  void Run();
  /// One connection from its start to its end. True when the file played once is over.
  bool Session();
  bool ReadUntilEnd(FrameSource& source);
  void Lost(const Fault& fault);
  void Wait(std::chrono::milliseconds wait);
  void MoveTo(decltype(ConnectionState::value) next);
  bool Closing() const {
    const std::lock_guard lock(mutex);
    return closing;
  }

  const SourceOptions options;
  const FrameSourceFactory factory;
  const Clock& clock;
  Listener& listener;
  Backoff backoff;
  int attempt = 1;

  mutable std::mutex mutex;
  std::condition_variable wake;
  bool closing = false;
  bool restart = false;
  bool live = false;
  MonotonicTime liveSince;
  QualityMeter quality;
  std::atomic<bool> interrupt{false};
  std::thread thread;
};

void CameraReader::Impl::Run() {
  while (!Closing()) {
    try {
      if (Session()) {
        MoveTo(Ended{});
        return;
      }
    } catch (const Error& error) {
      if (Closing()) return;
      Lost({error.code(), error.what()});
    } catch (const std::exception& error) {
      Lost({"io-error", error.what()});
    }
  }
}

bool CameraReader::Impl::Session() {
  MoveTo(Connecting{attempt});
  const auto source = factory(options, interrupt);
  StreamInfo stream = source->Open();
  listener.OnStream(std::move(stream));
  return ReadUntilEnd(*source);
}

bool CameraReader::Impl::ReadUntilEnd(FrameSource& source) {
  bool first = true;
  for (;;) {
    Packet packet;
    switch (source.Read(packet)) {
      case ReadResult::kInterrupted:
        throw Error("interrupted", "interrupted");
      case ReadResult::kEnd:
        listener.OnEnd();
        if (!options.loop) return !Closing();
        continue;
      case ReadResult::kPacket:
        break;
    }
    {
      const std::lock_guard lock(mutex);
      quality.Packet(packet.receivedAt, packet.data->size);
    }
    if (std::exchange(first, false)) {
      attempt = 1;
      liveSince = clock.Now();
      MoveTo(Live{});
    }
    listener.OnPacket(std::move(packet));
  }
}

void CameraReader::Impl::Lost(const Fault& fault) {
  bool wasLive = false;
  bool restarted = false;
  {
    const std::lock_guard lock(mutex);
    wasLive = live;
    restarted = std::exchange(restart, false);
    if (!closing) interrupt = false;
    // One incident is one mark: a stall, or a connection that broke.
    if (fault.code == "read-timeout") {
      quality.Stall(clock.Now());
    } else if (wasLive) {
      quality.Reconnect(clock.Now());
    }
  }
  if (wasLive) backoff.Broke(std::chrono::duration_cast<std::chrono::milliseconds>(clock.Now() - liveSince));
  if (fault.code == "read-timeout") MoveTo(Stalled{});
  const bool hopeless = IsHopeless(fault.code) && !restarted;
  const auto wait = restarted  ? std::chrono::milliseconds(0)
                    : hopeless ? backoff.HopelessWait()
                               : backoff.NextWait();
  const int64_t next = clock.UtcMs() + wait.count();
  ++attempt;
  if (hopeless) {
    MoveTo(Failed{fault, next});
  } else {
    MoveTo(Reconnecting{restarted ? Fault{"restarted", "started anew"} : fault, attempt, next});
  }
  Wait(wait);
}

void CameraReader::Impl::Wait(std::chrono::milliseconds wait) {
  std::unique_lock lock(mutex);
  wake.wait_for(lock, wait, [this] { return closing || restart; });
  if (std::exchange(restart, false) && !closing) interrupt = false;
}

/// The one place where a camera's state changes:
///   connecting -> live -> stalled -> reconnecting -> connecting ...
///   connecting | live -> reconnecting | failed -> connecting ...;  live -> ended
void CameraReader::Impl::MoveTo(decltype(ConnectionState::value) next) {
  {
    const std::lock_guard lock(mutex);
    if (closing) return;
    live = std::holds_alternative<Live>(next);
  }
  listener.OnState({std::move(next), clock.UtcMs()});
}

CameraReader::CameraReader(SourceOptions options, BackoffOptions backoff, FrameSourceFactory factory,
                           const Clock& clock, Random& random, Listener& listener)
    : impl_(
          std::make_unique<Impl>(std::move(options), backoff, std::move(factory), clock, random, listener)) {}

CameraReader::~CameraReader() { Close(); }

void CameraReader::Start() {
  const std::lock_guard lock(impl_->mutex);
  if (!impl_->closing) impl_->thread = StartThread("rw-reader", [impl = impl_.get()] { impl->Run(); });
}

void CameraReader::RequestClose() noexcept {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->closing = true;
    impl_->interrupt = true;
  }
  impl_->wake.notify_all();
}

void CameraReader::Close() noexcept {
  RequestClose();
  std::thread thread;
  {
    const std::lock_guard lock(impl_->mutex);
    thread = std::move(impl_->thread);
  }
  if (thread.joinable()) thread.join();
}

void CameraReader::Restart() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->restart = true;
    impl_->interrupt = true;
  }
  impl_->wake.notify_all();
}

SourceQuality CameraReader::Quality() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->quality.Read(impl_->clock.Now(), impl_->live);
}

}  // namespace roadwatch
