#include "system/crash_note.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace roadwatch {

namespace {

constexpr std::array kSignals{SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

std::atomic<MarksHead*> noteIn{nullptr};
static_assert(std::atomic<MarksHead*>::is_always_lock_free);
std::array<struct sigaction, kSignals.size()> before{};

void GiveBack(int signal) noexcept {
  for (size_t i = 0; i < kSignals.size(); ++i) {
    if (kSignals[i] == signal) sigaction(signal, &before[i], nullptr);
  }
}

/// Does only what a signal handler may: atomic stores in mapped memory, and system calls.
void OnSignal(int signal, siginfo_t* info, void*) {
  const auto thread = static_cast<int32_t>(syscall(SYS_gettid));
  const bool sent = info->si_code <= 0;
  if (MarksHead* head = noteIn.load()) {
    head->sentFromOutside = sent && info->si_pid != getpid() ? 1 : 0;
    head->thread = thread;
    head->signal = signal;
  }
  GiveBack(signal);
  // A fault happens once more when this returns, and meets what handled it before; what was sent is sent
  // again.
  if (sent) syscall(SYS_tgkill, getpid(), thread, signal);
}

}  // namespace

void NoteCrashesIn(MarksHead* head) noexcept {
  noteIn = head;
  struct sigaction action {};
  action.sa_sigaction = OnSignal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &action, &before[i]);
}

void StopNotingCrashes() noexcept {
  for (const int signal : kSignals) GiveBack(signal);
  noteIn = nullptr;
}

}  // namespace roadwatch
