#pragma once

#include <napi.h>

#include <string>
#include <utility>

#include "error.h"

namespace roadwatch {

/// A JavaScript Error with a stable `code`.
inline Napi::Error JsError(Napi::Env env, const std::string& code, const std::string& message) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", Napi::String::New(env, code));
  return error;
}

/// Runs a native call; what the engine throws becomes a JavaScript error with its code.
template <typename Call>
auto Guarded(Napi::Env env, Call&& call) -> decltype(call()) {
  try {
    return std::forward<Call>(call)();
  } catch (const Napi::Error&) {
    throw;
  } catch (const Error& error) {
    throw JsError(env, error.code(), error.what());
  } catch (const std::exception& error) {
    throw JsError(env, "internal", error.what());
  }
}

/// Runs what has no JavaScript caller to throw to. It fails only where the environment is being taken down (a
/// worker that is terminated), and then nobody waits for it.
template <typename Call>
void IgnoringShutdown(Call&& call) noexcept {
  try {
    std::forward<Call>(call)();
  } catch (const Napi::Error&) {
  }
}

}  // namespace roadwatch
