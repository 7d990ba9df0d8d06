#pragma once

#include <chrono>

#include "time/random.h"

namespace roadwatch {

struct BackoffOptions {
  std::chrono::milliseconds first{1000};
  std::chrono::milliseconds max{60000};
  std::chrono::milliseconds hopeless{60000};  ///< between tries of what cannot work as configured
};

/// Waits between connection attempts: exponential with jitter ("full jitter" over the upper half); the first
/// try after a success is immediate. One owner, no locking.
class Backoff {
 public:
  Backoff(BackoffOptions options, Random& random) : options_(options), random_(random) {}
  /// After a connection that gave packets.
  void Succeeded();
  /// The wait before the next attempt; grows with each call until Succeeded().
  std::chrono::milliseconds NextWait();
  std::chrono::milliseconds HopelessWait();

 private:
  BackoffOptions options_;
  Random& random_;
  int failures_ = 0;
  bool immediate_ = false;
};

}  // namespace roadwatch
