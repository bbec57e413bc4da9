#include "bench/engine/data_folder.h"

#include <cstdio>

#include "engine/executor/folded.h"
#include "journal/rocks/rocks_journal.h"
#include "projections/runner/views.h"
#include "projections/snapshot/snapshot.h"

namespace actuary::bench {
namespace {

Status fill(journal::Journal& journal, const tests::support::SyntheticOptions& history) {
  const auto progress = [](Position position) {
    std::fprintf(stderr, "\r%llu records", static_cast<unsigned long long>(position));
  };
  TRY_VOID(tests::support::write_synthetic(journal, history, progress));
  std::fprintf(stderr, "\n");
  return {};
}

Status save_snapshot(const std::filesystem::path& data, const journal::Reader& journal) {
  engine::executor::Folded folded;
  Status problem;
  TRY_VOID(journal.scan(1, [&](const Record& record) {
    problem = folded.replay(record, journal);
    return problem.has_value();
  }));
  TRY_VOID(problem);
  TRY(bytes, projections::snapshot::make(folded.image(journal.head().position), journal));
  std::fprintf(stderr, "the snapshot has %zu bytes\n", bytes.size());
  return projections::snapshot::write(data / "views" / projections::snapshot::kFileName, bytes);
}

}  // namespace

Status make(const DataFolder& wish) {
  std::error_code error;
  std::filesystem::create_directories(wish.data / "views", error);
  if (error) return fail(Code::kStorageFailed, error.message());
  TRY(journal, journal::rocks::RocksJournal::open({.path = (wish.data / "journal").string()}));
  if (journal->head().position == 0) TRY_VOID(fill(*journal, wish.history));
  if (wish.views) {
    TRY(views, projections::runner::Views::open((wish.data / "views").string()));
    TRY_VOID(views->catch_up(*journal));
    std::fprintf(stderr, "views are at %llu\n", static_cast<unsigned long long>(views->applied()));
  }
  return wish.snapshot ? save_snapshot(wish.data, *journal) : Status{};
}

}  // namespace actuary::bench
