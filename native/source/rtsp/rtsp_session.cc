#include "source/rtsp/rtsp_session.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <utility>

#include "error.h"
#include "source/rtsp/rtp_packet.h"

namespace roadwatch {

namespace {

constexpr int kMaxRedirections = 3;
constexpr int kUnauthorized = 401;
constexpr int kForbidden = 403;
constexpr int kNotFound = 404;
constexpr int kMethodNotAllowed = 405;
constexpr int kSessionNotFound = 454;
constexpr int kUnsupportedTransport = 461;
constexpr int kNotImplemented = 501;
constexpr std::chrono::seconds kMaxSessionTimeout{3600};
constexpr std::chrono::seconds kRetryKeepAlive{1};

bool IsSuccess(int status) { return status >= 200 && status < 300; }
bool IsRedirection(int status) { return status >= 300 && status < 400; }

const char* FaultCode(int status) {
  switch (status) {
    case kUnauthorized:
    case kForbidden:
      return "unauthorized";
    case kNotFound:
      return "not-found";
    default:
      return "refused";
  }
}

/// Refuses in the camera's own words: "404 Stream Not Found".
[[noreturn]] void Refuse(const std::string& method, const RtspMessage& response) {
  const size_t space = response.startLine.find(' ');
  const std::string words = space == std::string::npos ? "" : response.startLine.substr(space + 1);
  const std::string hint = response.status == kUnsupportedTransport
                               ? " (it gives no video over TCP: try source.transport udp)"
                               : "";
  throw Error(FaultCode(response.status), "the camera answered " + method + " with \"" + words + "\"" + hint);
}

bool IsNumber(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

/// Who names a camera by its number means that machine: it may have been looked at whether a camera may be
/// there.
void ObeyHost(const RtspUrl& asked, const RtspUrl& next) {
  if (!IsNumber(asked.host) || next.host == asked.host) return;
  throw Error("refused", "the camera names another host (" + next.host + "): give its address itself");
}

}  // namespace

RtspSession::RtspSession(const std::string& url, const Clock& clock, const std::atomic<bool>& interrupt,
                         RtpHandler onRtp)
    : clock_(clock), interrupt_(interrupt), onRtp_(std::move(onRtp)), url_(ParseRtspUrl(url)) {
  authorization_ = std::make_unique<Authorization>(url_.user, url_.password);
}

RtspSession::~RtspSession() {
  if (session_.empty()) return;
  try {
    connection_->SendLastWords(Compose("TEARDOWN", baseUri_, ""));
  } catch (const std::exception&) {
    // The camera will notice that the connection is closed.
  }
}

void RtspSession::Connect(const std::string& url, MonotonicTime deadline) {
  RtspUrl next = ParseRtspUrl(url);
  // A password is for the host that it was given for.
  if (next.user.empty() && next.host == url_.host) {
    next.user = url_.user;
    next.password = url_.password;
  }
  url_ = std::move(next);
  authorization_ = std::make_unique<Authorization>(url_.user, url_.password);
  connection_ = std::make_unique<RtspConnection>(clock_, interrupt_);
  connection_->Connect(url_.host, url_.port, deadline);
}

SessionDescription RtspSession::Describe(MonotonicTime deadline) {
  std::string url = url_.request;
  for (int i = 0; i <= kMaxRedirections; ++i) {
    Connect(url, deadline);
    const RtspMessage options = Request("OPTIONS", url_.request, "", deadline);
    hasGetParameter_ = Lists(options.Header("public"), "get_parameter");
    const RtspMessage response = Request("DESCRIBE", url_.request, "Accept: application/sdp\r\n", deadline);
    if (IsRedirection(response.status) && !response.Header("location").empty()) {
      url = response.Header("location");
      ObeyHost(url_, ParseRtspUrl(url));
      continue;
    }
    if (!IsSuccess(response.status)) Refuse("DESCRIBE", response);
    std::string_view base = response.Header("content-base");
    if (base.empty()) base = response.Header("content-location");
    baseUri_ = base.empty() ? url_.request : std::string(base);
    return ParseSessionDescription(response.body);
  }
  throw Error("refused", "the camera names another address again and again");
}

void RtspSession::Play(const SessionDescription& description, const VideoDescription& video,
                       MonotonicTime deadline) {
  baseUri_ = ResolveControl(baseUri_, description.control);
  const RtspMessage setup = Request("SETUP", ResolveControl(baseUri_, video.control),
                                    "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n", deadline);
  if (!IsSuccess(setup.status)) Refuse("SETUP", setup);
  TakeSession(setup);
  TakeChannels(setup);
  connection_->SkipRubbish();
  playing_ = true;
  const RtspMessage play = Request("PLAY", baseUri_, "Range: npt=0.000-\r\n", deadline);
  if (!IsSuccess(play.status)) Refuse("PLAY", play);
  keepAliveAt_ = clock_.Now() + sessionTimeout_ / 2;
}

bool RtspSession::ReadOnce(MonotonicTime deadline) {
  for (;;) {
    RtspIncoming incoming = connection_->Next(std::min(deadline, keepAliveAt_));
    const bool passed = std::holds_alternative<DeadlinePassed>(incoming);
    if (auto response = Take(std::move(incoming), deadline)) TakeKeepAliveResponse(*response);
    const MonotonicTime now = clock_.Now();
    if (now >= keepAliveAt_) KeepAlive(now + sessionTimeout_ / 2);
    if (!passed) return true;
    if (now >= deadline) return false;
  }
}

RtspMessage RtspSession::Request(const std::string& method, const std::string& uri,
                                 const std::string& headers, MonotonicTime deadline) {
  // Once for the challenge, once more where what it gave to answer with has become too old meanwhile.
  constexpr int kAttempts = 3;
  for (int attempt = 1;; ++attempt) {
    Send(method, uri, headers, deadline);
    RtspMessage response = AwaitResponse(deadline);
    if (response.status != kUnauthorized || attempt == kAttempts) return response;
    const bool answered = attempt > 1;
    const bool stale = LowerCase(Parameter(response.Header("www-authenticate"), "stale", ',')) == "true";
    if ((answered && !stale) || !authorization_->TakeChallenge(response)) return response;
  }
}

void RtspSession::Send(const std::string& method, const std::string& uri, const std::string& headers,
                       MonotonicTime deadline) {
  connection_->Send(Compose(method, uri, headers), deadline);
}

std::string RtspSession::Compose(const std::string& method, const std::string& uri,
                                 const std::string& headers) {
  std::string request = method + " " + uri + " RTSP/1.0\r\nCSeq: " + std::to_string(++sequence_) +
                        "\r\nUser-Agent: Roadwatch\r\n";
  if (!session_.empty()) request += "Session: " + session_ + "\r\n";
  const std::string authorization = authorization_->Header(method, uri);
  if (!authorization.empty()) request += "Authorization: " + authorization + "\r\n";
  return request + headers + "\r\n";
}

RtspMessage RtspSession::AwaitResponse(MonotonicTime deadline) {
  for (;;) {
    RtspIncoming incoming = connection_->Next(deadline);
    if (std::holds_alternative<DeadlinePassed>(incoming)) throw Error("connect-timeout", "no answer in time");
    if (auto response = Take(std::move(incoming), deadline)) return std::move(*response);
  }
}

std::optional<RtspMessage> RtspSession::Take(RtspIncoming incoming, MonotonicTime deadline) {
  if (std::holds_alternative<ConnectionClosed>(incoming)) {
    throw Error("connection-lost",
                playing_ ? "the camera ended the stream" : "the camera closed the connection");
  }
  if (const auto* data = std::get_if<InterleavedData>(&incoming)) {
    TakeData(*data);
    return std::nullopt;
  }
  auto* message = std::get_if<RtspMessage>(&incoming);
  if (message == nullptr) return std::nullopt;
  if (message->status == 0) {
    Answer(*message, deadline);
    return std::nullopt;
  }
  constexpr int kFirstFinal = 200;
  // Some cameras count nothing; those that do may still answer something older.
  const std::string_view sequence = message->Header("cseq");
  const bool late = !sequence.empty() && LeadingNumber(sequence, -1) != static_cast<int>(sequence_);
  if (message->status < kFirstFinal || late) return std::nullopt;
  return std::move(*message);
}

void RtspSession::TakeData(const InterleavedData& data) {
  if (data.channel == rtpChannel_) {
    onRtp_(data.bytes);
  } else if (data.channel == rtcpChannel_ && HasRtcpBye(data.bytes)) {
    throw Error("connection-lost", "the camera ended the stream");
  }
}

/// A request of the camera's own, most often whether we are still there.
void RtspSession::Answer(const RtspMessage& request, MonotonicTime deadline) {
  const std::string method = request.startLine.substr(0, request.startLine.find(' '));
  if (method == "TEARDOWN") throw Error("connection-lost", "the camera ended the stream");
  const bool known = method == "OPTIONS" || method == "GET_PARAMETER" || method == "SET_PARAMETER";
  std::string answer = known ? "RTSP/1.0 200 OK\r\n" : "RTSP/1.0 501 Not Implemented\r\n";
  answer += "CSeq: " + std::string(request.Header("cseq")) + "\r\n";
  if (!session_.empty()) answer += "Session: " + session_ + "\r\n";
  connection_->Send(answer + "\r\n", deadline);
}

/// "Session: 12345678;timeout=60"
void RtspSession::TakeSession(const RtspMessage& response) {
  const std::string_view header = response.Header("session");
  session_ = Trimmed(header.substr(0, header.find(';')));
  const std::chrono::seconds timeout(LeadingNumber(Parameter(header, "timeout", ';'), 0));
  if (timeout.count() > 0) sessionTimeout_ = std::min(timeout, kMaxSessionTimeout);
}

/// "Transport: RTP/AVP/TCP;unicast;interleaved=2-3": the camera has the last word.
void RtspSession::TakeChannels(const RtspMessage& response) {
  const std::string channels = Parameter(response.Header("transport"), "interleaved", ';');
  if (channels.empty()) return;
  rtpChannel_ = LeadingNumber(channels, rtpChannel_);
  const size_t dash = channels.find('-');
  rtcpChannel_ = dash == std::string::npos
                     ? rtpChannel_ + 1
                     : LeadingNumber(std::string_view(channels).substr(dash + 1), rtpChannel_ + 1);
}

void RtspSession::KeepAlive(MonotonicTime next) {
  constexpr std::chrono::seconds kSendTimeout{1};
  keepAliveAt_ = next;
  Send(hasGetParameter_ ? "GET_PARAMETER" : "OPTIONS", baseUri_, "", clock_.Now() + kSendTimeout);
}

void RtspSession::TakeKeepAliveResponse(const RtspMessage& response) {
  switch (response.status) {
    case kSessionNotFound:
      throw Error("connection-lost", "the camera forgot the session");
    case kUnauthorized:
      // What the last challenge was answered with is too old by now.
      if (authorization_->TakeChallenge(response)) keepAliveAt_ = clock_.Now() + kRetryKeepAlive;
      return;
    case kMethodNotAllowed:
    case kNotImplemented:
      hasGetParameter_ = false;
      return;
    default:
      return;
  }
}

}  // namespace roadwatch
