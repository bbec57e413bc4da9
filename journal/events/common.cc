#include "journal/events/common.h"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace actuary::journal::events {

std::string_view to_string(Origin origin) {
  switch (origin) {
    case Origin::kApi:
      return "API";
    case Origin::kWeb:
      return "WEB";
    case Origin::kCli:
      return "CLI";
    case Origin::kCi:
      return "CI";
    case Origin::kDevelopment:
      return "DEVELOPMENT";
    case Origin::kScheduler:
      return "SCHEDULER";
    case Origin::kTest:
      return "TEST";
    case Origin::kWebhook:
      return "WEBHOOK";
    case Origin::kActor:
      return "ACTOR";
    case Origin::kStandby:
      return "STANDBY";
    case Origin::kMcp:
      return "MCP";
  }
  return kNoSuchEnumerator;
}

std::optional<Origin> parse_origin(std::string_view text) { return parse_enumerator<Origin>(text); }

std::string_view to_string(PricingModel model) {
  switch (model) {
    case PricingModel::kFree:
      return "FREE";
    case PricingModel::kPayPerEvent:
      return "PAY_PER_EVENT";
    case PricingModel::kPricePerDatasetItem:
      return "PRICE_PER_DATASET_ITEM";
    case PricingModel::kFlatPricePerMonth:
      return "FLAT_PRICE_PER_MONTH";
  }
  return kNoSuchEnumerator;
}

std::string_view to_string(SourceType type) {
  switch (type) {
    case SourceType::kSourceFiles:
      return "SOURCE_FILES";
    case SourceType::kGitRepo:
      return "GIT_REPO";
    case SourceType::kTarball:
      return "TARBALL";
    case SourceType::kGithubGist:
      return "GITHUB_GIST";
    case SourceType::kSourceCode:
      return "SOURCE_CODE";
  }
  return kNoSuchEnumerator;
}

std::optional<SourceType> parse_source_type(std::string_view text) {
  return parse_enumerator<SourceType>(text);
}

std::string_view to_string(StorageKind kind) {
  switch (kind) {
    case StorageKind::kKeyValueStore:
      return "key-value-store";
    case StorageKind::kDataset:
      return "dataset";
    case StorageKind::kRequestQueue:
      return "request-queue";
  }
  return kNoSuchEnumerator;
}

std::optional<std::uint64_t> personal_key(std::string_view text) {
  if (!text.starts_with(kPersonalPrefix)) return std::nullopt;
  text.remove_prefix(kPersonalPrefix.size());
  std::uint64_t key = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), key);
  const bool whole = problem == std::errc{} && end != text.data() + text.size() && *end == ':';
  return whole ? std::optional(key) : std::nullopt;
}

void add_personal_keys(std::vector<std::uint64_t>& keys,
                       std::initializer_list<std::string_view> texts) {
  for (const std::string_view text : texts) {
    const auto key = personal_key(text);
    if (key && std::find(keys.begin(), keys.end(), *key) == keys.end()) keys.push_back(*key);
  }
}

}  // namespace actuary::journal::events
