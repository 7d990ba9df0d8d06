#include "decode/planar_conversion.h"

extern "C" {
#include <libavutil/hwcontext.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
}

#include <libyuv.h>

#include <memory>
#include <string>
#include <utility>

#include "error.h"

namespace roadwatch {

namespace {

/// Above this height an untagged stream is high definition, and BT.709.
constexpr int kLargestStandardDefinitionPx = 576;

struct SwsFree {
  void operator()(SwsContext* context) const noexcept { sws_freeContext(context); }
};

bool IsPlanarYuv8(int format) {
  switch (format) {
    case AV_PIX_FMT_YUV420P:
    case AV_PIX_FMT_YUVJ420P:
    case AV_PIX_FMT_YUV422P:
    case AV_PIX_FMT_YUVJ422P:
    case AV_PIX_FMT_YUV444P:
    case AV_PIX_FMT_YUVJ444P:
      return true;
    default:
      return false;
  }
}

AvFramePtr NewFrame(const AVFrame& like, AVPixelFormat format) {
  AvFramePtr frame(av_frame_alloc());
  if (!frame) throw Error("decode-failed", "out of memory");
  frame->format = format;
  frame->width = like.width;
  frame->height = like.height;
  frame->color_range = like.color_range;
  frame->colorspace = like.colorspace;
  if (av_frame_get_buffer(frame.get(), 0) < 0) throw Error("decode-failed", "out of memory for a picture");
  return frame;
}

AvFramePtr FromDevice(AvFramePtr frame) {
  if (frame->hw_frames_ctx == nullptr) return frame;
  AvFramePtr copy(av_frame_alloc());
  if (!copy || av_hwframe_transfer_data(copy.get(), frame.get(), 0) < 0) {
    throw Error("decode-failed", "cannot copy a picture from the decoding device");
  }
  copy->color_range = frame->color_range;
  copy->colorspace = frame->colorspace;
  return copy;
}

AvFramePtr SplitNv12(const AVFrame& frame) {
  AvFramePtr planar = NewFrame(frame, AV_PIX_FMT_YUV420P);
  libyuv::NV12ToI420(frame.data[0], frame.linesize[0], frame.data[1], frame.linesize[1], planar->data[0],
                     planar->linesize[0], planar->data[1], planar->linesize[1], planar->data[2],
                     planar->linesize[2], frame.width, frame.height);
  return planar;
}

/// The planar format that keeps what the picture has: its chroma resolution, no alpha, 8 bits.
AVPixelFormat PlanarFormatFor(const AVPixFmtDescriptor& format) {
  const bool rgbOrGray = (format.flags & AV_PIX_FMT_FLAG_RGB) != 0 ||
                         (format.flags & AV_PIX_FMT_FLAG_PAL) != 0 || format.nb_components < 3;
  if (rgbOrGray || format.log2_chroma_w == 0) return AV_PIX_FMT_YUV444P;
  return format.log2_chroma_h == 0 ? AV_PIX_FMT_YUV422P : AV_PIX_FMT_YUV420P;
}

AvFramePtr Rescale(const AVFrame& frame) {
  const auto format = static_cast<AVPixelFormat>(frame.format);
  const AVPixFmtDescriptor* description = av_pix_fmt_desc_get(format);
  if (description == nullptr) throw Error("decode-failed", "the picture has an unknown pixel format");
  const bool yuv = (description->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)) == 0 &&
                   description->nb_components >= 3;
  AvFramePtr planar = NewFrame(frame, PlanarFormatFor(*description));
  if (!yuv) {
    planar->color_range = AVCOL_RANGE_JPEG;
    planar->colorspace = AVCOL_SPC_SMPTE170M;
  }
  const std::unique_ptr<SwsContext, SwsFree> context(sws_getContext(
      frame.width, frame.height, format, frame.width, frame.height,
      static_cast<AVPixelFormat>(planar->format), SWS_POINT | SWS_ACCURATE_RND, nullptr, nullptr, nullptr));
  if (!context)
    throw Error("decode-failed", std::string("cannot convert pictures of format ") + description->name);
  const int* coefficients = sws_getCoefficients(SWS_CS_ITU601);
  const int fullRange = planar->color_range == AVCOL_RANGE_JPEG ? 1 : 0;
  sws_setColorspaceDetails(context.get(), coefficients, fullRange, coefficients, fullRange, 0, 1 << 16,
                           1 << 16);
  sws_scale(context.get(), frame.data, frame.linesize, 0, frame.height, planar->data, planar->linesize);
  return planar;
}

ColorMatrix MatrixOf(const AVFrame& frame) {
  switch (frame.colorspace) {
    case AVCOL_SPC_BT709:
      return ColorMatrix::kBt709;
    case AVCOL_SPC_UNSPECIFIED:
      return frame.height > kLargestStandardDefinitionPx ? ColorMatrix::kBt709 : ColorMatrix::kBt601;
    default:
      return ColorMatrix::kBt601;
  }
}

ColorRange RangeOf(const AVFrame& frame) {
  const bool jpeg = frame.format == AV_PIX_FMT_YUVJ420P || frame.format == AV_PIX_FMT_YUVJ422P ||
                    frame.format == AV_PIX_FMT_YUVJ444P;
  return jpeg || frame.color_range == AVCOL_RANGE_JPEG ? ColorRange::kFull : ColorRange::kLimited;
}

}  // namespace

AvFramePtr ToPlanarYuv(AvFramePtr frame) {
  frame = FromDevice(std::move(frame));
  if (IsPlanarYuv8(frame->format)) return frame;
  if (frame->format == AV_PIX_FMT_NV12) return SplitNv12(*frame);
  return Rescale(*frame);
}

PlanarFrame ViewOf(const AVFrame& frame) {
  const AVPixFmtDescriptor* format = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
  PlanarFrame view;
  for (size_t i = 0; i < 3; ++i) {
    view.planes[i] = frame.data[i];
    view.strides[i] = frame.linesize[i];
  }
  view.widthPx = frame.width;
  view.heightPx = frame.height;
  view.chromaShiftX = format->log2_chroma_w;
  view.chromaShiftY = format->log2_chroma_h;
  view.matrix = MatrixOf(frame);
  view.range = RangeOf(frame);
  return view;
}

}  // namespace roadwatch
