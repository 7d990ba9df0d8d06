#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "media/av_ptr.h"

namespace roadwatch {

/// A video stream as a camera's session description (SDP, RFC 8866) tells it.
struct VideoDescription {
  AVCodecID codec = AV_CODEC_ID_NONE;  ///< H.264 or H.265; none: what else `encoding` says
  std::string encoding;                ///< as written: "H264", "JPEG", ...; empty where it is not told
  int payloadType = 0;                 ///< of its RTP packets
  std::string control;                 ///< relative or full address; empty for the session's own
  std::vector<uint8_t> parameterSets;  ///< in Annex B; empty: they come with the stream
  bool hasDon = false;                 ///< H.265: decoding order numbers are sent (sprop-max-don-diff > 0)
  double framesPerSecond = 0;          ///< 0 where it is not told
};

struct SessionDescription {
  std::string control;                  ///< of the session as a whole; may be empty
  std::vector<VideoDescription> video;  ///< in their order
  bool hasOtherMedia = false;           ///< sound, events: something that is no video
};

/// Reads what it knows and skips the rest, as far as it goes: never throws on what is written.
SessionDescription ParseSessionDescription(std::string_view text);

}  // namespace roadwatch
