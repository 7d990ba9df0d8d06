#pragma once

#include "image/planar_frame.h"
#include "media/av_ptr.h"

namespace roadwatch {

/// The picture as 8-bit planar YUV (4:2:0, 4:2:2 or 4:4:4) in memory: itself where it is that already, else
/// converted (device memory copied back, NV12 split, 10 bits cut to 8, everything else by swscale; RGB
/// becomes 4:4:4 full-range BT.601). Throws Error("decode-failed").
AvFramePtr ToPlanarYuv(AvFramePtr frame);

/// A view of a picture that ToPlanarYuv() gave.
PlanarFrame ViewOf(const AVFrame& frame);

}  // namespace roadwatch
