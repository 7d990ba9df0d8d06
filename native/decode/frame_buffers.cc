#include "decode/frame_buffers.h"

extern "C" {
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
}

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>

#include "media/av_ptr.h"

namespace roadwatch {

namespace {

/// What the widest vector instructions read and write at once, and decoders past the end of a row.
constexpr size_t kAlignment = 64;
constexpr size_t kMargin = 64;
constexpr size_t kPlanes = 3;
constexpr size_t kSizes = 8;

struct PoolFree {
  void operator()(AVBufferPool* pool) const noexcept { av_buffer_pool_uninit(&pool); }
};

/// One pool for each size; what is given back last is taken first. A pool's buffers outlive it as long as
/// they are used.
class FramePools {
 public:
  AVBufferRef* Take(size_t size) {
    const std::lock_guard lock(mutex_);
    if (pools_.size() >= kSizes && pools_.count(size) == 0) pools_.clear();
    auto& pool = pools_[size];
    if (!pool) pool.reset(av_buffer_pool_init(size, nullptr));
    return pool ? av_buffer_pool_get(pool.get()) : nullptr;
  }

 private:
  std::mutex mutex_;
  std::map<size_t, std::unique_ptr<AVBufferPool, PoolFree>> pools_;
};

FramePools& Pools() {
  static FramePools pools;
  return pools;
}

struct Layout {
  std::array<int, 4> strides{};
  std::array<size_t, kPlanes> offsets{};
  size_t size = 0;
};

bool IsPlanarYuv(int format) {
  return format == AV_PIX_FMT_YUV420P || format == AV_PIX_FMT_YUVJ420P || format == AV_PIX_FMT_YUV422P ||
         format == AV_PIX_FMT_YUVJ422P || format == AV_PIX_FMT_YUV444P || format == AV_PIX_FMT_YUVJ444P;
}

/// As the decoder wants its planes: with whole macroblocks, and rows that begin at its alignment.
bool Arrange(AVCodecContext& context, const AVFrame& frame, Layout& layout) {
  const auto format = static_cast<AVPixelFormat>(frame.format);
  int width = frame.width;
  int height = frame.height;
  std::array<int, AV_NUM_DATA_POINTERS> alignments{};
  avcodec_align_dimensions2(&context, &width, &height, alignments.data());
  width = FFALIGN(width, static_cast<int>(2 * kAlignment));
  if (av_image_fill_linesizes(layout.strides.data(), format, width) < 0) return false;
  const std::array<ptrdiff_t, 4> strides{layout.strides[0], layout.strides[1], layout.strides[2], 0};
  std::array<size_t, 4> sizes{};
  if (av_image_fill_plane_sizes(sizes.data(), format, height, strides.data()) < 0) return false;
  for (size_t plane = 0; plane < kPlanes; ++plane) {
    layout.offsets[plane] = layout.size;
    layout.size += FFALIGN(sizes[plane] + kMargin, kAlignment);
  }
  layout.size += kAlignment;
  return true;
}

int TakeBuffer(AVCodecContext* context, AVFrame* frame, int flags) {
  Layout layout;
  if (!IsPlanarYuv(frame->format) || !Arrange(*context, *frame, layout)) {
    return avcodec_default_get_buffer2(context, frame, flags);
  }
  frame->buf[0] = Pools().Take(layout.size);
  if (frame->buf[0] == nullptr) return AVERROR(ENOMEM);
  const auto start = reinterpret_cast<uintptr_t>(frame->buf[0]->data);
  uint8_t* const first = frame->buf[0]->data + (FFALIGN(start, kAlignment) - start);
  for (size_t plane = 0; plane < kPlanes; ++plane) {
    frame->data[plane] = first + layout.offsets[plane];
    frame->linesize[plane] = layout.strides[plane];
  }
  frame->extended_data = static_cast<uint8_t**>(frame->data);
  return 0;
}

}  // namespace

void ShareFrameBuffers(AVCodecContext& context) { context.get_buffer2 = TakeBuffer; }

}  // namespace roadwatch
