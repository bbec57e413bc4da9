#include "tests/recovery/workload.h"

#include <unistd.h>
#include <xxhash.h>

#include <charconv>
#include <cstdio>
#include <future>
#include <map>
#include <random>

#include "journal/codec/record_codec.h"
#include "journal/rocks/rocks_journal.h"
#include "tests/recovery/child.h"

namespace actuary::tests::recovery {
namespace {

using journal::rocks::RocksJournal;

constexpr char kStreams[] = "abcdefgh";
constexpr int kTriesAfterAFailure = 3;

std::uint64_t digest(BytesView bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

Result<Position> append(RocksJournal& journal, std::vector<Record> batch) {
  std::promise<Result<Position>> answer;
  auto future = answer.get_future();
  journal.append(std::move(batch),
                 [&](Result<Position> done) { answer.set_value(std::move(done)); });
  return future.get();
}

/// Makes batches that say of themselves how large they are: "FIRST COUNT filler".
class Author {
 public:
  Author(const RocksJournal& journal, const Plan& plan)
      : journal_(journal), plan_(plan), random_(plan.seed), term_(journal.head().term) {}

  std::vector<Record> claim() {
    Record record;
    record.term = ++term_;
    record.event =
        events::TermClaimed{.term = term_, .nonce = random_(), .pid = 1, .program = "torture"};
    return number({record});
  }
  std::vector<Record> next() {
    const Position first = journal_.head().position + 1;
    const std::size_t count = 1 + random_() % plan_.records_max;
    std::vector<Record> batch;
    for (std::size_t i = 0; i < count; ++i) {
      Record record;
      const char letter = kStreams[random_() % (sizeof(kStreams) - 1)];
      record.stream = stream_of(RunId::parse(std::string(kIdLength, letter)).value());
      record.term = term_;
      record.event = events::CommandNoted{std::to_string(first) + " " + std::to_string(count) +
                                          " " + filler()};
      batch.push_back(std::move(record));
    }
    return number(std::move(batch));
  }

 private:
  std::string filler() {
    const bool large = random_() % 16 == 0;
    std::string text(random_() % (large ? plan_.record_bytes_max : 200), ' ');
    for (char& c : text) c = static_cast<char>('a' + random_() % 26);
    return text;
  }
  std::vector<Record> number(std::vector<Record> batch) const {
    Position position = journal_.head().position;
    std::map<StreamId, Version> versions;
    for (Record& record : batch) {
      record.position = ++position;
      auto& version =
          versions.try_emplace(record.stream, journal_.version_of(record.stream)).first->second;
      record.version = ++version;
    }
    return batch;
  }

  const RocksJournal& journal_;
  const Plan plan_;
  std::mt19937_64 random_;
  std::uint64_t term_;
};

/// One line, in one write: "+POSITION DIGEST DIGEST ...".
void acknowledge(int out, const std::vector<Record>& batch) {
  std::string line = "+" + std::to_string(batch.front().position);
  for (const Record& record : batch) {
    line += " " + std::to_string(digest(journal::codec::encode_record(record).value()));
  }
  say(out, line + "\n");
}

int failed(RocksJournal& journal, Author& author, const Error& error, int out) {
  say(out, "!" + std::string(to_string(error.code)) + " " + error.detail + "\n");
  for (int i = 0; i < kTriesAfterAFailure; ++i) {
    const auto batch = author.next();
    if (append(journal, batch)) {
      acknowledge(out, batch);
      return kAcknowledgedLater;
    }
  }
  return kAppendFailed;
}

/// What is wrong with the records as they stand, one after the other.
class Inspector {
 public:
  explicit Inspector(const Acknowledged& acknowledged) : acknowledged_(acknowledged) {}

  void stored(Position position, BytesView bytes) {
    if (position > acknowledged_.size()) return;
    const std::uint64_t wanted = acknowledged_[position - 1];
    if (wanted != kNotAcknowledged && digest(bytes) != wanted) {
      complain("record " + std::to_string(position) + " is not the one that was acknowledged");
    }
  }
  void record(const Record& record) {
    if (record.version != ++versions_[record.stream]) {
      complain("record " + std::to_string(record.position) + " is version " +
               std::to_string(record.version) + " of its stream");
    }
    unsigned long long first = record.position;
    unsigned long long count = 1;
    if (const auto* note = std::get_if<events::CommandNoted>(&record.event)) {
      // NOLINTNEXTLINE(cert-err34-c): the text is ours and was verified
      (void)std::sscanf(note->command.c_str(), "%llu %llu", &first, &count);
    }
    if (record.position == first) {
      if (first <= batch_last_) complain("the batch before " + std::to_string(first) + " is cut");
      batch_first_ = first;
      batch_last_ = first + count - 1;
    }
    if (first != batch_first_ || record.position > batch_last_) {
      complain("record " + std::to_string(record.position) + " is of another batch");
    }
  }
  [[nodiscard]] std::string verdict(Position head) {
    if (head < acknowledged_.size()) {
      complain("records " + std::to_string(head + 1) + " to " +
               std::to_string(acknowledged_.size()) + " are gone");
    }
    if (head < batch_last_) complain("the last batch is there in part");
    return complaint_;
  }
  [[nodiscard]] const std::map<StreamId, Version>& versions() const { return versions_; }
  void complain(const std::string& what) {
    if (complaint_.empty()) complaint_ = what;
  }

 private:
  const Acknowledged& acknowledged_;
  std::map<StreamId, Version> versions_;
  Position batch_first_ = 0;
  Position batch_last_ = 0;
  std::string complaint_;
};

int told(int out, char kind, const std::string& text) {
  say(out, kind + text);
  return 0;
}

int told(int out, char kind, const Error& error) {
  return told(out, kind, std::string(to_string(error.code)) + "\n" + error.detail);
}

/// Every way to read must agree; the first one that sees damage says so.
int inspect(const std::string& path, const Acknowledged& acknowledged, bool appends, int out) {
  auto opened = RocksJournal::open({.path = path});
  if (!opened) return told(out, 'R', opened.error());
  RocksJournal& journal = **opened;
  Inspector inspector(acknowledged);
  Position seen = 0;
  auto scanned = journal.scan_stored(1, [&](Position position, BytesView bytes) {
    seen = position;
    inspector.stored(position, bytes);
    return true;
  });
  if (!scanned) return told(out, 'S', scanned.error());
  scanned = journal.scan(1, [&](const Record& record) {
    inspector.record(record);
    return true;
  });
  if (!scanned) return told(out, 'S', scanned.error());
  const Position head = journal.head().position;
  if (seen != head) inspector.complain("the scan and the head disagree");
  for (const auto& [stream, version] : inspector.versions()) {
    const auto records = journal.read_stream(stream);
    if (!records) return told(out, 'S', records.error());
    if (records->size() != version) inspector.complain(describe(stream) + " is not whole");
  }
  if (const std::string loss = inspector.verdict(head); !loss.empty()) return told(out, 'L', loss);
  if (appends) {
    Author author(journal, {});
    if (const auto done = append(journal, author.claim()); !done) {
      return told(out, 'L', "opened, but cannot append: " + done.error().detail);
    }
  }
  return told(out, 'E', std::to_string(head));
}

}  // namespace

int append_and_tell(const std::string& path, const Plan& plan, int out) {
  auto opened = RocksJournal::open({.path = path});
  if (!opened) {
    say(out,
        "!" + std::string(to_string(opened.error().code)) + " " + opened.error().detail + "\n");
    return kRefusedAtOpen;
  }
  RocksJournal& journal = **opened;
  Author author(journal, plan);
  auto batch = author.claim();
  for (unsigned i = 0; i <= plan.batches; ++i) {
    if (const auto done = append(journal, batch); !done) {
      return failed(journal, author, done.error(), out);
    }
    acknowledge(out, batch);
    if (i == plan.batches) break;
    batch = author.next();
  }
  if (plan.dies_open) ::_exit(kDone);
  opened->reset();
  return kDone;
}

void parse_acknowledged(const std::string& said, Acknowledged& acknowledged) {
  for (std::size_t at = 0; at < said.size();) {
    const std::size_t end = said.find('\n', at);
    if (end == std::string::npos) return;
    if (said[at] == '+') {
      const char* next = said.data() + at + 1;
      const char* const last = said.data() + end;
      Position position = 0;
      next = std::from_chars(next, last, position).ptr;
      if (acknowledged.size() < position - 1) acknowledged.resize(position - 1, kNotAcknowledged);
      for (; next < last; ++position) {
        std::uint64_t record = 0;
        next = std::from_chars(next + 1, last, record).ptr;
        // A position that is acknowledged twice keeps its first record: the second is a loss.
        if (position > acknowledged.size()) acknowledged.push_back(record);
      }
    }
    at = end + 1;
  }
}

std::string_view to_string(Found::Kind kind) {
  switch (kind) {
    case Found::Kind::kEverything:
      return "everything";
    case Found::Kind::kRefused:
      return "refused";
    case Found::Kind::kDamageSeen:
      return "opened, then damage seen";
    case Found::Kind::kLoss:
      return "silent loss";
    case Found::Kind::kDied:
      return "died";
  }
  return "?";
}

Found open_and_compare(const std::string& path, const Acknowledged& acknowledged, bool appends) {
  const Ended ended =
      run_to_end([&](int out) { return inspect(path, acknowledged, appends, out); });
  Found found;
  if (ended.code != 0 || ended.said.empty()) {
    found.detail = "exit " + std::to_string(ended.code);
    return found;
  }
  const std::string text = ended.said.substr(1);
  const std::size_t line = text.find('\n');
  switch (ended.said[0]) {
    case 'E':
      found.kind = Found::Kind::kEverything;
      found.head = std::stoull(text);
      return found;
    case 'L':
      found.kind = Found::Kind::kLoss;
      found.detail = text;
      return found;
    default:
      found.kind = ended.said[0] == 'R' ? Found::Kind::kRefused : Found::Kind::kDamageSeen;
      found.code = text.substr(0, line);
      found.detail = text.substr(line + 1);
      return found;
  }
}

}  // namespace actuary::tests::recovery
