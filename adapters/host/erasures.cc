#include "adapters/host/erasures.h"

#include <algorithm>
#include <array>
#include <sstream>
#include <vector>

#include "adapters/host/keys.h"
#include "adapters/reactor/system.h"
#include "journal/base/whole_file.h"
#include "journal/events/personal.h"
#include "journal/rocks/rocks_reader.h"

namespace actuary::adapters::host {
namespace {

namespace base = journal::base;

constexpr std::string_view kFirstLine = "actuary erasures 1";
constexpr std::string_view kDigestWord = "sha256 ";
constexpr std::array kKinds{StreamKind::kRun, StreamKind::kBuild, StreamKind::kAccount};

tl::unexpected<Error> damaged(const std::string& file, const std::string& what) {
  return fail(Code::kCorrupt, file + " is no whole list of erasures: " + what +
                                  "; nothing was destroyed. Make it again: actuary erasures -o");
}

/// The lines before the digest, if it is theirs.
Result<std::string> read_checked(const std::string& file) {
  TRY(text, base::read_whole_file(file, kErasuresBytesMax));
  const std::size_t end = text.rfind(kDigestWord);
  if (end == std::string::npos || end == 0 || text[end - 1] != '\n') {
    return damaged(file, "its last line is missing");
  }
  const std::string lines = text.substr(0, end);
  if (text.substr(end) != std::string(kDigestWord) + base::sha256_hex(lines) + "\n") {
    return damaged(file, "its checksum is not that of its lines");
  }
  return lines;
}

struct Line {
  StreamId stream;
  std::vector<std::uint64_t> keys;
};

Result<Line> parse_line(const std::string& file, const std::string& text) {
  std::istringstream words(text);
  std::string kind;
  std::string id;
  words >> kind >> id;
  const auto known = std::find_if(kKinds.begin(), kKinds.end(), [&](StreamKind each) {
    return journal::record::to_string(each) == kind;
  });
  const auto stream = journal::record::AnyId::parse(id);
  if (known == kKinds.end() || !stream) return damaged(file, "\"" + text + "\"");
  Line line{{*known, *stream}, {}};
  for (std::uint64_t key = 0; words >> key;) line.keys.push_back(key);
  if (line.keys.empty() || !words.eof()) return damaged(file, "\"" + text + "\"");
  return line;
}

struct Parsed {
  Erasures about;
  std::vector<Line> lines;
};

Result<Parsed> read_erasures(const std::string& file) {
  TRY(text, read_checked(file));
  std::istringstream lines(text);
  std::string first;
  std::getline(lines, first);
  if (first != kFirstLine) {
    return fail(Code::kNewerVersion, file + " begins with \"" + first +
                                         "\"; this program knows \"" + std::string(kFirstLine) +
                                         "\"");
  }
  Parsed parsed;
  std::string word;
  std::string position_word;
  lines >> word >> parsed.about.journal_id >> position_word >> parsed.about.position;
  if (!lines || word != "journal" || position_word != "position") {
    return damaged(file, "it names no journal or no position");
  }
  std::getline(lines, word);  // the rest of that line
  for (std::string each; std::getline(lines, each);) {
    TRY(line, parse_line(file, each));
    parsed.lines.push_back(std::move(line));
  }
  return parsed;
}

/// Those of `line` that the stream's own texts are sealed under, as this journal has them.
Result<std::vector<std::uint64_t>> keys_here(const journal::Reader& journal, const Line& line) {
  std::vector<std::uint64_t> own;
  TRY(records, journal.read_stream(line.stream));
  for (const Record& record : records) {
    for (const std::string_view text : events::personal_texts_of(record.event)) {
      events::add_personal_keys(own, {text});
    }
  }
  std::erase_if(own, [&](std::uint64_t key) {
    return std::find(line.keys.begin(), line.keys.end(), key) == line.keys.end();
  });
  return own;
}

}  // namespace

Result<Erasures> write_erasures(const journal::Reader& journal, const std::string& file) {
  const journal::Head head = journal.head();
  Erasures written{head.id, head.position, 0, 0};
  std::string text = std::string(kFirstLine) + "\njournal " + head.id + "\nposition " +
                     std::to_string(head.position) + "\n";
  TRY_VOID(journal.scan(1, [&](const Record& record) {
    const auto keys = events::keys_destroyed_by(record.event);
    if (!keys.empty()) {
      text += std::string(journal::record::to_string(record.stream.kind)) + " " +
              record.stream.id.str();
      for (const std::uint64_t key : keys) text += " " + std::to_string(key);
      text += "\n";
      ++written.streams;
      written.keys += keys.size();
    }
    return text.size() < kErasuresBytesMax && record.position < head.position;
  }));
  if (text.size() >= kErasuresBytesMax) {
    return fail(Code::kTooLarge, "more erasures than one list holds");
  }
  const std::string digest = std::string(kDigestWord) + base::sha256_hex(text) + "\n";
  TRY_VOID(base::write_whole_file(file, text + digest, 0600));
  return written;
}

Result<Erasures> erase_again(const std::string& file, const std::filesystem::path& data) {
  TRY(parsed, read_erasures(file));
  TRY(journal, journal::rocks::RocksReader::open((data / "journal").string()));
  if (journal->head().id != parsed.about.journal_id) {
    return fail(Code::kInvalidArgument, file + " is of journal " + parsed.about.journal_id +
                                            ", this one is " + journal->head().id);
  }
  reactor::SystemIds ids;
  TRY(keys, Keys::open(data / "keys", ids));
  Erasures done = parsed.about;
  for (const Line& line : parsed.lines) {
    TRY(here, keys_here(*journal, line));
    TRY(destroyed, keys->destroy_personal(here));
    done.streams += destroyed > 0 ? 1 : 0;
    done.keys += destroyed;
  }
  return done;
}

}  // namespace actuary::adapters::host
