#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
}

namespace roadwatch {

/// Makes a software decoder take its frames' memory from one pool for all cameras. Most cameras' pictures
/// have the same size, and each is done with before the next one of its camera comes: what one has given back
/// is taken by the next while it is still in the processor's caches, and there are as many buffers as frames
/// at a time, not as cameras.
void ShareFrameBuffers(AVCodecContext& context);

}  // namespace roadwatch
