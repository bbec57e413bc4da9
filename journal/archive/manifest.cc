#include "journal/archive/manifest.h"

#include <nlohmann/json.hpp>

namespace actuary::journal::archive {
namespace {

using Json = nlohmann::ordered_json;

tl::unexpected<Error> bad_manifest(const std::string& what) {
  return fail(Code::kCorrupt, "the backup's manifest is damaged: " + what);
}

Result<std::string> text_of(const Json& json, const char* key) {
  const auto found = json.find(key);
  const auto* text = found != json.end() ? found->get_ptr<const Json::string_t*>() : nullptr;
  if (text == nullptr) return bad_manifest(key);
  return *text;
}

Result<std::uint64_t> number_of(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_number_unsigned()) return bad_manifest(key);
  return found->get<std::uint64_t>();
}

Result<Entry> entry_of(const Json& json) {
  if (!json.is_object()) return bad_manifest("files");
  TRY(name, text_of(json, "name"));
  TRY(bytes, number_of(json, "bytes"));
  TRY(sha256, text_of(json, "sha256"));
  return Entry{std::move(name), bytes, std::move(sha256)};
}

}  // namespace

Bytes to_json(const Manifest& manifest) {
  Json json{{"actuaryBackup", manifest.format},
            {"kind", manifest.kind},
            {"journalId", manifest.journal_id},
            {"journalFormat", manifest.journal_format},
            {"first", manifest.first},
            {"position", manifest.position},
            {"term", manifest.term},
            {"createdAt", manifest.created_at}};
  Json files = Json::array();
  for (const Entry& entry : manifest.entries) {
    files.push_back({{"name", entry.name}, {"bytes", entry.bytes}, {"sha256", entry.sha256}});
  }
  if (!files.empty()) json["files"] = std::move(files);
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Manifest> parse_manifest(BytesView text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return bad_manifest("it is no JSON object");
  Manifest manifest;
  TRY(format, number_of(json, "actuaryBackup"));
  if (format != kBackupFormat) {
    return fail(Code::kNewerVersion, "the backup is of format " + std::to_string(format) +
                                         "; this program knows format " +
                                         std::to_string(kBackupFormat));
  }
  TRY(kind, text_of(json, "kind"));
  TRY(id, text_of(json, "journalId"));
  TRY(journal_format, number_of(json, "journalFormat"));
  TRY(first, number_of(json, "first"));
  TRY(position, number_of(json, "position"));
  TRY(term, number_of(json, "term"));
  TRY(created_at, text_of(json, "createdAt"));
  if (id.size() != 32 || first == 0) return bad_manifest("journalId");
  manifest.kind = std::move(kind);
  manifest.journal_id = std::move(id);
  manifest.journal_format = static_cast<std::uint32_t>(journal_format);
  manifest.first = first;
  manifest.position = position;
  manifest.term = term;
  manifest.created_at = std::move(created_at);
  const auto files = json.find("files");
  if (files == json.end()) return manifest;
  if (!files->is_array()) return bad_manifest("files");
  for (const Json& file : *files) {
    TRY(entry, entry_of(file));
    manifest.entries.push_back(std::move(entry));
  }
  return manifest;
}

Status compare(const std::vector<Entry>& wanted, const std::vector<Entry>& seen) {
  for (std::size_t i = 0; i < std::max(wanted.size(), seen.size()); ++i) {
    if (i < wanted.size() && i < seen.size() && wanted[i] == seen[i]) continue;
    const std::string& name = i < wanted.size() ? wanted[i].name : seen[i].name;
    return fail(Code::kCorrupt, "the backup is damaged: " + name + " is not what was written");
  }
  return {};
}

}  // namespace actuary::journal::archive
