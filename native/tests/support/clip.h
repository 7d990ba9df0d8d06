#pragma once

#include <doctest/doctest.h>

extern "C" {
#include <libavutil/opt.h>
}

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "decode/decoder.h"
#include "source/entry_point.h"
#include "tests/support/file_packets.h"

namespace roadwatch {

inline void IgnoreLog(const std::string& /*line*/) {}

/// A clip of demo/ with all of its packets, or one that was encoded for a test.
struct Clip : FilePackets {
  Clip() = default;
  explicit Clip(const std::string& name) : FilePackets(std::string(ROADWATCH_DEMO_DIR) + "/" + name) {}
};

/// What FFmpeg's `encoder` makes of the first frames of a demo clip, with these options: what a camera would
/// send, its parameter sets told beforehand. Media times count frames.
class EncodedClip {
 public:
  EncodedClip(const std::string& encoder, const std::map<std::string, std::string>& options, size_t frames)
      : frames_(frames) {
    const AVCodec* codec = avcodec_find_encoder_by_name(encoder.c_str());
    REQUIRE_MESSAGE(codec != nullptr, "FFmpeg has no " << encoder);
    context_.reset(avcodec_alloc_context3(codec));
    context_->time_base = {1, kFramesPerSecond};
    context_->framerate = {kFramesPerSecond, 1};
    context_->pix_fmt = AV_PIX_FMT_YUV420P;
    context_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    context_->thread_count = 1;
    for (const auto& [key, value] : options) {
      REQUIRE(av_opt_set(context_.get(), key.c_str(), value.c_str(), AV_OPT_SEARCH_CHILDREN) >= 0);
    }
    Encode("market-street-1906.mp4");
  }

  Clip Take() && { return std::move(clip_); }

 private:
  static constexpr int kFramesPerSecond = 25;

  void Encode(const std::string& name) {
    const Clip source(name);
    HardwareDevices none;
    Decoder decoder(*source.stream.codec, HardwareDecode::kNone, none, IgnoreLog);
    for (const Packet& packet : source.packets) {
      if (sent_ == frames_) break;
      decoder.Decode(packet, [this](DecodedFrame frame) {
        if (sent_ < frames_) Send(frame.View());
      });
    }
    REQUIRE(avcodec_send_frame(context_.get(), nullptr) >= 0);
    Receive();
    clip_.stream.codec.reset(avcodec_parameters_alloc());
    REQUIRE(avcodec_parameters_from_context(clip_.stream.codec.get(), context_.get()) >= 0);
    REQUIRE(clip_.packets.size() == frames_);
  }

  void Send(const PlanarFrame& view) {
    if (sent_ == 0) {
      context_->width = view.widthPx;
      context_->height = view.heightPx;
      REQUIRE(avcodec_open2(context_.get(), context_->codec, nullptr) >= 0);
    }
    const AvFramePtr frame(av_frame_alloc());
    frame->format = AV_PIX_FMT_YUV420P;
    frame->width = view.widthPx;
    frame->height = view.heightPx;
    REQUIRE(av_frame_get_buffer(frame.get(), 0) >= 0);
    for (size_t plane = 0; plane < 3; ++plane) {
      const int rows = plane == 0 ? view.heightPx : view.ChromaHeightPx();
      const int bytes = plane == 0 ? view.widthPx : view.ChromaWidthPx();
      for (int row = 0; row < rows; ++row) {
        const uint8_t* from = view.planes[plane] + static_cast<std::ptrdiff_t>(row) * view.strides[plane];
        std::copy(from, from + bytes,
                  frame->data[plane] + static_cast<std::ptrdiff_t>(row) * frame->linesize[plane]);
      }
    }
    frame->pts = static_cast<int64_t>(sent_++);
    REQUIRE(avcodec_send_frame(context_.get(), frame.get()) >= 0);
    Receive();
  }

  void Receive() {
    for (;;) {
      AvPacketPtr data(av_packet_alloc());
      if (avcodec_receive_packet(context_.get(), data.get()) < 0) return;
      Packet packet;
      packet.mediaTimeMs = static_cast<double>(data->pts) * 1000 / kFramesPerSecond;
      packet.data = std::move(data);
      MarkEntryPoint(packet, context_->codec_id, 0);
      clip_.packets.push_back(std::move(packet));
    }
  }

  const size_t frames_;
  AvCodecContextPtr context_;
  size_t sent_ = 0;
  Clip clip_;
};

inline Clip Encode(const std::string& encoder, const std::map<std::string, std::string>& options,
                   size_t frames) {
  return EncodedClip(encoder, options, frames).Take();
}

/// A camera that refreshes its picture bit by bit within 25 frames, after one keyframe at the beginning.
inline Clip GradualH264(size_t frames) {
  return Encode("libx264",
                {{"preset", "ultrafast"}, {"g", "25"}, {"intra-refresh", "1"}, {"x264-params", "bframes=0"}},
                frames);
}

/// A picture's pixels, one row after the other, plane after plane.
inline std::vector<uint8_t> PixelsOf(const PlanarFrame& view) {
  std::vector<uint8_t> pixels;
  for (size_t plane = 0; plane < 3; ++plane) {
    const int rows = plane == 0 ? view.heightPx : view.ChromaHeightPx();
    const int bytes = plane == 0 ? view.widthPx : view.ChromaWidthPx();
    for (int row = 0; row < rows; ++row) {
      const uint8_t* from = view.planes[plane] + static_cast<std::ptrdiff_t>(row) * view.strides[plane];
      pixels.insert(pixels.end(), from, from + bytes);
    }
  }
  return pixels;
}

}  // namespace roadwatch
