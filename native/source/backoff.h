#pragma once

#include <chrono>

#include "time/random.h"

namespace roadwatch {

struct BackoffOptions {
  std::chrono::milliseconds first{1000};
  std::chrono::milliseconds max{60000};
  std::chrono::milliseconds hopeless{60000};  ///< between tries of what cannot work as configured
  std::chrono::milliseconds settled{10000};   ///< a connection that lasted as long was a good one
};

/// Waits between connection attempts: exponential with jitter ("equal jitter" of "Exponential Backoff And
/// Jitter", AWS Architecture Blog, 2015). The first try after a connection is immediate; connections that
/// break soon, one after the other, are failures all the same. One owner, no locking.
class Backoff {
 public:
  Backoff(BackoffOptions options, Random& random) : options_(options), random_(random) {}
  /// A connection that gave packets broke after so long.
  void Broke(std::chrono::milliseconds lasted);
  /// The wait before the next attempt; grows with each call until a connection has settled.
  std::chrono::milliseconds NextWait();
  std::chrono::milliseconds HopelessWait();

 private:
  BackoffOptions options_;
  Random& random_;
  int failures_ = 0;
  bool brokeSoon_ = false;
  bool immediate_ = false;
};

}  // namespace roadwatch
