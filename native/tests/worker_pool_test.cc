#include "pipeline/worker_pool.h"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <memory>
#include <vector>

#include "tests/support/vision_options.h"

using namespace roadwatch;

namespace {

auto Backend() {
  return [] { return MakeCpuBackend(OneClassVision()); };
}

}  // namespace

TEST_CASE("a pool of one thread runs tasks in the order of their posting") {
  WorkerPool pool(1, Backend());
  std::vector<int> order;
  std::promise<void> done;
  for (int i = 0; i < 100; ++i) pool.Post([&order, i](WorkerContext&) { order.push_back(i); });
  pool.Post([&done](WorkerContext&) { done.set_value(); });
  done.get_future().get();
  REQUIRE(order.size() == 100);
  for (int i = 0; i < 100; ++i) CHECK(order[static_cast<size_t>(i)] == i);
}

TEST_CASE("urgent tasks run before all that wait in turn, in the order of their posting") {
  WorkerPool pool(1, Backend());
  std::vector<int> order;
  std::promise<void> posted;
  std::promise<void> done;
  pool.Post([&posted](WorkerContext&) { posted.get_future().get(); });
  for (int i = 3; i <= 4; ++i) pool.Post([&order, i](WorkerContext&) { order.push_back(i); });
  pool.Post([&done](WorkerContext&) { done.set_value(); });
  for (int i = 1; i <= 2; ++i) {
    pool.Post([&order, i](WorkerContext&) { order.push_back(i); }, Urgency::kNext);
  }
  posted.set_value();
  done.get_future().get();
  CHECK(order == std::vector<int>{1, 2, 3, 4});
}

TEST_CASE("delayed tasks run in the order of their times, whatever the order of posting") {
  WorkerPool pool(1, Backend());
  std::vector<int> order;
  std::promise<void> done;
  const MonotonicTime now = Monotonic::now();
  pool.PostAt(now + Milliseconds(3), [&](WorkerContext&) {
    order.push_back(3);
    done.set_value();
  });
  pool.PostAt(now + Milliseconds(1), [&](WorkerContext&) { order.push_back(1); });
  pool.PostAt(now + Milliseconds(2), [&](WorkerContext&) { order.push_back(2); });
  done.get_future().get();
  CHECK(order == std::vector<int>{1, 2, 3});
}

TEST_CASE("closing lets what has not begun go, with all that it holds, and may be done twice") {
  auto held = std::make_shared<int>(7);
  std::atomic<bool> ran{false};
  WorkerPool pool(2, Backend());
  pool.PostAt(Monotonic::now() + std::chrono::hours(1), [held, &ran](WorkerContext&) { ran = true; });
  CHECK(held.use_count() == 2);
  pool.Close();
  pool.Close();
  pool.Post([held, &ran](WorkerContext&) { ran = true; });
  CHECK(held.use_count() == 1);
  CHECK_FALSE(ran);
}
