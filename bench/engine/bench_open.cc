#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/host/keeper.h"
#include "adapters/logs/file_logs.h"
#include "adapters/reactor/system.h"
#include "adapters/reactor/uv_loop.h"
#include "adapters/storages/rocks_storages.h"
#include "bench/engine/data_folder.h"
#include "bench/support/ratio.h"
#include "engine/executor/executor.h"
#include "journal/rocks/rocks_journal.h"
#include "projections/history/history.h"
#include "projections/runner/views.h"
#include "projections/snapshot/snapshot.h"

/// Opens a data folder as the host does, all but its containers, until commands are taken: beside
/// an empty folder, in turns, each time in a process of its own.
///
///     synthetic_data DATA --archived 1000000 --active 1000 --views --snapshot
///     bench_open --data DATA
namespace actuary::bench {
namespace {

namespace fs = std::filesystem;
namespace rocks = journal::rocks;
using Clock = std::chrono::steady_clock;

double since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// What one open took, in seconds; plain, so that it fits a pipe.
struct Opened {
  double journal = 0;
  double views = 0;
  double contents = 0;  ///< storages and logs
  double snapshot = 0;  ///< read, checked, decoded
  double engine = 0;    ///< tail folded, term durable, commands taken
  double all = 0;
  double image = 0;  ///< copying the state on the loop's thread: what a snapshot stalls
  double make = 0;   ///< encoding it, on a worker
  double write = 0;  ///< write, fsync and rename, on a worker
  double bytes = 0;
  double streams = 0;  ///< in memory
  double peak_mbytes = 0;
  bool from_snapshot = false;
  bool ok = false;
};

double peak_mbytes() {
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

void measure_snapshot(const engine::executor::Executor& executor, const journal::Reader& journal,
                      const fs::path& folder, Opened& opened) {
  auto begin = Clock::now();
  const auto image = executor.image();
  opened.image = since(begin);
  if (!image) return;
  opened.streams = static_cast<double>(image->slots.size());
  begin = Clock::now();
  const auto bytes = projections::snapshot::make(*image, journal);
  opened.make = since(begin);
  if (!bytes) return;
  opened.bytes = static_cast<double>(bytes->size());
  begin = Clock::now();
  (void)projections::snapshot::write(folder / "bench.snapshot", *bytes);
  opened.write = since(begin);
  fs::remove(folder / "bench.snapshot");
}

Result<Opened> open(const fs::path& data) {
  Opened opened;
  adapters::reactor::SystemClock clock;
  adapters::reactor::SystemIds ids;
  const auto begin = Clock::now();
  auto last = begin;
  const auto lap = [&last] { return since(std::exchange(last, Clock::now())); };
  fs::create_directories(data / "views");
  TRY(loop, adapters::reactor::UvLoop::own());
  TRY(journal, journal::rocks::RocksJournal::open({.path = (data / "journal").string()}));
  opened.journal = lap();
  TRY(views, projections::runner::Views::open((data / "views").string()));
  TRY_VOID(views->catch_up(*journal));
  opened.views = lap();
  TRY(storages, adapters::storages::RocksStorages::open(data / "storages", *loop, clock));
  TRY(logs, adapters::logs::FileLogs::open(data / "logs", *loop));
  opened.contents = lap();
  const auto note = [](const std::string& text) { std::fprintf(stderr, "%s\n", text.c_str()); };
  adapters::host::Keeper keeper(*loop, *journal, data / "views" / projections::snapshot::kFileName,
                                note);
  auto image = keeper.load({});
  opened.from_snapshot = image.has_value();
  opened.snapshot = lap();
  engine::executor::Executor executor(
      {.journal = *journal,
       .loop = *loop,
       .clock = clock,
       .ids = ids,
       .perform = [](const auto&, Position) {},
       .on_durable = [&](std::span<const Record> batch) { return views->apply(batch); },
       .on_fatal = [&](const Error&) { loop->stop(); },
       .archive = &keeper},
      engine::decision::Settings{.capacity = {1U << 20U, 1U << 24U}});
  const auto ready = [&] {
    opened.engine = lap();
    opened.all = since(begin);
    opened.ok = true;
    executor.when_quiet([&] {
      measure_snapshot(executor, *journal, data / "views", opened);
      loop->stop();
    });
  };
  TRY_VOID(executor.start({1, 1, "bench"}, ready, std::move(image)));
  loop->run();
  executor.stop();
  storages->close();
  opened.peak_mbytes = peak_mbytes();
  return opened;
}

/// In a child, so that memory and caches of one open are not those of the one before.
Opened open_in_a_child(const fs::path& data) {
  int ends[2];
  if (::pipe(ends) != 0) return {};
  const pid_t child = ::fork();
  if (child == 0) {
    const Result<Opened> result = open(data);
    if (!result) std::fprintf(stderr, "%s\n", result.error().detail.c_str());
    const Opened opened = result.value_or(Opened{});
    ::_exit(::write(ends[1], &opened, sizeof opened) == sizeof opened ? 0 : 1);
  }
  ::close(ends[1]);
  Opened opened;
  if (::read(ends[0], &opened, sizeof opened) != sizeof opened) opened.ok = false;
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return opened;
}

/// One kind of folder, opened again and again; what each open took is kept.
struct Rounds {
  fs::path data;
  std::vector<Opened> all;

  double open() {
    all.push_back(open_in_a_child(data));
    if (!all.back().ok) std::exit(1);
    return 1 / all.back().all;
  }
  [[nodiscard]] double median(double Opened::*what) const {
    std::vector<double> values;
    for (const Opened& each : all) values.push_back(each.*what);
    return quantile(values, 0.5);
  }
};

void print(const Rounds& full, const Rounds& empty) {
  struct Line {
    const char* name;
    double Opened::*what;
    double scale;
  };
  constexpr Line kLines[] = {{"journal, ms", &Opened::journal, 1e3},
                             {"views, ms", &Opened::views, 1e3},
                             {"storages and logs, ms", &Opened::contents, 1e3},
                             {"snapshot read, ms", &Opened::snapshot, 1e3},
                             {"engine until ready, ms", &Opened::engine, 1e3},
                             {"open, all of it, s", &Opened::all, 1},
                             {"peak memory, MiB", &Opened::peak_mbytes, 1},
                             {"streams in memory", &Opened::streams, 1},
                             {"snapshot, KiB", &Opened::bytes, 1.0 / 1024},
                             {"snapshot: loop stalls, ms", &Opened::image, 1e3},
                             {"snapshot: encode, ms", &Opened::make, 1e3},
                             {"snapshot: write, ms", &Opened::write, 1e3}};
  std::printf("%-28s %12s %12s\n", "median of the rounds", "with archive", "empty");
  for (const Line& line : kLines) {
    std::printf("%-28s %12.3f %12.3f\n", line.name, full.median(line.what) * line.scale,
                empty.median(line.what) * line.scale);
  }
  std::printf("from a snapshot: %s\n\n", full.all.back().from_snapshot ? "yes" : "no");
}

/// Random runs of the folder as they were at random positions of theirs.
class Past {
 public:
  explicit Past(fs::path data) : data_(std::move(data)) {}

  /// One over the 99th percentile of folding a run up to a position of its own.
  double folded() {
    return p99_rate([](const journal::Reader& journal, const Record& record) {
      const projections::history::History history(journal);
      const auto moment = history.find({record.position});
      return moment && history.run(RunId::parse(record.stream.id.view()).value(), *moment);
    });
  }
  /// The same of reading its records.
  double read() {
    return p99_rate([](const journal::Reader& journal, const Record& record) {
      return journal.read_stream(record.stream).has_value();
    });
  }

 private:
  template <class Ask>
  double p99_rate(Ask ask) {
    constexpr int kAsked = 500;
    if (!journal_) journal_ = rocks::RocksJournal::open({.path = data_ / "journal"}).value();
    std::uniform_int_distribution<Position> positions(1, journal_->head().position);
    std::vector<double> seconds;
    while (seconds.size() < kAsked) {
      const Record record = journal_->read(positions(random_)).value();
      if (record.stream.kind != StreamKind::kRun) continue;
      const auto begin = Clock::now();
      if (!ask(*journal_, record)) std::exit(1);
      seconds.push_back(since(begin));
    }
    return 1 / quantile(seconds, 0.99);
  }

  fs::path data_;
  std::unique_ptr<rocks::RocksJournal> journal_;
  std::mt19937_64 random_{1};
};

int run(int argc, char** argv) {
  const Settings settings = settings_from(argc, argv);
  DataFolder wish;
  wish.history = {.archived = settings.quick ? 5'000U : 100'000U, .active = 1'000};
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::string_view(argv[i]) == "--data") wish.data = argv[i + 1];
  }
  if (wish.data.empty()) {
    wish.data = "with-archive";
    if (const Status made = make(wish); !made) {
      std::fprintf(stderr, "%s\n", made.error().detail.c_str());
      return 1;
    }
  }
  Rounds full{wish.data, {}};
  Rounds empty{wish.data.string() + ".empty", {}};
  fs::remove_all(empty.data);
  if (!open_in_a_child(empty.data).ok) return 1;  // makes it, which is not what is compared
  Past past(wish.data);
  const int written = report({{.name = "open a folder with an archive",
                               .unit = "opens/s",
                               .ours = [&] { return full.open(); },
                               .reference = [&] { return empty.open(); },
                               .bar = 0.25},
                              {.name = "state of a run at a position, 1 / p99",
                               .unit = "1/s",
                               .ours = [&] { return past.folded(); },
                               .reference = [&] { return past.read(); },
                               .bar = 0.5}},
                             settings);
  print(full, empty);
  fs::remove_all(empty.data);
  return written;
}

}  // namespace
}  // namespace actuary::bench

int main(int argc, char** argv) { return actuary::bench::run(argc, argv); }
