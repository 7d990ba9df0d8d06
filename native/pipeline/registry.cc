#include "pipeline/registry.h"

#include <map>
#include <mutex>

namespace roadwatch {

namespace {

struct Entries {
  std::mutex mutex;
  std::map<uint32_t, std::weak_ptr<Pipeline>> pipelines;
  uint32_t lastId = 0;
};

Entries& TheEntries() {
  static Entries entries;
  return entries;
}

}  // namespace

uint32_t PipelineRegistry::Add(const std::shared_ptr<Pipeline>& pipeline) {
  Entries& entries = TheEntries();
  const std::lock_guard lock(entries.mutex);
  const uint32_t id = ++entries.lastId;
  entries.pipelines[id] = pipeline;
  return id;
}

std::shared_ptr<Pipeline> PipelineRegistry::Find(uint32_t id) {
  Entries& entries = TheEntries();
  const std::lock_guard lock(entries.mutex);
  const auto found = entries.pipelines.find(id);
  return found == entries.pipelines.end() ? nullptr : found->second.lock();
}

void PipelineRegistry::Remove(uint32_t id) {
  Entries& entries = TheEntries();
  const std::lock_guard lock(entries.mutex);
  entries.pipelines.erase(id);
}

}  // namespace roadwatch
