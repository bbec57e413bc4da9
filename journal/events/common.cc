#include "journal/events/common.h"

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

}  // namespace actuary::journal::events
