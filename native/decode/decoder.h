#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "decode/hardware_devices.h"
#include "image/planar_frame.h"
#include "source/packet.h"

namespace roadwatch {

enum class HardwareDecode { kNone, kAuto, kCuda, kVaapi, kV4l2m2m };

/// Whether a decoder can begin anew after its end; FFmpeg's wrapper of V4L2 devices cannot, and is opened
/// anew.
bool CanBeFlushed(const AVCodec& codec);

/// A decoded picture and the moment it belongs to. Comes as the decoder made it (any pixel format, perhaps in
/// device memory); ToPlanar() brings it to 8-bit planar YUV, so that only frames somebody wants pay for it.
class DecodedFrame {
 public:
  DecodedFrame(AvFramePtr frame, int64_t captureUtcMs, MonotonicTime receivedAt,
               std::optional<double> mediaTimeMs);
  /// Converts to 8-bit planar YUV in memory (10-bit, NV12, RGB, device memory, ...); free where it is that
  /// already. Throws Error("decode-failed").
  void ToPlanar();
  /// The picture's planes; ToPlanar() must have been called. Valid as long as this object.
  PlanarFrame View() const;
  int64_t captureUtcMs() const { return captureUtcMs_; }
  MonotonicTime receivedAt() const { return receivedAt_; }
  std::optional<double> mediaTimeMs() const { return mediaTimeMs_; }

 private:
  AvFramePtr frame_;
  int64_t captureUtcMs_;
  MonotonicTime receivedAt_;
  std::optional<double> mediaTimeMs_;
};

/// One camera's decoder (FFmpeg): software on the calling thread, or hardware with a clean fall-back.
/// Pictures that came damaged, or are not whole yet after a gradual refresh began, are dropped. Used by one
/// thread at a time; owns its codec context.
class Decoder {
 public:
  using Sink = std::function<void(DecodedFrame)>;
  using Log = std::function<void(const std::string& message)>;

  /// `devices` is used while hardware is opened, not later. Throws Error("unsupported-codec").
  Decoder(const AVCodecParameters& parameters, HardwareDecode hardware, HardwareDevices& devices, Log log);
  ~Decoder();

  /// Decodes one packet of a running sequence; frames may come late (reordering), each with the times of its
  /// own packet.
  /// Throws Error("decode-failed") when the packet is rubbish; the decoder can go on.
  void Decode(const Packet& packet, const Sink& sink);
  /// As Decode(), for a packet whose picture nobody will look at: one that no other picture refers to is left
  /// out. What comes later is the same to the bit. Earlier pictures may still come out.
  void DecodeUnseen(const Packet& packet, const Sink& sink);
  /// Decodes one keyframe alone and gives its picture at once.
  void DecodeKeyframe(const Packet& packet, const Sink& sink);
  /// Gives what is still held (end of stream), then is ready for a new sequence.
  void Drain(const Sink& sink);
  /// Forgets the sequence so far; the next packet must be one that decoding can begin with.
  void Reset();
  /// How many of the last packets must be decoded with Decode() for the newest picture to be what it would be
  /// after Decode() alone: pictures leave the decoder this much later than their packets come.
  size_t ReorderedPackets() const;
  /// "software", "cuda", "vaapi" or "v4l2m2m": what is in use now.
  std::string Name() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace roadwatch
