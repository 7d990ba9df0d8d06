#include "decode/packet_gate.h"

#include <algorithm>
#include <utility>

namespace roadwatch {

namespace {

/// Keyframes this much rarer than the interval are still often enough: the effective interval is then the
/// GOP.
constexpr double kGopTolerance = 1.25;
/// Leaving on-demand decoding needs a clearer case than entering it, so that a trembling GOP does not toggle.
constexpr double kGopReturn = 1.1;
/// A keyframe that has not come for so many intervals is not waited for.
constexpr double kOverdueIntervals = 1.5;
/// One may have been damaged in a way that the decoder does not see.
constexpr int kFutileKeyframes = 2;
/// However much later than their packets pictures come out of the decoder, it is not by more than this.
constexpr std::chrono::milliseconds kLongestReorder{1000};

}  // namespace

const char* DecodeModeName(DecodeMode mode) {
  switch (mode) {
    case DecodeMode::kKeyframes:
      return "keyframes";
    case DecodeMode::kOnDemand:
      return "on-demand";
    case DecodeMode::kAll:
      return "all";
  }
  return "all";
}

PacketGate::PacketGate(DecodePolicy policy, std::chrono::milliseconds interval,
                       std::chrono::milliseconds phase, MonotonicTime start)
    : policy_(policy),
      mode_(policy == DecodePolicy::kAll ? DecodeMode::kAll : DecodeMode::kKeyframes),
      due_(interval, phase, start) {}

bool PacketGate::Push(Packet packet) {
  const MonotonicTime now = packet.receivedAt;
  if (packet.keyframe) BeginAtKeyframe(now);
  if (packet.refreshFrames) BeginAtRefresh();
  if (OverBound(2)) GiveUpSequence();
  if (!synced_) return false;
  Hold(std::move(packet));
  return HasWork(now);
}

DecodeWork PacketGate::Take(MonotonicTime now) {
  if (!HasWork(now)) return {};
  if (mode_ == DecodeMode::kKeyframes && KeyframeIsDue()) return TakeKeyframe();
  if (mode_ == DecodeMode::kKeyframes) MoveTo(DecodeMode::kOnDemand);
  return TakeSequence(now);
}

bool PacketGate::OnKeyframeDecoded(size_t pictures) {
  futileKeyframes_ = pictures > 0 ? 0 : futileKeyframes_ + 1;
  if (futileKeyframes_ < kFutileKeyframes || mode_ != DecodeMode::kKeyframes) return false;
  keyframesStandAlone_ = false;
  MoveTo(DecodeMode::kOnDemand);
  // Held is the keyframe with what followed it, or, where only keyframes were wanted, nothing.
  synced_ = !held_.empty();
  return true;
}

void PacketGate::Restart() {
  Drop();
  gop_.Interrupted();
  synced_ = false;
  startsAnew_ = true;
  keyframes_ = 0;
  refreshes_ = 0;
  futileKeyframes_ = 0;
  keyframesStandAlone_ = true;
}

void PacketGate::BeginAtKeyframe(MonotonicTime now) {
  gop_.Keyframe(now);
  ++keyframes_;
  refreshes_ = 0;
  ChooseMode();
  synced_ = true;
}

/// Where the sequence has begun, it goes on; keyframes that were waited for alone are given up.
void PacketGate::BeginAtRefresh() {
  refreshes_ = synced_ ? std::min(refreshes_ + 1, kRefreshesWithoutKeyframe) : kRefreshesWithoutKeyframe;
  const bool alone = policy_ == DecodePolicy::kKeyframes && mode_ == DecodeMode::kKeyframes;
  if (synced_ && !(alone && refreshesGradually())) return;
  Drop();
  MoveTo(policy_ == DecodePolicy::kAll ? DecodeMode::kAll : DecodeMode::kOnDemand);
  synced_ = true;
}

/// At a keyframe, where every way of decoding can begin.
void PacketGate::ChooseMode() {
  if (!keyframesStandAlone_) return;
  if (policy_ == DecodePolicy::kKeyframes && mode_ != DecodeMode::kKeyframes) {
    Drop();
    MoveTo(DecodeMode::kKeyframes);
  }
  if (policy_ != DecodePolicy::kAuto || !gop_.Gop()) return;
  const auto gopMs = static_cast<double>(gop_.Gop()->count());
  const auto intervalMs = static_cast<double>(due_.interval().count());
  const double limit = mode_ == DecodeMode::kOnDemand ? kGopReturn : kGopTolerance;
  const DecodeMode next = gopMs <= limit * intervalMs ? DecodeMode::kKeyframes : DecodeMode::kOnDemand;
  if (next == mode_) return;
  Drop();
  MoveTo(next);
}

void PacketGate::MoveTo(DecodeMode mode) {
  mode_ = mode;
  startsAnew_ = true;
}

void PacketGate::GiveUpSequence() {
  ++replaced_;
  Drop();
  startsAnew_ = true;
  // A keyframe that has just come begins the next one.
  synced_ = false;
}

/// Where everything is decoded: two keyframes are held already, so decoding is slower than the camera.
bool PacketGate::DecodeIsBehind() const {
  return std::count_if(held_.begin(), held_.end(), [](const Packet& packet) { return packet.keyframe; }) >= 2;
}

void PacketGate::Hold(Packet packet) {
  if (packet.keyframe && mode_ == DecodeMode::kAll && DecodeIsBehind()) {
    GiveUpSequence();
    synced_ = true;
  }
  const bool beginsAnew = packet.keyframe && (keyframesStandAlone_ || startsAnew_);
  if (beginsAnew && mode_ != DecodeMode::kAll) {
    // Whatever came before this keyframe is not needed any more.
    if (mode_ == DecodeMode::kKeyframes && !held_.empty() && KeyframeIsDue()) ++replaced_;
    Drop();
    startsAnew_ = true;
  } else if (policy_ == DecodePolicy::kKeyframes && mode_ == DecodeMode::kKeyframes) {
    return;
  }
  heldBytes_ += static_cast<size_t>(packet.data->size);
  held_.push_back(std::move(packet));
}

void PacketGate::Drop() {
  held_.clear();
  heldBytes_ = 0;
  keyframeTaken_ = false;
}

bool PacketGate::KeyframeIsDue() const {
  if (keyframeTaken_) return false;
  return firstFramePending_ || due_.IsDue(held_.front().receivedAt, gop_.Gop().value_or(Milliseconds(0)));
}

/// The camera sends keyframes more rarely than it did, or than is known yet.
bool PacketGate::KeyframeIsOverdue(MonotonicTime now) const {
  if (policy_ != DecodePolicy::kAuto) return false;
  const auto patience = std::chrono::duration_cast<Monotonic::duration>(kOverdueIntervals * due_.interval());
  return now - held_.front().receivedAt > patience && due_.IsDue(now, Milliseconds(0));
}

bool PacketGate::HasWork(MonotonicTime now) const {
  if (held_.empty()) return false;
  if (OverBound()) return true;
  switch (mode_) {
    case DecodeMode::kAll:
      return true;
    case DecodeMode::kOnDemand:
      return firstFramePending_ || due_.IsDue(now, Milliseconds(0));
    case DecodeMode::kKeyframes:
      return KeyframeIsDue() || KeyframeIsOverdue(now);
  }
  return false;
}

DecodeWork PacketGate::TakeKeyframe() {
  DecodeWork work;
  // The schedule follows arrivals, not the thread that comes to them: a busy pool does not shift the grid.
  const MonotonicTime arrived = held_.front().receivedAt;
  if (policy_ == DecodePolicy::kAuto) {
    work.packets.push_back(held_.front().Share());
    keyframeTaken_ = true;
  } else {
    work.packets.push_back(std::move(held_.front()));
    Drop();
  }
  work.keyframeAlone = true;
  work.analyse = true;
  due_.Taken(arrived, gop_.Gop().value_or(Milliseconds(0)));
  firstFramePending_ = false;
  return work;
}

DecodeWork PacketGate::TakeSequence(MonotonicTime now) {
  DecodeWork work;
  work.restart = std::exchange(startsAnew_, false);
  work.analyse = firstFramePending_ || due_.IsDue(now, Milliseconds(0));
  work.unseen = !work.analyse && !due_.IsDue(now + kLongestReorder, Milliseconds(0));
  for (Packet& packet : held_) work.packets.push_back(std::move(packet));
  Drop();
  if (work.analyse) due_.Taken(now, Milliseconds(0));
  firstFramePending_ = false;
  return work;
}

}  // namespace roadwatch
