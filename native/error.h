#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace roadwatch {

/// An error with a stable, machine-readable code (kebab-case) and a message for people. Thrown inside the
/// engine only; the binding turns it into a JavaScript error with the same `code`. Messages never carry
/// credentials.
class Error : public std::runtime_error {
 public:
  Error(std::string code, const std::string& message) : std::runtime_error(message), code_(std::move(code)) {}
  const std::string& code() const noexcept { return code_; }

 private:
  std::string code_;
};

}  // namespace roadwatch
