#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "journal/rocks/rocks_journal.h"
#include "tests/contract/journal_contract.h"

/// `journal_appender PATH [BYTES]`: appends for ever, one line with the position per acknowledged
/// batch. With BYTES no file may grow past them, as on a full disk; prints the refusals' codes and
/// ends.
namespace actuary::tests {
namespace {

void say(const std::string& line) {
  std::fputs((line + "\n").c_str(), stdout);
  std::fflush(stdout);
}

int work(const char* path, const char* bytes) {
  auto opened = journal::rocks::RocksJournal::open({.path = path});
  if (!opened) {
    say("refused " + opened.error().detail);
    return 1;
  }
  auto& journal = **opened;
  const Scribe scribe(journal);
  if (bytes != nullptr) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{std::strtoul(bytes, nullptr, 10), RLIM_INFINITY};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return 2;
  }
  auto claimed = append(journal, scribe.fit({scribe.claim(journal.head().term + 1)}));
  int refusals = 0;
  while (refusals < 3) {
    const auto note = scribe.note(stream_named('a'), std::string(100, 'x'));
    const auto done = append(journal, scribe.fit({note, note, note}));
    say(done ? std::to_string(*done) : std::string(to_string(done.error().code)));
    if (!done) ++refusals;
  }
  return claimed ? 0 : 3;
}

}  // namespace
}  // namespace actuary::tests

int main(int count, char** words) {
  return count < 2 ? 64 : actuary::tests::work(words[1], count > 2 ? words[2] : nullptr);
}
