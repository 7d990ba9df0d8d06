#include "system/decode_marks.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "error.h"
#include "system/marks_file.h"

using namespace roadwatch;

namespace {

using Ids = std::vector<std::string>;

/// A file of marks that goes with the test.
class MarksPath {
 public:
  MarksPath()
      : path_(std::filesystem::temp_directory_path() / ("roadwatch-marks-" + std::to_string(getpid()))) {}
  ~MarksPath() { std::filesystem::remove(path_); }
  MarksPath(const MarksPath&) = delete;
  MarksPath& operator=(const MarksPath&) = delete;
  operator std::string() const { return path_; }

 private:
  const std::filesystem::path path_;
};

}  // namespace

// Sanitizers take these signals for themselves.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {

/// A process that ends in the middle of `work`; gives what its end leaves.
Ids SuspectsAfter(const std::string& path, const std::function<void(DecodeMarks&)>& work) {
  const pid_t child = fork();
  if (child == 0) {
    const rlimit noCore{0, 0};
    setrlimit(RLIMIT_CORE, &noCore);
    // The test's runner would tell of the crash as of its own.
    for (const int number : {SIGSEGV, SIGABRT}) signal(number, SIG_DFL);
    // No clean-up of the test's own, whatever happens.
    auto* marks = new DecodeMarks(path, 3);
    work(*marks);
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return DecodeMarks::Suspects(path);
}

/// The process's own thread in place of one of the pool.
void DecodeAs(DecodeMarks& marks, size_t thread, const std::string& id, const std::function<void()>& decode) {
  marks.Enlist(thread);
  const DecodeMarks::Mark mark(&marks, thread, id);
  decode();
}

void Fault() { *static_cast<volatile int*>(nullptr) = 1; }

MarksHead& HeadOf(std::vector<char>& bytes) { return *reinterpret_cast<MarksHead*>(bytes.data()); }

/// Changes what a dead process has left, as if it had ended otherwise.
void Edit(const std::string& path, const std::function<void(MarksHead&, MarksSlot*)>& change) {
  std::ifstream in(path, std::ios::binary);
  std::vector<char> bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  change(HeadOf(bytes), reinterpret_cast<MarksSlot*>(bytes.data() + sizeof(MarksHead)));
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace

TEST_CASE("the camera whose decoder crashes is known, and none beside it") {
  const MarksPath path;
  const Ids suspects = SuspectsAfter(path, [](DecodeMarks& marks) {
    const DecodeMarks::Mark other(&marks, 1, "other");
    DecodeAs(marks, 0, "gate \xE5\x8D\x97", Fault);
  });
  CHECK(suspects == Ids{"gate \xE5\x8D\x97"});
}

TEST_CASE("so is one whose decoder gives up by itself") {
  const MarksPath path;
  const Ids suspects = SuspectsAfter(path, [](DecodeMarks& marks) {
    const DecodeMarks::Mark other(&marks, 1, "other");
    DecodeAs(marks, 0, "gate", [] { std::abort(); });
  });
  CHECK(suspects == Ids{"gate"});
}

TEST_CASE("a crash in a thread that decodes nothing is no camera's fault") {
  const MarksPath path;
  const Ids suspects = SuspectsAfter(path, [](DecodeMarks& marks) {
    const DecodeMarks::Mark other(&marks, 1, "other");
    Fault();
  });
  CHECK(suspects.empty());
}

TEST_CASE("a signal still does what it did before") {
  const MarksPath path;
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGSEGV, [](int) { _exit(7); });
    const DecodeMarks marks(path, 1);
    Fault();
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 7);
}

TEST_CASE("of a process that was killed, all that was being decoded is suspect, each camera once") {
  const MarksPath path;
  const auto work = [](DecodeMarks& marks) {
    const DecodeMarks::Mark first(&marks, 0, "gate");
    const DecodeMarks::Mark second(&marks, 1, "door");
    const DecodeMarks::Mark third(&marks, 2, "gate");
    { const DecodeMarks::Mark past(&marks, 2, "past"); }
    const DecodeMarks::Mark again(&marks, 2, "gate");
    kill(getpid(), SIGKILL);
  };
  CHECK(SuspectsAfter(path, work) == Ids{"door", "gate"});
}

TEST_CASE("of a process that was ended from outside because it hung, the camera that hung is suspect") {
  const MarksPath path;
  const Ids all = SuspectsAfter(path, [](DecodeMarks& marks) {
    for (size_t thread = 0; thread < 2; ++thread) marks.Enlist(thread);
    const DecodeMarks::Mark first(&marks, 0, "gate");
    const DecodeMarks::Mark second(&marks, 1, "door");
    kill(getpid(), SIGKILL);
  });
  CHECK(all == Ids{"door", "gate"});
  Edit(path, [](MarksHead& head, MarksSlot* slots) {
    head.signal = SIGABRT;
    head.sentFromOutside = 1;
    slots[1].sinceMs = slots[1].sinceMs - DecodeMarks::kHangMs;
  });
  CHECK(DecodeMarks::Suspects(path) == Ids{"door"});
}

TEST_CASE("what another boot of the machine has left is not believed") {
  const MarksPath path;
  SuspectsAfter(path, [](DecodeMarks& marks) {
    const DecodeMarks::Mark mark(&marks, 0, "gate");
    kill(getpid(), SIGKILL);
  });
  CHECK(DecodeMarks::Suspects(path) == Ids{"gate"});
  Edit(path, [](MarksHead& head, MarksSlot*) { head.bootId[0] = head.bootId[0] == 'x' ? 'y' : 'x'; });
  CHECK(DecodeMarks::Suspects(path).empty());
}

TEST_CASE("a process that was told to end leaves no suspect, be it that it does not wait for its decoders") {
  const MarksPath path;
  const auto dismissed = [](DecodeMarks& marks) {
    const DecodeMarks::Mark mark(&marks, 0, "gate");
    marks.Dismiss();
    kill(getpid(), SIGKILL);
  };
  CHECK(SuspectsAfter(path, dismissed).empty());
  const auto exits = [](DecodeMarks& marks) {
    const DecodeMarks::Mark mark(&marks, 0, "gate");
    // As after a JavaScript error that nobody caught.
    std::exit(1);
  };
  CHECK(SuspectsAfter(path, exits).empty());
}

#endif

TEST_CASE("threads mark at once, and what is done leaves nothing") {
  const MarksPath path;
  {
    DecodeMarks marks(path, 4);
    std::vector<std::thread> threads;
    for (size_t thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&marks, thread] {
        marks.Enlist(thread);
        for (int i = 0; i < 10'000; ++i)
          const DecodeMarks::Mark mark(&marks, thread, "camera " + std::to_string(i));
      });
    }
    for (auto& thread : threads) thread.join();
    CHECK(DecodeMarks::Suspects(path).empty());
    const DecodeMarks::Mark mark(&marks, 2, std::string(DecodeMarks::kIdBytes + 9, 'x'));
    CHECK(DecodeMarks::Suspects(path) == Ids{std::string(DecodeMarks::kIdBytes, 'x')});
  }
  CHECK(DecodeMarks::Suspects(path).empty());
}

TEST_CASE("where nobody asks for marks nothing is marked") {
  const DecodeMarks::Mark mark(nullptr, 0, "gate");
}

TEST_CASE("no file is no suspect; another file, or none that can be made, is said") {
  const MarksPath path;
  const std::string nowhere = std::string(path) + ".none/marks";
  CHECK(DecodeMarks::Suspects(nowhere).empty());
  for (const std::string& text : {std::string("RWMARKS1"), std::string(1000, 'x'), std::string()}) {
    std::ofstream(path) << text;
    CAPTURE(text.size());
    CHECK_THROWS_WITH_AS(DecodeMarks::Suspects(path), doctest::Contains("expected marks, found another file"),
                         Error);
  }
  CHECK_THROWS_WITH_AS(DecodeMarks(nowhere, 1), doctest::Contains("No such file or directory"), Error);
}
