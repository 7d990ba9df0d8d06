#include "source/rtsp/session_description.h"

extern "C" {
#include <libavutil/base64.h>
}

#include <algorithm>
#include <cstdlib>

#include "source/rtsp/annex_b.h"
#include "source/rtsp/rtsp_message.h"

namespace roadwatch {

namespace {

std::string_view UpTo(std::string_view& text, char separator) {
  const size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

AVCodecID CodecOf(std::string_view encoding) {
  const std::string name = LowerCase(encoding);
  if (name == "h264") return AV_CODEC_ID_H264;
  return name == "h265" ? AV_CODEC_ID_HEVC : AV_CODEC_ID_NONE;
}

/// NAL units in Base64, with commas between them.
void AppendParameterSets(std::string_view list, std::vector<uint8_t>& sets) {
  while (!list.empty()) {
    const std::string coded(Trimmed(UpTo(list, ',')));
    std::vector<uint8_t> unit(AV_BASE64_DECODE_SIZE(coded.size()));
    const int size =
        coded.empty() ? 0 : av_base64_decode(unit.data(), coded.c_str(), static_cast<int>(unit.size()));
    if (size <= 0) continue;
    sets.insert(sets.end(), kStartCode.begin(), kStartCode.end());
    sets.insert(sets.end(), unit.begin(), unit.begin() + size);
  }
}

void ReadFormat(std::string_view parameters, VideoDescription& video) {
  for (const char* name : {"sprop-vps", "sprop-sps", "sprop-pps", "sprop-parameter-sets"}) {
    AppendParameterSets(Parameter(parameters, name, ';'), video.parameterSets);
  }
  video.hasDon = LeadingNumber(Parameter(parameters, "sprop-max-don-diff", ';'), -1) > 0;
}

/// "rtpmap:96 H264/90000", "fmtp:96 ...", "control:trackID=1", "framerate:25"
void ReadAttribute(std::string_view attribute, VideoDescription& video) {
  const std::string_view name = UpTo(attribute, ':');
  if (name == "control") {
    video.control = Trimmed(attribute);
  } else if (name == "framerate") {
    const double rate = std::strtod(std::string(attribute).c_str(), nullptr);
    if (rate > 0) video.framesPerSecond = rate;
  } else if (name == "rtpmap" || name == "fmtp") {
    attribute = Trimmed(attribute);
    if (LeadingNumber(UpTo(attribute, ' '), -1) != video.payloadType) return;
    if (name == "fmtp") return ReadFormat(attribute, video);
    video.encoding = Trimmed(UpTo(attribute, '/'));
    video.codec = CodecOf(video.encoding);
  }
}

/// "m=video 0 RTP/AVP 96 97": the first format is the one that is sent.
VideoDescription ReadVideo(std::string_view media) {
  VideoDescription video;
  for (int i = 0; i < 3; ++i) UpTo(media, ' ');
  video.payloadType = LeadingNumber(Trimmed(UpTo(media, ' ')), -1);
  return video;
}

}  // namespace

SessionDescription ParseSessionDescription(std::string_view text) {
  SessionDescription session;
  bool inMedia = false;
  bool inVideo = false;
  while (!text.empty()) {
    const std::string_view line = Trimmed(UpTo(text, '\n'));
    if (line.starts_with("m=")) {
      inMedia = true;
      inVideo = line.starts_with("m=video ");
      if (inVideo) session.video.push_back(ReadVideo(line));
      session.hasOtherMedia = session.hasOtherMedia || !inVideo;
    } else if (line.starts_with("a=") && inVideo) {
      ReadAttribute(line.substr(2), session.video.back());
    } else if (line.starts_with("a=control:") && !inMedia) {
      session.control = Trimmed(line.substr(line.find(':') + 1));
    }
  }
  return session;
}

}  // namespace roadwatch
