#include "pipeline/worker_pool.h"

#include <utility>

#include "thread/start.h"

namespace roadwatch {

WorkerPool::WorkerPool(size_t threads, const std::function<std::unique_ptr<VisionBackend>()>& makeBackend,
                       DecodeMarks* marks) {
  contexts_.reserve(threads);
  threads_.reserve(threads);
  for (size_t i = 0; i < threads; ++i) {
    contexts_.push_back(std::make_unique<WorkerContext>());
    contexts_.back()->vision = makeBackend();
    contexts_.back()->thread = i;
    contexts_.back()->marks = marks;
  }
  try {
    for (auto& context : contexts_) {
      threads_.push_back(StartThread("rw-worker", [this, &context = *context] { Run(context); }));
    }
  } catch (const Error&) {
    Close();
    throw;
  }
}

WorkerPool::~WorkerPool() { Close(); }

bool WorkerPool::Post(Task task, Urgency urgency) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    (urgency == Urgency::kNext ? urgent_ : ready_).push_back(std::move(task));
  }
  wake_.notify_one();
  return true;
}

void WorkerPool::PostAt(MonotonicTime when, Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    delayed_.push({when, std::move(task)});
  }
  wake_.notify_one();
}

void WorkerPool::Close() noexcept {
  // Tasks are destroyed outside the lock: they may own the last reference to a camera.
  std::deque<Task> unrunUrgent;
  std::deque<Task> unrun;
  std::priority_queue<Delayed, std::vector<Delayed>, Later> undue;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    unrunUrgent.swap(urgent_);
    unrun.swap(ready_);
    undue.swap(delayed_);
  }
  wake_.notify_all();
  const std::lock_guard joining(closing_);
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void WorkerPool::Run(WorkerContext& context) {
  if (context.marks != nullptr) context.marks->Enlist(context.thread);
  for (Task task; TakeTask(task); task = nullptr) task(context);
}

bool WorkerPool::TakeTask(Task& task) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (closed_) return false;
    if (!delayed_.empty() && delayed_.top().when <= Monotonic::now()) {
      task = delayed_.top().task;
      delayed_.pop();
      return true;
    }
    for (std::deque<Task>* tasks : {&urgent_, &ready_}) {
      if (tasks->empty()) continue;
      task = std::move(tasks->front());
      tasks->pop_front();
      return true;
    }
    if (delayed_.empty()) {
      wake_.wait(lock);
    } else {
      // A copy: the top may be gone when the wait ends.
      const MonotonicTime until = delayed_.top().when;
      wake_.wait_until(lock, until);
    }
  }
}

}  // namespace roadwatch
