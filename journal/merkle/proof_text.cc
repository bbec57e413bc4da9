#include "journal/merkle/proof_text.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "journal/merkle/base64.h"
#include "journal/merkle/proof_file.h"

namespace actuary::journal::merkle {
namespace {

constexpr std::string_view kTitle = "actuary audit proof 1";

void put_hashes(Bytes& out, const std::vector<Hash>& hashes) {
  for (const Hash& hash : hashes) out.append(" ").append(to_base64(view(hash)));
  out.push_back('\n');
}

/// Lines in turn; the first one that does not fit ends the reading.
class Lines {
 public:
  explicit Lines(BytesView text) : rest_(text) {}

  [[nodiscard]] bool done() const { return rest_.empty(); }
  [[nodiscard]] bool ahead(std::string_view start) const { return rest_.starts_with(start); }
  Result<BytesView> line() {
    const std::size_t end = rest_.find('\n');
    if (end == rest_.npos) return malformed();
    const BytesView line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    ++number_;
    return line;
  }
  /// What stands behind `word` and a blank; nothing when the line is the word alone.
  Result<BytesView> after(std::string_view word) {
    TRY(text, line());
    if (text == word) return BytesView();
    if (!text.starts_with(word) || text.size() < word.size() + 2 || text[word.size()] != ' ') {
      return malformed();
    }
    return text.substr(word.size() + 1);
  }
  Result<std::uint64_t> number(BytesView text) const {
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end || std::to_string(value) != text) return malformed();
    return value;
  }
  Result<std::vector<Hash>> hashes(BytesView text) const {
    std::vector<Hash> found;
    while (!text.empty()) {
      const BytesView word = text.substr(0, text.find(' '));
      const auto bytes = from_base64(word);
      const bool more = word.size() < text.size();
      if (!bytes || bytes->size() != kHashBytes || found.size() >= kProofHashesMax ||
          word.size() + 1 == text.size()) {
        return malformed();
      }
      found.push_back(hash_at(*bytes));
      text.remove_prefix(word.size() + (more ? 1 : 0));
    }
    return found;
  }
  [[nodiscard]] tl::unexpected<Error> malformed() const {
    return fail(Code::kInvalidArgument,
                "line " + std::to_string(number_) + " is not what a proof file has there");
  }

 private:
  BytesView rest_;
  std::size_t number_ = 0;
};

Status blank(Lines& lines) {
  TRY(line, lines.line());
  if (!line.empty()) return lines.malformed();
  return {};
}

/// Three lines, a blank one, signatures.
Result<Bytes> checkpoint_of(Lines& lines) {
  Bytes note;
  for (int i = 0; i < 3; ++i) {
    TRY(line, lines.line());
    note.append(line).push_back('\n');
  }
  TRY_VOID(blank(lines));
  note.push_back('\n');
  while (!lines.done() && !lines.ahead("\n")) {
    TRY(line, lines.line());
    note.append(line).push_back('\n');
    if (note.size() > kCheckpointBytesMax) return lines.malformed();
  }
  return note;
}

Result<ProofText::Entry> entry_of(Lines& lines) {
  ProofText::Entry entry;
  TRY(position, lines.after("record"));
  TRY(number, lines.number(position));
  TRY(json, lines.after("json"));
  TRY(bytes, lines.after("bytes"));
  const auto stored = from_base64(bytes);
  if (!stored || stored->empty() || json.empty()) return lines.malformed();
  TRY(proof, lines.after("proof"));
  TRY(hashes, lines.hashes(proof));
  return ProofText::Entry{number, std::string(json), *stored, std::move(hashes)};
}

}  // namespace

Bytes write_proof_text(const ProofText& text) {
  Bytes out(kTitle);
  out.append("\nkey " + text.key + "\nstream " + text.stream + "\nrecords " +
             std::to_string(text.records.size()) + "\nconsistency " + std::to_string(text.since));
  put_hashes(out, text.consistency);
  out.append("\n" + text.checkpoint + "\n");
  for (const ProofText::Entry& entry : text.records) {
    out.append("record " + std::to_string(entry.position) + "\njson " + entry.json + "\nbytes " +
               to_base64(entry.stored) + "\nproof");
    put_hashes(out, entry.proof);
  }
  return out;
}

Result<ProofText> parse_proof_text(BytesView text) {
  Lines lines(text);
  TRY(title, lines.line());
  if (title != kTitle) {
    const bool newer = title.starts_with("actuary audit proof ");
    return fail(newer ? Code::kNewerVersion : Code::kInvalidArgument,
                "not a proof file that this program knows: it does not begin with \"" +
                    std::string(kTitle) + "\"");
  }
  ProofText parsed;
  TRY(key, lines.after("key"));
  TRY(stream, lines.after("stream"));
  TRY(count_text, lines.after("records"));
  TRY(count, lines.number(count_text));
  TRY(consistency, lines.after("consistency"));
  const BytesView since_text = consistency.substr(0, consistency.find(' '));
  TRY(since, lines.number(since_text));
  if (count == 0 || count > kProofRecordsMax || since_text.size() + 1 == consistency.size()) {
    return lines.malformed();
  }
  TRY(hashes,
      lines.hashes(consistency.substr(std::min(consistency.size(), since_text.size() + 1))));
  TRY_VOID(blank(lines));
  TRY(checkpoint, checkpoint_of(lines));
  TRY_VOID(blank(lines));
  parsed.key = key;
  parsed.stream = stream;
  parsed.since = since;
  parsed.consistency = std::move(hashes);
  parsed.checkpoint = std::move(checkpoint);
  for (std::uint64_t i = 0; i < count; ++i) {
    TRY(entry, entry_of(lines));
    parsed.records.push_back(std::move(entry));
  }
  if (!lines.done()) return lines.malformed();
  return parsed;
}

bool shows(const std::string& whole, const std::string& shown) {
  if (whole == shown) return true;
  using Json = nlohmann::json;
  const Json all = Json::parse(whole, nullptr, false);
  const Json some = Json::parse(shown, nullptr, false);
  if (all.is_discarded() || some.is_discarded()) return false;
  std::vector<std::pair<const Json*, const Json*>> open{{&all, &some}};
  while (!open.empty()) {  // not recursive: the file may be nested as deep as it likes
    const auto [left, right] = open.back();
    open.pop_back();
    if (left->type() != right->type()) return false;
    if (left->is_object()) {
      for (const auto& [key, value] : right->items()) {
        const auto known = left->find(key);
        if (known == left->end()) return false;
        open.emplace_back(&*known, &value);
      }
    } else if (left->is_array()) {
      if (left->size() != right->size()) return false;
      for (std::size_t i = 0; i < left->size(); ++i) open.emplace_back(&(*left)[i], &(*right)[i]);
    } else if (*left != *right) {
      return false;
    }
  }
  return true;
}

}  // namespace actuary::journal::merkle
