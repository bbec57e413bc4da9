#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "tests/recovery/lying_disk.h"
#include "tests/recovery/workload.h"

/// The journal as a program that may be killed; the Python files of this folder do that.
///
///   recovery_journal write PATH SEED BATCHES [FLAG...]
///       opens, claims a term, appends BATCHES (0: for ever), and says on stdout what was
///       acknowledged. Flags: `dies-open` ends without closing; `no-sync` never syncs;
///       `small` writes short batches; `limit=BYTES` lets no file grow past them
///   recovery_journal check
///       for each line "PATH SAID looks|appends" on stdin opens the journal at PATH, compares it
///       with what the writers said (the file SAID), and answers "KIND HEAD CODE DETAIL", tabs
///       between
namespace actuary::tests::recovery {
namespace {

bool limit_files(const char* bytes) {
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{std::strtoul(bytes, nullptr, 10), RLIM_INFINITY};
  return setrlimit(RLIMIT_FSIZE, &limit) == 0;
}

int write(int count, char** words) {
  const unsigned long batches = std::strtoul(words[4], nullptr, 10);
  Plan plan{.seed = std::strtoull(words[3], nullptr, 10)};
  if (batches != 0) plan.batches = static_cast<unsigned>(batches);
  for (int i = 5; i < count; ++i) {
    const std::string flag = words[i];
    if (flag == "dies-open") {
      plan.dies_open = true;
    } else if (flag == "no-sync") {
      make_the_disk_lie();
    } else if (flag == "small") {
      plan.record_bytes_max = 512;
      plan.records_max = 3;
    } else if (flag.starts_with("limit=") && limit_files(flag.c_str() + 6)) {
      continue;
    } else {
      std::fprintf(stderr, "recovery_journal: %s?\n", flag.c_str());
      return 64;
    }
  }
  return append_and_tell(words[2], plan, STDOUT_FILENO);
}

std::string one_line(std::string text) {
  for (char& c : text) {
    if (c == '\n' || c == '\t') c = ' ';
  }
  return text;
}

int check() {
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string path;
    std::string said_file;
    std::string how;
    words >> path >> said_file >> how;
    std::ostringstream said;
    said << std::ifstream(said_file, std::ios::binary).rdbuf();
    Acknowledged acknowledged;
    parse_acknowledged(said.str(), acknowledged);
    const Found found = open_and_compare(path, acknowledged, how == "appends");
    std::printf("%s\t%llu\t%s\t%s\n", std::string(to_string(found.kind)).c_str(),
                static_cast<unsigned long long>(found.head), found.code.c_str(),
                one_line(found.detail).c_str());
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace actuary::tests::recovery

int main(int count, char** words) {
  if (count >= 5 && std::strcmp(words[1], "write") == 0) {
    return actuary::tests::recovery::write(count, words);
  }
  if (count == 2 && std::strcmp(words[1], "check") == 0) return actuary::tests::recovery::check();
  std::fputs("usage: recovery_journal write PATH SEED BATCHES [FLAG...] | check\n", stderr);
  return 64;
}
