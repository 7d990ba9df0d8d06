#include "system/decode_marks.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <new>
#include <span>

#include "error.h"
#include "system/crash_note.h"
#include "system/descriptor.h"
#include "system/marks_file.h"
#include "time/clock.h"

namespace roadwatch {

namespace {

/// Of a file that is not ours, no more than this is looked at.
constexpr size_t kMaxSlots = 1024;

std::atomic<MarksHead*> current{nullptr};

int64_t MonotonicMs() {
  return std::chrono::duration_cast<Milliseconds>(Monotonic::now().time_since_epoch()).count();
}

std::array<char, MarksHead::kBootIdBytes> BootId() {
  std::array<char, MarksHead::kBootIdBytes> id{};
  std::ifstream("/proc/sys/kernel/random/boot_id").read(id.data(), id.size() - 1);
  return id;
}

[[noreturn]] void Fail(const std::string& path, const std::string& what) {
  throw Error("marks-failed", "the file of what is decoded, " + path + ": " + what);
}

[[noreturn]] void FailBySystem(const std::string& path, int number) { Fail(path, std::strerror(number)); }

size_t BytesFor(size_t slots) { return sizeof(MarksHead) + slots * sizeof(MarksSlot); }

}  // namespace

/// A file in memory, shared with whoever reads it later.
class DecodeMarks::Mapping {
 public:
  Mapping(void* memory, size_t bytes) : memory_(memory), bytes_(bytes) {}
  ~Mapping() { munmap(memory_, bytes_); }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  static std::unique_ptr<Mapping> Make(const std::string& path, size_t slots) {
    // A process that still maps the old file keeps it: cutting it would end that one.
    unlink(path.c_str());
    const Descriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (file.number() < 0) FailBySystem(path, errno);
    const size_t bytes = BytesFor(slots);
    // With its room on the disk: where that is full, a store into a hole would end the process.
    const int fault = posix_fallocate(file.number(), 0, static_cast<off_t>(bytes));
    if (fault != 0) FailBySystem(path, fault);
    return Map(path, file, bytes);
  }

  /// None where there is no file.
  static std::unique_ptr<Mapping> Open(const std::string& path) {
    const Descriptor file(open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (file.number() < 0 && errno == ENOENT) return nullptr;
    struct stat about {};
    if (file.number() < 0 || fstat(file.number(), &about) != 0) FailBySystem(path, errno);
    const auto bytes = static_cast<size_t>(about.st_size);
    if (!S_ISREG(about.st_mode) || bytes < sizeof(MarksHead))
      Fail(path, "expected marks, found another file");
    auto mapping = Map(path, file, bytes);
    const MarksHead& head = mapping->head();
    if (head.magic != MarksHead::kMagic || head.slots > kMaxSlots || bytes != BytesFor(head.slots)) {
      Fail(path, "expected marks, found another file");
    }
    return mapping;
  }

  MarksHead& head() { return *static_cast<MarksHead*>(memory_); }
  std::span<MarksSlot> slots() {
    auto* first = reinterpret_cast<MarksSlot*>(static_cast<std::byte*>(memory_) + sizeof(MarksHead));
    return {first, (bytes_ - sizeof(MarksHead)) / sizeof(MarksSlot)};
  }

 private:
  static std::unique_ptr<Mapping> Map(const std::string& path, const Descriptor& file, size_t bytes) {
    void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.number(), 0);
    if (memory == MAP_FAILED) FailBySystem(path, errno);
    return std::make_unique<Mapping>(memory, bytes);
  }

  void* const memory_;
  const size_t bytes_;
};

DecodeMarks::DecodeMarks(const std::string& path, size_t threads) : mapping_(Mapping::Make(path, threads)) {
  auto* head = new (&mapping_->head()) MarksHead{};
  for (MarksSlot& slot : mapping_->slots()) new (&slot) MarksSlot{};
  head->slots = threads;
  head->bootId = BootId();
  head->movedAtMs = MonotonicMs();
  head->magic = MarksHead::kMagic;
  current = head;
  NoteCrashesIn(head);
  // Node's own end of the process, as after an error that nobody caught, runs no destructor of ours.
  static const int registered = std::atexit(DismissAll);
  static_cast<void>(registered);
}

DecodeMarks::~DecodeMarks() {
  Dismiss();
  StopNotingCrashes();
  current = nullptr;
}

void DecodeMarks::Enlist(size_t thread) noexcept {
  mapping_->slots()[thread].thread = static_cast<int32_t>(syscall(SYS_gettid));
}

void DecodeMarks::Dismiss() noexcept { mapping_->head().dismissed = 1; }

void DecodeMarks::DismissAll() noexcept {
  if (MarksHead* head = current) head->dismissed = 1;
}

DecodeMarks::Mark::Mark(DecodeMarks* marks, size_t thread, const std::string& cameraId) noexcept
    : marks_(marks), thread_(thread) {
  if (marks_ == nullptr) return;
  MarksSlot& slot = marks_->mapping_->slots()[thread_];
  const size_t bytes = std::min(cameraId.size(), kIdBytes);
  std::memcpy(slot.id.data(), cameraId.data(), bytes);
  const int64_t nowMs = MonotonicMs();
  slot.sinceMs.store(nowMs, std::memory_order_relaxed);
  marks_->mapping_->head().movedAtMs.store(nowMs, std::memory_order_relaxed);
  slot.idBytes.store(static_cast<uint32_t>(bytes), std::memory_order_release);
}

DecodeMarks::Mark::~Mark() {
  if (marks_ == nullptr) return;
  marks_->mapping_->slots()[thread_].idBytes.store(0, std::memory_order_release);
  marks_->mapping_->head().movedAtMs.store(MonotonicMs(), std::memory_order_relaxed);
}

std::vector<std::string> DecodeMarks::Suspects(const std::string& path) {
  const auto mapping = Mapping::Open(path);
  if (!mapping) return {};
  const MarksHead& head = mapping->head();
  if (head.dismissed != 0 || head.bootId != BootId()) return {};
  std::vector<std::string> all;
  std::vector<std::string> crashed;
  std::vector<std::string> hung;
  for (const MarksSlot& slot : mapping->slots()) {
    const size_t bytes = std::min<size_t>(slot.idBytes, kIdBytes);
    if (bytes == 0) continue;
    const std::string id(slot.id.data(), bytes);
    all.push_back(id);
    if (head.signal != 0 && slot.thread == head.thread) crashed.push_back(id);
    if (head.movedAtMs - slot.sinceMs >= kHangMs) hung.push_back(id);
  }
  const bool ownFault = head.signal != 0 && head.sentFromOutside == 0;
  std::vector<std::string>& suspects = ownFault || !crashed.empty() ? crashed : hung.empty() ? all : hung;
  std::sort(suspects.begin(), suspects.end());
  suspects.erase(std::unique(suspects.begin(), suspects.end()), suspects.end());
  return suspects;
}

}  // namespace roadwatch
