#include "pipeline/batcher.h"

#include <algorithm>
#include <utility>

namespace roadwatch {

namespace {

double MillisecondsSince(MonotonicTime from, MonotonicTime now) {
  return std::chrono::duration<double, std::milli>(now - from).count();
}

size_t TensorFloats(InputSize input) {
  return size_t{3} * static_cast<size_t>(input.heightPx) * static_cast<size_t>(input.widthPx);
}

size_t BatchLimit(const InferenceLane& lane, InputSize input) {
  return std::min(static_cast<size_t>(lane.maxBatch()), lane.tensor().size() / TensorFloats(input));
}

}  // namespace

Batcher::Batcher(ModelInput input, std::chrono::milliseconds deadline, WorkerPool& pool, const Clock& clock)
    : input_(input), deadline_(deadline), pool_(pool), clock_(clock) {}

void Batcher::OnFrameReady(const std::shared_ptr<Camera>& camera) {
  const auto sizePx = camera->PendingSizePx();
  if (!sizePx) return;
  const MonotonicTime due = camera->NextResultDue();
  {
    const std::lock_guard lock(mutex_);
    const auto behind =
        std::upper_bound(waiting_.begin(), waiting_.end(), due,
                         [](MonotonicTime when, const Waiting& other) { return when < other.due; });
    waiting_.insert(behind, {camera, input_.For(sizePx->first, sizePx->second), clock_.Now(), due});
  }
  Dispatch();
}

void Batcher::Forget(const Camera& camera) {
  const std::lock_guard lock(mutex_);
  std::erase_if(waiting_, [&camera](const Waiting& frame) { return frame.camera.get() == &camera; });
}

void Batcher::OnLaneWaiting(const std::shared_ptr<InferenceLane>& lane) {
  {
    const std::lock_guard lock(mutex_);
    lanes_.push_back(lane);
  }
  Dispatch();
}

size_t Batcher::FramesWaiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

BatcherStats Batcher::Stats() const {
  const std::lock_guard lock(mutex_);
  BatcherStats stats = stats_;
  stats.framesWaiting = waiting_.size();
  return stats;
}

void Batcher::Dispatch() {
  for (;;) {
    auto match = std::make_shared<Match>();
    {
      const std::lock_guard lock(mutex_);
      if (!FindMatch(*match)) return;
    }
    // Before decodes: however many frames are still to come, the worker need not wait for this one.
    pool_.Post([this, match](WorkerContext& context) { Fill(*match, context); }, Urgency::kNext);
  }
}

bool Batcher::FindMatch(Match& match) {
  std::erase_if(lanes_, [](const auto& lane) { return lane->closed(); });
  if (lanes_.empty() || waiting_.empty()) return false;
  const InputSize input = waiting_.front().input;
  const size_t limit = std::max<size_t>(1, BatchLimit(*lanes_.front(), input));
  size_t found = 0;
  MonotonicTime oldest = MonotonicTime::max();
  for (const Waiting& frame : waiting_) {
    if (!(frame.input == input)) continue;
    ++found;
    oldest = std::min(oldest, frame.since);
  }
  if (found < limit && clock_.Now() < oldest + deadline_) {
    ArmDeadline(oldest + deadline_);
    return false;
  }
  if (!lanes_.front()->BeginFill()) {
    lanes_.pop_front();
    return FindMatch(match);
  }
  match.lane = std::move(lanes_.front());
  lanes_.pop_front();
  std::deque<Waiting> others;
  for (Waiting& frame : waiting_) {
    const bool taken =
        match.frames.size() < limit && (match.frames.empty() || frame.input == match.frames[0].input);
    if (taken) {
      match.frames.push_back(std::move(frame));
    } else {
      others.push_back(std::move(frame));
    }
  }
  waiting_ = std::move(others);
  return true;
}

void Batcher::ArmDeadline(MonotonicTime when) {
  if (std::exchange(deadlineArmed_, true)) return;
  pool_.PostAt(when, [this](WorkerContext&) {
    {
      const std::lock_guard lock(mutex_);
      deadlineArmed_ = false;
    }
    Dispatch();
  });
}

void Batcher::Fill(Match& match, WorkerContext& context) {
  const InputSize input = match.frames.front().input;
  const size_t floats = TensorFloats(input);
  std::vector<BatchedFrame> frames;
  for (const Waiting& waiting : match.frames) {
    auto pending = waiting.camera->TakeFrame();
    if (!pending) continue;
    const MonotonicTime start = clock_.Now();
    const PlanarFrame view = pending->frame.View();
    const LetterboxGeometry geometry = FitLetterbox(view.widthPx, view.heightPx, input);
    const double queueMs = MillisecondsSince(pending->readyAt, start);
    context.vision->LetterboxInto(view, geometry,
                                  match.lane->tensor().subspan(frames.size() * floats, floats));
    frames.push_back(
        {waiting.camera, std::move(*pending), geometry, queueMs, MillisecondsSince(start, clock_.Now())});
  }
  const size_t count = frames.size();
  if (count > 0) {
    const std::lock_guard lock(mutex_);
    ++stats_.batches;
    stats_.batchedFrames += count;
    if (stats_.batchesBySize.size() < count) stats_.batchesBySize.resize(count);
    ++stats_.batchesBySize[count - 1];
  }
  for (BatchedFrame& orphan : match.lane->EndFill(std::move(frames), input)) orphan.camera->Release(false);
  if (count == 0) OnLaneWaiting(match.lane);
}

}  // namespace roadwatch
