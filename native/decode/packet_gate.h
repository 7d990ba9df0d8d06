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
};

/// Decides which packets of one camera are decoded, and when. Pure logic on given times: the reader pushes,
/// a decode thread takes; its owner guards it. Bounded: beyond `kMaxHeldPackets` packets or
/// `kMaxHeldBytes` there is work at once, and at twice as much, untaken, all is dropped up to the next
/// keyframe.
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
  /// A new connection or round of a file: what was held belongs to the old one.
  void Restart();

  std::chrono::milliseconds interval() const { return due_.interval(); }
  DecodeMode mode() const { return mode_; }
  std::optional<std::chrono::milliseconds> gop() const { return gop_.Gop(); }
  /// What was due, or to be decoded, but replaced by newer packets before a thread came to it.
  uint64_t replacedPackets() const { return replaced_; }

 private:
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

  const DecodePolicy policy_;
  DecodeMode mode_;
  DueSchedule due_;
  GopMeter gop_;
  std::deque<Packet> held_;
  size_t heldBytes_ = 0;
  bool keyframeTaken_ = false;  ///< with keyframes alone: the held one, kept for what may follow it
  bool synced_ = false;         ///< a keyframe of this sequence has come
  bool startsAnew_ = true;  ///< the first held packet is a keyframe that the decoder has not seen a way to
  bool firstFramePending_ = true;  ///< a camera's first picture comes at once
  uint64_t replaced_ = 0;
};

}  // namespace roadwatch
