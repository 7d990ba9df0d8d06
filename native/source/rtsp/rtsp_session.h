#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "source/rtsp/authorization.h"
#include "source/rtsp/rtsp_connection.h"
#include "source/rtsp/rtsp_url.h"
#include "source/rtsp/session_description.h"
#include "time/clock.h"

namespace roadwatch {

/// A camera asked for one video stream over RTSP 1.0 (RFC 2326) with its media data in the same TCP
/// connection. Follows redirections (on the same host, where that was named by its number), answers
/// challenges, keeps the session alive, and takes leave when destroyed. Used by one thread. Throws
/// Error("unauthorized" | "not-found" | "refused" | "invalid-data" | "connect-timeout" | "connection-lost" |
/// ...), in words without the address.
class RtspSession {
 public:
  /// Gets each RTP packet of the stream; its bytes are valid during the call.
  using RtpHandler = std::function<void(std::span<const uint8_t>)>;

  /// `url`: rtsp://; Error("bad-url") otherwise.
  RtspSession(const std::string& url, const Clock& clock, const std::atomic<bool>& interrupt,
              RtpHandler onRtp);
  ~RtspSession();
  RtspSession(const RtspSession&) = delete;
  RtspSession& operator=(const RtspSession&) = delete;

  /// Connects and asks what there is.
  SessionDescription Describe(MonotonicTime deadline);
  /// Asks for one of the streams that were described. Packets may be handed over already meanwhile.
  void Play(const SessionDescription& description, const VideoDescription& video, MonotonicTime deadline);
  /// Reads one thing and sends what is due. False when the deadline has passed. Throws
  /// Error("connection-lost") when the camera ends the stream.
  bool ReadOnce(MonotonicTime deadline);

 private:
  void Connect(const std::string& url, MonotonicTime deadline);
  RtspMessage Request(const std::string& method, const std::string& uri, const std::string& headers,
                      MonotonicTime deadline);
  void Send(const std::string& method, const std::string& uri, const std::string& headers,
            MonotonicTime deadline);
  std::string Compose(const std::string& method, const std::string& uri, const std::string& headers);
  RtspMessage AwaitResponse(MonotonicTime deadline);
  /// The response to the latest request, where that is what came.
  std::optional<RtspMessage> Take(RtspIncoming incoming, MonotonicTime deadline);
  void TakeData(const InterleavedData& data);
  void Answer(const RtspMessage& request, MonotonicTime deadline);
  void TakeSession(const RtspMessage& response);
  void TakeChannels(const RtspMessage& response);
  void KeepAlive(MonotonicTime next);
  void TakeKeepAliveResponse(const RtspMessage& response);

  const Clock& clock_;
  const std::atomic<bool>& interrupt_;
  const RtpHandler onRtp_;
  RtspUrl url_;
  std::unique_ptr<Authorization> authorization_;
  std::unique_ptr<RtspConnection> connection_;
  std::string baseUri_;
  std::string session_;
  unsigned sequence_ = 0;
  int rtpChannel_ = 0;
  int rtcpChannel_ = 1;
  bool playing_ = false;
  bool hasGetParameter_ = false;
  std::chrono::seconds sessionTimeout_{60};
  MonotonicTime keepAliveAt_{};
};

}  // namespace roadwatch
