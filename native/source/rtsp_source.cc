#include "source/rtsp_source.h"

#include <string>
#include <utility>

#include "source/rtsp/rtsp_message.h"

namespace roadwatch {

namespace {

bool IsOverTcp(const SourceOptions& options) {
  return !options.udp && LowerCase(options.url.substr(0, options.url.find(':'))) == "rtsp";
}

}  // namespace

RtspSource::RtspSource(SourceOptions options, const Clock& clock, const std::atomic<bool>& interrupt)
    : options_(std::move(options)), clock_(clock), interrupt_(interrupt) {}

StreamInfo RtspSource::Open() {
  if (IsOverTcp(options_)) {
    lean_ = std::make_unique<TcpRtspSource>(options_, clock_, interrupt_);
    if (auto stream = lean_->Open()) return std::move(*stream);
    lean_.reset();
  }
  other_ = std::make_unique<AvRtspSource>(options_, clock_, interrupt_);
  return other_->Open();
}

ReadResult RtspSource::Read(Packet& packet) { return lean_ ? lean_->Read(packet) : other_->Read(packet); }

}  // namespace roadwatch
