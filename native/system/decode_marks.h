#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace roadwatch {

/// Says which camera each pool thread decodes, in a file that outlives the process: a crash in a decoder
/// takes all with it, and what is read at the next start names the camera. The file is mapped; a mark costs a
/// copy of the id and a few stores, no system call.
///
/// While it lives, signals of crashes (SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT) are noted there, with their
/// thread, and passed on to whoever had them before. One at a time in a process.
class DecodeMarks {
 public:
  /// Longer ids are cut.
  static constexpr size_t kIdBytes = 256;
  /// A thread whose camera has been decoded for this much longer than the others have done anything hangs.
  static constexpr int kHangMs = 5000;

  /// Makes the file anew, for so many threads. Throws Error("marks-failed").
  DecodeMarks(const std::string& path, size_t threads);
  /// Whoever ends the process in order has nothing to be remembered.
  ~DecodeMarks();
  DecodeMarks(const DecodeMarks&) = delete;
  DecodeMarks& operator=(const DecodeMarks&) = delete;

  /// The cameras that may have ended the process before: the one whose thread crashed, those whose thread
  /// hung or, where neither is known, all that were being decoded; each once. None where it was told to end,
  /// crashed elsewhere, ran on another boot of the machine, or there is no file. Throws Error("marks-failed")
  /// for what is no such file.
  static std::vector<std::string> Suspects(const std::string& path);

  /// Called by the thread itself, once, before it marks anything.
  void Enlist(size_t thread) noexcept;
  /// From now on nothing is to be remembered: the process has been told to end.
  void Dismiss() noexcept;
  /// The same for the one of this process, if there is one.
  static void DismissAll() noexcept;

  /// While it lives, this thread decodes this camera.
  class Mark {
   public:
    /// `marks` may be none.
    Mark(DecodeMarks* marks, size_t thread, const std::string& cameraId) noexcept;
    ~Mark();
    Mark(const Mark&) = delete;
    Mark& operator=(const Mark&) = delete;

   private:
    DecodeMarks* const marks_;
    const size_t thread_;
  };

 private:
  class Mapping;
  const std::unique_ptr<Mapping> mapping_;
};

}  // namespace roadwatch
