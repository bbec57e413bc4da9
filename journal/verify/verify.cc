#include "journal/verify/verify.h"

#include <xxhash.h>

#include <algorithm>
#include <array>

#include "journal/codec/record_codec.h"
#include "journal/rocks/layout.h"

namespace actuary::journal::verify {
namespace {

using rocks::RocksReader;

constexpr std::uint64_t kProgressEvery = 65'536;

/// A fingerprint of a set of (key, position), whatever the order in which they are added. Two
/// sums of independent hashes: equal sets are equal, and others differ but for 1 in 2^128.
class SetHash {
 public:
  void add(BytesView stream_key, Position position) {
    for (std::size_t i = 0; i < sums_.size(); ++i) {
      sums_[i] +=
          XXH3_64bits_withSeed(stream_key.data(), stream_key.size(), position * sums_.size() + i);
    }
    ++count_;
  }
  friend bool operator==(const SetHash&, const SetHash&) = default;

 private:
  std::array<std::uint64_t, 2> sums_{};
  std::uint64_t count_ = 0;
};

/// What a record may not say, given what came before it.
class Rules {
 public:
  [[nodiscard]] std::optional<std::string> breach(const Record& record) {
    if (record.version == 0) return "has no version";
    if (record.cause >= record.position) {
      return "was caused by record " + std::to_string(record.cause) + ", which is not before it";
    }
    if (record.principal.epoch >= record.position) {
      return "comes from attempt " + std::to_string(record.principal.epoch) +
             ", which is not before it";
    }
    return term_breach(record);
  }
  [[nodiscard]] std::uint64_t terms() const { return terms_; }
  /// The walk begins in the middle, at a record of this term.
  void begin_in(std::uint64_t term) { term_ = term; }

 private:
  std::optional<std::string> term_breach(const Record& record) {
    const auto* claim = std::get_if<events::TermClaimed>(&record.event);
    if (claim == nullptr) {
      if (term_ != 0 && record.term == term_) return std::nullopt;
      return "is of term " + std::to_string(record.term) + ", but the last claimed term is " +
             std::to_string(term_);
    }
    if (record.stream != record::system_stream() || record.term != claim->term) {
      return "claims a term in somebody else's name";
    }
    if (claim->term <= term_) {
      return "claims term " + std::to_string(claim->term) + " after term " + std::to_string(term_);
    }
    term_ = claim->term;
    ++terms_;
    return std::nullopt;
  }

  std::uint64_t term_ = 0;
  std::uint64_t terms_ = 0;
};

class Walk {
 public:
  Walk(const RocksReader& journal, const Progress& progress)
      : journal_(journal),
        progress_(progress),
        head_(journal.head()),
        begin_(journal.first_readable()) {}

  Result<Report> run() {
    report_.first = begin_;
    if (begin_ > 1) begin_behind_archives();
    if (!report_.fault) TRY_VOID(walk_log());
    if (!report_.fault) TRY_VOID(walk_index());
    if (!report_.fault && (index_fault_ || !(index_ == log_))) TRY_VOID(find_index_fault());
    report_.terms = rules_.terms();
    return std::move(report_);
  }

 private:
  void fault(Position position, std::string what) {
    if (!report_.fault || report_.fault->position > position) {
      report_.fault = Fault{position, std::move(what)};
    }
  }

  void tell() const {
    if (progress_) progress_(report_.records, head_.position);
  }

  void begin_behind_archives() {
    const auto first = journal_.read(begin_);
    if (!first) return fault(begin_, first.error().detail);
    const bool claims = std::holds_alternative<events::TermClaimed>(first->event);
    rules_.begin_in(claims ? first->term - 1 : first->term);
  }

  /// A record that a newer program wrote is looked at without its event.
  Result<Record> read(Position at, BytesView stored) {
    auto record = codec::decode_record(stored, at);
    if (record || record.error().code != Code::kNewerVersion) return record;
    auto outline = codec::decode_outline(stored, at);
    if (!outline || outline->is_claim()) return record;
    if (report_.unknown++ == 0) {
      report_.first_unknown = at;
      report_.why_unknown = record.error().detail;
    }
    return std::move(outline->record);
  }

  Status walk_log() {
    Position next = begin_;
    Status refused;
    const auto scanned = journal_.scan_stored(next, [&](Position at, BytesView stored) {
      if (at > head_.position) return false;
      const auto record = read(at, stored);
      if (!record && record.error().code == Code::kNewerVersion) {
        refused = tl::make_unexpected(record.error());
        return false;
      }
      if (!record) {
        fault(at, record.error().detail);
        return false;
      }
      if (auto breach = rules_.breach(*record)) {
        fault(at, "record " + std::to_string(at) + " " + *breach);
        return false;
      }
      log_.add(rocks::stream_key(record->stream, record->version), at);
      report_.bytes += stored.size();
      if (++report_.records % kProgressEvery == 0) tell();
      next = at + 1;
      return true;
    });
    TRY_VOID(refused);
    if (!scanned) fault(next, scanned.error().detail);
    tell();
    return {};
  }

  /// One after the other: the key, then that versions follow and positions grow within a stream.
  Status walk_index() {
    Bytes prefix;
    Version version = 0;
    Position position = 0;
    const auto scanned = journal_.scan_index([&](BytesView key, BytesView value) {
      constexpr std::size_t kPrefixBytes = 1 + kIdLength;
      if (key.size() != kPrefixBytes + 8 || value.size() != 8) {
        index_fault_ = true;
        return true;
      }
      if (key.substr(0, kPrefixBytes) != prefix) {
        prefix = key.substr(0, kPrefixBytes);
        version = 0;
        position = 0;
        ++report_.streams;
      }
      const Version found = rocks::bytes_number(key.substr(kPrefixBytes));
      const Position at = rocks::bytes_number(value);
      if (found != version + 1 || at <= position || at > head_.position) index_fault_ = true;
      if (at >= begin_) index_.add(key, at);
      version = found;
      position = at;
      return true;
    });
    if (scanned || scanned.error().code == Code::kCorrupt) {
      if (!scanned) index_fault_ = true;
      return {};
    }
    return scanned;
  }

  /// The slow way, taken only when log and index are known to differ: asks for each record.
  Status find_index_fault() {
    Status failed;
    const auto scanned = journal_.scan_stored(begin_, [&](Position at, BytesView stored) {
      if (at > head_.position) return false;
      const auto outline = codec::decode_outline(stored, at);
      if (!outline) return false;  // it could be read a moment ago
      const Record& record = outline->record;
      const std::string name =
          describe(record.stream) + " version " + std::to_string(record.version);
      const auto indexed = journal_.indexed(record.stream, record.version);
      if (!indexed && indexed.error().code != Code::kCorrupt)
        failed = tl::make_unexpected(indexed.error());
      if (!indexed) fault(record.position, "the index of " + name + ": " + indexed.error().detail);
      if (indexed && *indexed != record.position) {
        fault(record.position,
              "the index of streams has " + name + " at " +
                  (*indexed == 0 ? "no position" : "position " + std::to_string(*indexed)) +
                  ", the log has it at " + std::to_string(record.position));
      }
      if (indexed && record.version > 1 && !report_.fault) {
        const auto before = journal_.indexed(record.stream, record.version - 1);
        if (before && (*before == 0 || *before >= record.position)) {
          fault(record.position,
                name + " does not follow its version " + std::to_string(record.version - 1));
        }
      }
      return !report_.fault;
    });
    TRY_VOID(failed);
    if (!report_.fault && !scanned) fault(0, scanned.error().detail);
    if (!report_.fault)
      fault(head_.position + 1, "the index of streams has entries that the log has not");
    return {};
  }

  const RocksReader& journal_;
  const Progress& progress_;
  const Head head_;
  const Position begin_;  ///< 1, or what comes after archives that cannot be read
  Rules rules_;
  SetHash log_;
  SetHash index_;
  bool index_fault_ = false;
  Report report_;
};

}  // namespace

Result<Report> verify(const RocksReader& journal, const Progress& progress) {
  return Walk(journal, progress).run();
}

}  // namespace actuary::journal::verify
