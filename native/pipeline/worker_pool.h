#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <queue>
#include <thread>
#include <vector>

#include "detect/vision_backend.h"
#include "image/jpeg.h"
#include "system/decode_marks.h"
#include "time/clock.h"

namespace roadwatch {

/// What each pool thread owns, so that tasks need no locks and allocate nothing twice.
struct WorkerContext {
  std::unique_ptr<VisionBackend> vision;
  JpegEncoder jpeg;
  size_t thread = 0;             ///< its number in the pool
  DecodeMarks* marks = nullptr;  ///< where it says what it decodes; none where nobody asks
};

/// Whether a task waits for those that were posted before it.
enum class Urgency {
  kInTurn,
  kNext,  ///< before all that wait in turn: a worker or a finished result waits for it
};

/// The fixed threads that decode, letterbox and encode for all cameras. Tasks run in the order of their
/// posting, urgent ones first; delayed ones join the queue when their time comes. Whoever posts bounds what
/// it posts: a camera has at most one decode and one result in the queue, a lane one batch.
class WorkerPool {
 public:
  using Task = std::function<void(WorkerContext&)>;

  /// `marks`, where there are any, are for as many threads. Throws Error("no-thread").
  WorkerPool(size_t threads, const std::function<std::unique_ptr<VisionBackend>()>& makeBackend,
             DecodeMarks* marks = nullptr);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// False after Close(): the task is let go unrun.
  bool Post(Task task, Urgency urgency = Urgency::kInTurn);
  void PostAt(MonotonicTime when, Task task);
  /// Runs no further task and joins the threads. Safe to call twice and from several threads; never from a
  /// task.
  void Close() noexcept;

 private:
  struct Delayed {
    MonotonicTime when;
    Task task;
  };
  struct Later {
    bool operator()(const Delayed& a, const Delayed& b) const { return a.when > b.when; }
  };
  void Run(WorkerContext& context);
  bool TakeTask(Task& task);

  std::mutex closing_;  ///< held while the threads are joined: a second caller waits for it
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> urgent_;
  std::deque<Task> ready_;
  std::priority_queue<Delayed, std::vector<Delayed>, Later> delayed_;
  bool closed_ = false;
  std::vector<std::unique_ptr<WorkerContext>> contexts_;
  std::vector<std::thread> threads_;
};

}  // namespace roadwatch
