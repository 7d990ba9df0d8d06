#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "source/rtsp/rtsp_message.h"

namespace roadwatch {

/// Answers a camera's challenge: Digest (RFC 7616 with MD5 or SHA-256, and RFC 2069 where it names no qop),
/// or Basic (RFC 7617). Digest is preferred: Basic sends the password.
class Authorization {
 public:
  Authorization(std::string user, std::string password);

  /// Takes the challenge of a 401. False where there is nothing to answer with: no credentials, or no scheme
  /// that is known here.
  bool TakeChallenge(const RtspMessage& response);
  /// The header's value for a request; empty before a challenge. Each call counts as a request.
  std::string Header(const std::string& method, const std::string& uri);
  /// In place of a random one.
  void SetClientNonce(std::string nonce) { clientNonce_ = std::move(nonce); }

 private:
  enum class Scheme { kNone, kBasic, kDigest };
  bool TakeDigest(std::string_view challenge);
  std::string Hash(const std::string& text) const;
  std::string DigestHeader(const std::string& method, const std::string& uri);

  const std::string user_;
  const std::string password_;
  Scheme scheme_ = Scheme::kNone;
  std::string realm_;
  std::string nonce_;
  std::string opaque_;
  std::string algorithm_;  ///< as the camera wrote it; empty: MD5
  bool sha256_ = false;
  bool withQop_ = false;
  std::string clientNonce_;
  unsigned requests_ = 0;
};

}  // namespace roadwatch
