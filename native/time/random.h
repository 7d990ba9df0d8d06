#pragma once

#include <mutex>
#include <random>

namespace roadwatch {

/// Where chance comes from (jitter). Given in the constructor so that a test fixes it. Thread-safe.
class Random {
 public:
  virtual ~Random() = default;
  /// Uniform in [0, 1).
  virtual double NextUnit() = 0;
};

class SystemRandom final : public Random {
 public:
  double NextUnit() override {
    const std::lock_guard lock(mutex_);
    return unit_(engine_);
  }

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_{std::random_device{}()};
  std::uniform_real_distribution<double> unit_{0.0, 1.0};
};

}  // namespace roadwatch
