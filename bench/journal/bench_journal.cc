#include <benchmark/benchmark.h>
#include <rocksdb/db.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <thread>

#include "bench/journal/group_commit.h"
#include "bench/support/ratio.h"
#include "journal/base/assert.h"
#include "journal/codec/record_codec.h"
#include "journal/merkle/verify_tree.h"
#include "journal/rocks/layout.h"
#include "journal/rocks/rocks_journal.h"
#include "journal/rocks/store_options.h"

/// Durable append at 1, 16, 64 and 256 callers beside a raw RocksDB loop that writes the same bytes
/// with the same options, and replay beside a raw iterator.
namespace actuary::bench {
namespace {

namespace rocks = journal::rocks;
namespace fs = std::filesystem;

Record record_at(Position position) {
  Record record;
  record.position = position;
  record.version = position;
  record.term = 1;
  record.command_name = "ReportStarted";
  record.command = std::string(120, 'c');
  record.event = events::AttemptStarted{.epoch = position};
  if (position == 1) record.event = events::TermClaimed{.term = 1};
  return record;
}

/// The journal under test, in a folder of its own.
class Ours {
 public:
  explicit Ours(const fs::path& path,
                rocks::RocksJournal::Witnessing witnessing = rocks::RocksJournal::Witnessing::kOn) {
    auto opened = rocks::RocksJournal::open({.path = path, .witnessing = witnessing});
    ACTUARY_ASSERT(opened.has_value());
    journal_ = std::move(*opened);
    write(1);
  }

  void write(std::size_t count) {
    std::vector<Record> batch;
    const Position head = journal_->head().position;
    for (std::size_t i = 1; i <= count; ++i) batch.push_back(record_at(head + i));
    std::promise<bool> durable;
    journal_->append(std::move(batch),
                     [&](const Result<Position>& done) { durable.set_value(done.has_value()); });
    ACTUARY_ASSERT(durable.get_future().get());
  }
  std::size_t replay() {
    std::size_t bytes = 0;
    const auto scanned = journal_->scan(1, [&](const Record& record) {
      bytes += record.command.size();
      return true;
    });
    ACTUARY_ASSERT(scanned.has_value());
    return bytes;
  }
  void verify() { ACTUARY_ASSERT(journal::merkle::verify_tree(*journal_).has_value()); }

 private:
  std::unique_ptr<rocks::RocksJournal> journal_;
};

/// What a hand-written loop would do: the same keys, values, options and syncs, and nothing else.
class Raw {
 public:
  explicit Raw(const fs::path& path) {
    rocksdb::Options options(rocks::database_options(), rocks::family_options());
    options.create_if_missing = true;
    options.create_missing_column_families = true;
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const auto name : rocks::kFamilyNames) {
      families.emplace_back(std::string(name), rocks::family_options());
    }
    rocksdb::DB* raw = nullptr;
    ACTUARY_ASSERT(rocksdb::DB::Open(options, path, families, &families_, &raw).ok());
    database_.reset(raw);
    value_ = journal::codec::encode_record(record_at(2)).value();
  }
  ~Raw() {
    for (auto* family : families_) database_->DestroyColumnFamilyHandle(family);
  }

  void write(std::size_t count) {
    rocksdb::WriteBatch batch(0, 0, rocks::kProtectionBytes, 0);
    for (std::size_t i = 0; i < count; ++i) {
      const Bytes key = rocks::number_bytes(++head_);
      batch.Put(families_[1], key, value_);
      batch.Put(families_[2], rocks::stream_key({}, head_), key);
    }
    batch.Put(families_[4], "head", rocks::head_bytes({head_, 1}));
    ACTUARY_ASSERT(database_->Write(rocks::write_options(), &batch).ok());
  }
  std::size_t replay() {
    std::size_t bytes = 0;
    const std::unique_ptr<rocksdb::Iterator> each(
        database_->NewIterator(rocks::read_options(), families_[1]));
    for (each->SeekToFirst(); each->Valid(); each->Next()) bytes += each->value().size();
    ACTUARY_ASSERT(each->status().ok());
    return bytes;
  }

 private:
  std::unique_ptr<rocksdb::DB> database_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
  Bytes value_;
  Position head_ = 0;
};

double per_second(std::size_t count, std::chrono::steady_clock::duration span) {
  return static_cast<double>(count) / std::chrono::duration<double>(span).count();
}

template <class Log>
double appends_per_second(Log& log, int callers, std::size_t each) {
  GroupCommit front([&](std::size_t count) { log.write(count); });
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::jthread> threads;
  for (int i = 0; i < callers; ++i) {
    threads.emplace_back([&] {
      for (std::size_t done = 0; done < each; ++done) front.commit();
    });
  }
  threads.clear();
  return per_second(each * static_cast<std::size_t>(callers),
                    std::chrono::steady_clock::now() - begin);
}

/// One over the 99th percentile of the callers' waits.
template <class Log>
double p99_rate(Log& log, int callers, std::size_t each) {
  GroupCommit front([&](std::size_t count) { log.write(count); });
  std::mutex mutex;
  std::vector<double> seconds;
  std::vector<std::jthread> threads;
  for (int i = 0; i < callers; ++i) {
    threads.emplace_back([&] {
      std::vector<double> mine;
      for (std::size_t done = 0; done < each; ++done) {
        const auto begin = std::chrono::steady_clock::now();
        front.commit();
        mine.push_back(1 / per_second(1, std::chrono::steady_clock::now() - begin));
      }
      const std::lock_guard guard(mutex);
      seconds.insert(seconds.end(), mine.begin(), mine.end());
    });
  }
  threads.clear();
  return 1 / quantile(std::move(seconds), 0.99);
}

template <class Log>
double replays_per_second(Log& log, std::size_t records) {
  const auto begin = std::chrono::steady_clock::now();
  benchmark::DoNotOptimize(log.replay());
  return per_second(records, std::chrono::steady_clock::now() - begin);
}

/// Every record hashed again and compared with the stored Merkle tree.
double verified_per_second(Ours& log, std::size_t records) {
  const auto begin = std::chrono::steady_clock::now();
  log.verify();
  return per_second(records, std::chrono::steady_clock::now() - begin);
}

int run(const Settings& settings) {
  const fs::path folder = fs::current_path() / ("bench-journal-" + std::to_string(getpid()));
  fs::create_directories(folder);  // not under /tmp, which may be memory and sync nothing
  int code = 0;
  {
    Ours ours(folder / "ours");
    Raw raw(folder / "raw");
    std::vector<Comparison> rows;
    const auto appends = [&](Ours& log, std::string name, double bar) {
      for (const int callers : {1, 16, 64, 256}) {
        const std::size_t each = (settings.quick ? 256U : 1024U) / static_cast<unsigned>(callers);
        const std::size_t turns = std::max<std::size_t>(each, settings.quick ? 8 : 24);
        rows.push_back({std::to_string(callers) + name, "records/s",
                        [&, callers, turns] { return appends_per_second(log, callers, turns); },
                        [&, callers, turns] { return appends_per_second(raw, callers, turns); },
                        bar});
      }
    };
    Ours alone(folder / "alone", rocks::RocksJournal::Witnessing::kOff);
    appends(ours, " callers, durable append", 0.75);
    appends(alone, " callers, without the witness", 0.9);
    const std::size_t turns = settings.quick ? 16 : 64;
    rows.push_back({"64 callers, 1 / p99 of an append", "1/s",
                    [&] { return p99_rate(ours, 64, turns); },
                    [&] { return p99_rate(raw, 64, turns); }, 1 / 1.5});
    Ours replayed(folder / "replayed");
    Raw scanned(folder / "scanned");
    const std::size_t batches = settings.quick ? 5 : 25;
    for (std::size_t i = 0; i < batches; ++i) {
      replayed.write(4000);
      scanned.write(4000);
    }
    rows.push_back({"replay beside raw scan", "records/s",
                    [&] { return replays_per_second(replayed, batches * 4000); },
                    [&] { return replays_per_second(scanned, batches * 4000); }, 0.5});
    rows.push_back({"hash-verifying scan, one core", "records/s",
                    [&] { return verified_per_second(replayed, batches * 4000); },
                    [&] { return replays_per_second(scanned, batches * 4000); }, 0.25});
    code = report(rows, settings);
  }
  fs::remove_all(folder);
  return code;
}

}  // namespace
}  // namespace actuary::bench

int main(int count, char** words) {
  return actuary::bench::run(actuary::bench::settings_from(count, words));
}
