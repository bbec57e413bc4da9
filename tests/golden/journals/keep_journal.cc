// Keeps the journal of a released format: `golden_keep_journal FOLDER` makes
// FOLDER/format-F-schema-S with today's program. See tests/golden/journals/README.md.

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "journal/codec/record_codec.h"
#include "journal/rocks/rocks_journal.h"
#include "tests/golden/journals/story.h"

namespace {

namespace fs = std::filesystem;
using actuary::journal::rocks::RocksJournal;

/// What RocksDB wrote for people: it names this machine's paths, and no reader needs it.
bool is_for_people(const std::string& name) {
  return name.rfind("LOG", 0) == 0 || name.rfind("OPTIONS-", 0) == 0 || name == "LOCK";
}

void drop_what_is_for_people(const fs::path& folder) {
  std::vector<fs::path> all;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) all.push_back(entry.path());
  for (const auto& path : all) {
    if (is_for_people(path.filename())) fs::remove(path);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: golden_keep_journal tests/golden/journals\n");
    return 64;
  }
  const fs::path kept =
      fs::path(argv[1]) / ("format-" + std::to_string(actuary::journal::kFormat) + "-schema-" +
                           std::to_string(actuary::journal::codec::kSchema));
  if (fs::exists(kept)) {
    std::fprintf(stderr, "%s is kept already; it never changes\n", kept.c_str());
    return 65;
  }
  fs::create_directories(kept);
  std::unique_ptr<RocksJournal> journal;
  actuary::tests::golden::tell_story([&]() -> actuary::journal::Journal& {
    journal.reset();
    journal = RocksJournal::open({.path = kept / "journal"}).value();
    return *journal;
  });
  const std::string untold = actuary::tests::golden::untold_events(*journal);
  const std::string stored = actuary::tests::golden::stored_digest(*journal);
  journal.reset();
  if (!untold.empty()) {
    std::fprintf(stderr, "the story lacks %s\n", untold.c_str());
    fs::remove_all(kept);
    return 70;
  }
  drop_what_is_for_people(kept);
  std::ofstream(kept / "stored.txt") << stored;
  std::printf("%s\n", kept.c_str());
  return 0;
}
