#pragma once

#include <pthread.h>

#include <string>

namespace roadwatch {

/// Names the calling thread for top, perf and debuggers; Linux keeps the first 15 characters.
inline void NameThisThread(const std::string& name) {
  constexpr size_t kMaxLength = 15;
  pthread_setname_np(pthread_self(), name.substr(0, kMaxLength).c_str());
}

}  // namespace roadwatch
