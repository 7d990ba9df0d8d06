#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "decode/due_schedule.h"
#include "decode/gop_meter.h"
#include "source/packet.h"

namespace roadwatch {

enum class DecodePolicy { kAuto, kKeyframes, kAll };
/// What the policy came to for a camera: keyframes alone, as far back as each analysis needs, or everything.
enum class DecodeMode { kKeyframes, kOnDemand, kAll };
const char* DecodeModeName(DecodeMode mode);

/// What is to be decoded for the next frame.
struct DecodeWork {
  std::vector<Packet> packets;  ///< in decoding order; empty: nothing to do
  bool keyframeAlone = false;   ///< one packet, to be decoded by Decoder::DecodeKeyframe
  bool restart = false;         ///< Decoder::Reset() first: the sequence starts anew at a keyframe
  bool analyse = false;         ///< the newest resulting frame is the one that is due
  bool unseen = false;          ///< nobody will look at any of the resulting frames
};

/// Decides which packets of one camera are decoded, and when. Pure logic on given times: the reader pushes,
/// a decode thread takes; its owner guards it. Bounded: beyond `kMaxHeldPackets` packets or
/// `kMaxHeldBytes` there is work at once, and at twice as much, untaken, all is dropped up to the next
/// keyframe.
///
/// A camera that sends no keyframes, but refreshes its picture bit by bit, is decoded from one such point on
/// without a gap, whatever the policy; so is one whose keyframes give no picture when they are alone.
class PacketGate {
 public:
  static constexpr size_t kMaxHeldPackets = 1500;
  static constexpr size_t kMaxHeldBytes = size_t{24} << 20;

  /// `phase`: this camera's place in the interval, so that cameras do not fall due at once.
  PacketGate(DecodePolicy policy, std::chrono::milliseconds interval, std::chrono::milliseconds phase,
             MonotonicTime start);

  /// Returns true when Take() would now give work.
  bool Push(Packet packet);
  DecodeWork Take(MonotonicTime now);
  void SetInterval(std::chrono::milliseconds interval, MonotonicTime now) { due_.SetInterval(interval, now); }
  /// A keyframe was decoded alone, without an error, and gave so many pictures. True when, from now on, what
  /// follows keyframes is decoded with them.
  bool OnKeyframeDecoded(size_t pictures);
  /// A new connection or round of a file: what was held belongs to the old one.
  void Restart();

  std::chrono::milliseconds interval() const { return due_.interval(); }
  DecodeMode mode() const { return mode_; }
  std::optional<std::chrono::milliseconds> gop() const { return gop_.Gop(); }
  /// The camera sends no keyframes, but refreshes its picture bit by bit.
  bool refreshesGradually() const { return refreshes_ >= kRefreshesWithoutKeyframe && keyframes_ < 2; }
  /// What was due, or to be decoded, but replaced by newer packets before a thread came to it.
  uint64_t replacedPackets() const { return replaced_; }

 private:
  void BeginAtKeyframe(MonotonicTime now);
  void BeginAtRefresh();
  void ChooseMode();
  void MoveTo(DecodeMode mode);
  void Hold(Packet packet);
  void GiveUpSequence();
  void Drop();
  bool KeyframeIsDue() const;
  bool KeyframeIsOverdue(MonotonicTime now) const;
  bool OverBound(size_t times = 1) const {
    return held_.size() > times * kMaxHeldPackets || heldBytes_ > times * kMaxHeldBytes;
  }
  bool DecodeIsBehind() const;
  bool HasWork(MonotonicTime now) const;
  DecodeWork TakeKeyframe();
  DecodeWork TakeSequence(MonotonicTime now);

  /// So many refreshes without a keyframe among them: none will come.
  static constexpr int kRefreshesWithoutKeyframe = 2;

  const DecodePolicy policy_;
  DecodeMode mode_;
  DueSchedule due_;
  GopMeter gop_;
  std::deque<Packet> held_;
  size_t heldBytes_ = 0;
  bool keyframeTaken_ = false;  ///< with keyframes alone: the held one, kept for what may follow it
  bool synced_ = false;         ///< a packet has come that this sequence begins with
  bool startsAnew_ = true;      ///< the first held packet is one that the decoder has not seen a way to
  // Of this connection.
  uint64_t keyframes_ = 0;
  int refreshes_ = 0;        ///< since the last keyframe
  int futileKeyframes_ = 0;  ///< one after the other
  bool keyframesStandAlone_ = true;
  bool firstFramePending_ = true;  ///< a camera's first picture comes at once
  uint64_t replaced_ = 0;
};

}  // namespace roadwatch
