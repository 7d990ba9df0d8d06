#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "system/decode_marks.h"

namespace roadwatch {

/// The file of DecodeMarks: a head, then a slot a thread. Read by the same program on the same machine only.
struct MarksHead {
  static constexpr std::array<char, 8> kMagic{'R', 'W', 'M', 'A', 'R', 'K', 'S', '1'};
  static constexpr size_t kBootIdBytes = 40;

  std::array<char, 8> magic;
  uint64_t slots;
  std::array<char, kBootIdBytes> bootId;  ///< monotonic times and threads' numbers are of this boot alone
  std::atomic<int64_t> movedAtMs;         ///< monotonic: when a mark was last set or taken off
  std::atomic<int32_t> dismissed;
  std::atomic<int32_t> signal;  ///< that ended the process; 0: none was noted
  std::atomic<int32_t> sentFromOutside;
  std::atomic<int32_t> thread;  ///< that the signal came to, by its number in the system
};

struct MarksSlot {
  std::atomic<int32_t> thread;
  std::atomic<uint32_t> idBytes;  ///< 0: nothing is decoded
  std::atomic<int64_t> sinceMs;   ///< monotonic
  std::array<char, DecodeMarks::kIdBytes> id;
};

static_assert(std::atomic<int32_t>::is_always_lock_free && std::atomic<int64_t>::is_always_lock_free);

}  // namespace roadwatch
