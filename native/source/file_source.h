#pragma once

#include "source/av_input.h"
#include "source/frame_source.h"

namespace roadwatch {

/// A video or picture file, once or in a loop, at its own pace or as fast as it is read. At each end Read()
/// gives kEnd; where the file loops, the next call starts again. Packets played at their own pace are stamped
/// with the moment of playing.
class FileSource final : public FrameSource {
 public:
  FileSource(SourceOptions options, const Clock& clock, const std::atomic<bool>& interrupt);
  StreamInfo Open() override;
  ReadResult Read(Packet& packet) override;

 private:
  void StartRound();
  /// Waits until the packet is due; false when interrupted.
  bool Pace(double decodeTimeMs);
  bool WaitUntil(MonotonicTime when) const;
  double TimeMs(int64_t timestamp) const;

  const SourceOptions options_;
  const Clock& clock_;
  AvInput input_;
  bool atEnd_ = false;
  int packetsThisRound_ = 0;
  MonotonicTime roundStart_{};
  double lastTimeMs_ = 0;
};

}  // namespace roadwatch
