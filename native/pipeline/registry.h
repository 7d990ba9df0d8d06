#pragma once

#include <cstdint>
#include <memory>

namespace roadwatch {

class Pipeline;

/// The one thing that is shared by all of a process's threads: which pipeline has which id. Node has no way
/// to hand a native object from one thread to another, so a worker finds the pipeline it serves by its id.
/// Holds weak references only; thread-safe.
class PipelineRegistry {
 public:
  static uint32_t Add(const std::shared_ptr<Pipeline>& pipeline);
  /// None when it is gone.
  static std::shared_ptr<Pipeline> Find(uint32_t id);
  static void Remove(uint32_t id);
};

}  // namespace roadwatch
