#include "decode/decoder.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "decode/frame_buffers.h"
#include "decode/planar_conversion.h"
#include "error.h"
#include "media/av_error.h"

namespace roadwatch {

namespace {

/// 8K and a bit: what is larger is no camera's picture, but an attempt to fill the memory.
constexpr int64_t kMaxPixels = int64_t{64} << 20;

struct Hardware {
  HardwareDecode kind;
  AVHWDeviceType device;
  const char* name;
};

constexpr std::string_view kSoftware = "software";
constexpr std::string_view kV4l2m2m = "v4l2m2m";

constexpr std::array<Hardware, 2> kDevices{{{HardwareDecode::kCuda, AV_HWDEVICE_TYPE_CUDA, "cuda"},
                                            {HardwareDecode::kVaapi, AV_HWDEVICE_TYPE_VAAPI, "vaapi"}}};

const char* V4l2DecoderName(AVCodecID codec) {
  if (codec == AV_CODEC_ID_H264) return "h264_v4l2m2m";
  return codec == AV_CODEC_ID_HEVC ? "hevc_v4l2m2m" : nullptr;
}

/// Takes the device's format where the decoder offers it, else the first in memory.
AVPixelFormat ChooseFormat(AVCodecContext* context, const AVPixelFormat* offered) {
  const auto* wanted = static_cast<const AVPixelFormat*>(context->opaque);
  for (const AVPixelFormat* format = offered; *format != AV_PIX_FMT_NONE; ++format) {
    if (wanted != nullptr && *format == *wanted) return *format;
  }
  return avcodec_default_get_format(context, offered);
}

/// When a packet's picture was captured; found again by the packet's number after the decoder's reordering.
struct Stamp {
  int64_t number = -1;
  int64_t captureUtcMs = 0;
  MonotonicTime receivedAt{};
  std::optional<double> mediaTimeMs;
};

/// More than any codec reorders.
constexpr size_t kStamps = 64;
/// By so many frames a picture may be shown earlier or later than it is decoded: H.264 A.3.1, H.265 A.4.2.
constexpr int kLongestReorderFrames = 16;
/// A decoder that takes no packet gives pictures first; one that still takes none is stuck.
constexpr int kSendAttempts = 3;

}  // namespace

bool CanBeFlushed(const AVCodec& codec) {
  return codec.wrapper_name == nullptr || codec.wrapper_name != kV4l2m2m;
}

DecodedFrame::DecodedFrame(AvFramePtr frame, int64_t captureUtcMs, MonotonicTime receivedAt,
                           std::optional<double> mediaTimeMs)
    : frame_(std::move(frame)),
      captureUtcMs_(captureUtcMs),
      receivedAt_(receivedAt),
      mediaTimeMs_(mediaTimeMs) {}

void DecodedFrame::ToPlanar() { frame_ = ToPlanarYuv(std::move(frame_)); }

PlanarFrame DecodedFrame::View() const { return ViewOf(*frame_); }

struct Decoder::Impl {
  Impl(const AVCodecParameters& parameters_, HardwareDecode hardware, HardwareDevices& devices, Log log_)
      : log(std::move(log_)) {
    parameters.reset(avcodec_parameters_alloc());
    avcodec_parameters_copy(parameters.get(), &parameters_);
    if (hardware != HardwareDecode::kNone && OpenHardware(hardware, devices)) return;
    OpenSoftware();
  }

  bool OpenHardware(HardwareDecode wanted, HardwareDevices& devices) {
    for (const Hardware& candidate : kDevices) {
      if (wanted != HardwareDecode::kAuto && wanted != candidate.kind) continue;
      if (OpenDevice(candidate, devices)) return true;
    }
    if (wanted == HardwareDecode::kAuto || wanted == HardwareDecode::kV4l2m2m) {
      if (OpenV4l2()) return true;
    }
    log("hardware decoding is not available here; software decodes");
    return false;
  }

  bool OpenDevice(const Hardware& hardware, HardwareDevices& devices) {
    const AVCodec* codec = avcodec_find_decoder(parameters->codec_id);
    if (codec == nullptr) return false;
    for (int i = 0;; ++i) {
      const AVCodecHWConfig* config = avcodec_get_hw_config(codec, i);
      if (config == nullptr) return false;
      const bool fits = config->device_type == hardware.device &&
                        (config->methods & AV_CODEC_HW_CONFIG_METHOD_HW_DEVICE_CTX) != 0;
      if (!fits) continue;
      const AvBufferPtr device = devices.Get(hardware.device);
      if (!device) return false;
      deviceFormat = config->pix_fmt;
      if (!Open(codec, device.get())) return false;
      name = hardware.name;
      log(std::string(hardware.name) + " decodes");
      return true;
    }
  }

  bool OpenV4l2() {
    const char* decoderName = V4l2DecoderName(parameters->codec_id);
    const AVCodec* codec = decoderName == nullptr ? nullptr : avcodec_find_decoder_by_name(decoderName);
    deviceFormat = AV_PIX_FMT_NONE;
    if (codec == nullptr || !Open(codec, nullptr)) return false;
    name = kV4l2m2m;
    log("v4l2m2m decodes");
    return true;
  }

  void OpenSoftware() {
    const AVCodec* codec = avcodec_find_decoder(parameters->codec_id);
    deviceFormat = AV_PIX_FMT_NONE;
    if (codec == nullptr || !Open(codec, nullptr)) {
      throw Error("unsupported-codec",
                  std::string("cannot decode ") + avcodec_get_name(parameters->codec_id) + " here");
    }
    name = kSoftware;
  }

  bool Open(const AVCodec* codec, AVBufferRef* device) {
    context.reset(avcodec_alloc_context3(codec));
    if (!context || avcodec_parameters_to_context(context.get(), parameters.get()) < 0) return false;
    context->thread_count = 1;
    context->max_pixels = kMaxPixels;
    context->opaque = &deviceFormat;
    context->get_format = ChooseFormat;
    // With a device, too: where it does not take the stream after all, pictures are made in memory.
    if ((codec->capabilities & AV_CODEC_CAP_DR1) != 0) ShareFrameBuffers(*context);
    if (device != nullptr) context->hw_device_ctx = av_buffer_ref(device);
    atStart = true;
    return avcodec_open2(context.get(), codec, nullptr) >= 0;
  }

  void Decode(const Packet& packet, AVDiscard leftOut, const Sink& sink) {
    context->skip_frame = leftOut;
    Send(packet, sink);
    Receive(sink);
  }

  void Send(const Packet& packet, const Sink& sink) {
    if (std::exchange(atStart, false)) {
      // FFmpeg's H.264 decoder waits by itself; others show what was never sent as grey.
      const int refreshFrames = packet.refreshFrames.value_or(0);
      wholeFrom = refreshFrames == 0 ? next : next + refreshFrames + kLongestReorderFrames;
    }
    AVPacket& data = *packet.data;
    const int64_t pts = data.pts;
    stamps[static_cast<size_t>(next) % kStamps] = {next, packet.captureUtcMs, packet.receivedAt,
                                                   packet.mediaTimeMs};
    data.pts = next++;
    int error = avcodec_send_packet(context.get(), &data);
    for (int attempt = 1; error == AVERROR(EAGAIN) && attempt < kSendAttempts; ++attempt) {
      Receive(sink);
      error = avcodec_send_packet(context.get(), &data);
    }
    data.pts = pts;
    if (error >= 0) return;
    FallBack();
    throw Error("decode-failed", "cannot decode a packet: " + AvErrorText(error));
  }

  /// Pictures that the decoder had to make up in part are dropped: what is seen in them is not there.
  void Receive(const Sink& sink) {
    bool damaged = false;
    for (;;) {
      AvFramePtr frame(av_frame_alloc());
      const int error = avcodec_receive_frame(context.get(), frame.get());
      if (error == AVERROR(EAGAIN) || error == AVERROR_EOF) break;
      if (error < 0) {
        FallBack();
        throw Error("decode-failed", "cannot decode a picture: " + AvErrorText(error));
      }
      NoticeSoftware(*frame);
      if (frame->pts >= 0 && frame->pts < wholeFrom) continue;
      if (frame->decode_error_flags != 0 || (frame->flags & AV_FRAME_FLAG_CORRUPT) != 0) {
        damaged = true;
        continue;
      }
      Stamp stamp = stamps[static_cast<size_t>(frame->pts < 0 ? 0 : frame->pts) % kStamps];
      if (stamp.number != frame->pts) stamp = stamps[static_cast<size_t>(next - 1) % kStamps];
      sink(DecodedFrame(std::move(frame), stamp.captureUtcMs, stamp.receivedAt, stamp.mediaTimeMs));
    }
    if (damaged) throw Error("decode-failed", "dropped a picture that came damaged");
  }

  void Drain(const Sink& sink) {
    if (atStart) return;
    avcodec_send_packet(context.get(), nullptr);
    try {
      Receive(sink);
    } catch (const Error&) {
      Flush();
      throw;
    }
    Flush();
  }

  /// FFmpeg goes over to software by itself where the device does not take the stream.
  void NoticeSoftware(const AVFrame& frame) {
    if (deviceFormat == AV_PIX_FMT_NONE || frame.format == deviceFormat || name == kSoftware) return;
    log(std::string(name) + " does not take this stream; software decodes");
    name = kSoftware;
  }

  /// Hardware that fails is not asked again: software takes over at the next keyframe.
  void FallBack() {
    if (name == kSoftware) return;
    log(std::string(name) + " failed; software decodes from now on");
    OpenSoftware();
  }

  void Flush() {
    if (atStart) return;
    atStart = true;
    if (CanBeFlushed(*context->codec)) {
      avcodec_flush_buffers(context.get());
    } else if (!Open(context->codec, nullptr)) {
      FallBack();
    }
  }

  Log log;
  AvCodecParametersPtr parameters;
  AvCodecContextPtr context;
  AVPixelFormat deviceFormat = AV_PIX_FMT_NONE;
  std::string_view name = kSoftware;
  bool atStart = true;  ///< nothing was sent since it was opened or flushed
  int64_t next = 0;
  int64_t wholeFrom = 0;  ///< pictures of earlier packets are not whole
  std::array<Stamp, kStamps> stamps;
};

Decoder::Decoder(const AVCodecParameters& parameters, HardwareDecode hardware, HardwareDevices& devices,
                 Log log)
    : impl_(std::make_unique<Impl>(parameters, hardware, devices, std::move(log))) {}

Decoder::~Decoder() = default;

void Decoder::Decode(const Packet& packet, const Sink& sink) {
  impl_->Decode(packet, AVDISCARD_DEFAULT, sink);
}

void Decoder::DecodeUnseen(const Packet& packet, const Sink& sink) {
  impl_->Decode(packet, AVDISCARD_NONREF, sink);
}

void Decoder::DecodeKeyframe(const Packet& packet, const Sink& sink) {
  impl_->Flush();
  impl_->Decode(packet, AVDISCARD_DEFAULT, sink);
  Drain(sink);
}

void Decoder::Drain(const Sink& sink) { impl_->Drain(sink); }

void Decoder::Reset() { impl_->Flush(); }

size_t Decoder::ReorderedPackets() const {
  // Where pictures come in two fields, each is a packet.
  constexpr int kPacketsAPicture = 2;
  constexpr int kMargin = 4;
  return static_cast<size_t>(kPacketsAPicture * impl_->context->has_b_frames + kMargin);
}

std::string Decoder::Name() const { return std::string(impl_->name); }

}  // namespace roadwatch
