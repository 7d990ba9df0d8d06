#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/buffer.h>
#include <libavutil/dict.h>
#include <libavutil/frame.h>
}

#include <memory>

namespace roadwatch {

namespace av_detail {
struct PacketFree {
  void operator()(AVPacket* packet) const noexcept { av_packet_free(&packet); }
};
struct FrameFree {
  void operator()(AVFrame* frame) const noexcept { av_frame_free(&frame); }
};
struct CodecContextFree {
  void operator()(AVCodecContext* context) const noexcept { avcodec_free_context(&context); }
};
struct CodecParametersFree {
  void operator()(AVCodecParameters* parameters) const noexcept { avcodec_parameters_free(&parameters); }
};
struct FormatContextClose {
  void operator()(AVFormatContext* context) const noexcept { avformat_close_input(&context); }
};
struct BufferUnref {
  void operator()(AVBufferRef* buffer) const noexcept { av_buffer_unref(&buffer); }
};
}  // namespace av_detail

using AvPacketPtr = std::unique_ptr<AVPacket, av_detail::PacketFree>;
using AvFramePtr = std::unique_ptr<AVFrame, av_detail::FrameFree>;
using AvCodecContextPtr = std::unique_ptr<AVCodecContext, av_detail::CodecContextFree>;
using AvCodecParametersPtr = std::unique_ptr<AVCodecParameters, av_detail::CodecParametersFree>;
/// An opened input; closed (and freed) on destruction.
using AvFormatContextPtr = std::unique_ptr<AVFormatContext, av_detail::FormatContextClose>;
using AvBufferPtr = std::unique_ptr<AVBufferRef, av_detail::BufferUnref>;

/// An AVDictionary that frees what FFmpeg did not take.
class AvDictionary {
 public:
  AvDictionary() = default;
  ~AvDictionary() { av_dict_free(&dictionary_); }
  AvDictionary(const AvDictionary&) = delete;
  AvDictionary& operator=(const AvDictionary&) = delete;
  void Set(const char* key, const char* value) { av_dict_set(&dictionary_, key, value, 0); }
  void Set(const char* key, int64_t value) { av_dict_set_int(&dictionary_, key, value, 0); }
  AVDictionary** Address() { return &dictionary_; }

 private:
  AVDictionary* dictionary_ = nullptr;
};

}  // namespace roadwatch
