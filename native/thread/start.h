#pragma once

#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "error.h"
#include "thread/name.h"

namespace roadwatch {

/// A thread that runs `work` under a name of at most 15 characters. Throws Error("no-thread") where the
/// machine gives no more of them.
template <typename Work>
std::thread StartThread(const char* name, Work work) {
  try {
    return std::thread([name, work = std::move(work)] {
      NameThisThread(name);
      work();
    });
  } catch (const std::system_error& error) {
    throw Error("no-thread", std::string("cannot start the thread ") + name + ": " + error.what());
  }
}

}  // namespace roadwatch
