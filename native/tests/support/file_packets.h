#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "source/file_source.h"

namespace roadwatch {

/// A file's stream, and all of its packets.
struct FilePackets {
  FilePackets() = default;
  explicit FilePackets(const std::string& path) {
    const SystemClock clock;
    const std::atomic<bool> interrupt{false};
    SourceOptions options;
    options.url = path;
    options.allowFiles = true;
    options.loop = false;
    options.paced = false;
    FileSource source(options, clock, interrupt);
    stream = source.Open();
    for (Packet packet; source.Read(packet) == ReadResult::kPacket; packet = {})
      packets.push_back(std::move(packet));
  }

  StreamInfo stream;
  std::vector<Packet> packets;
};

}  // namespace roadwatch
