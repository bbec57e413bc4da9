#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "journal/base/enumerators.h"
#include "journal/base/fields.h"
#include "journal/base/id.h"
#include "journal/base/time.h"

/// Values that several aggregates' events share.
namespace actuary::journal::events {

enum class Origin : std::uint8_t {
  kApi,
  kWeb,
  kCli,
  kCi,
  kDevelopment,
  kScheduler,
  kTest,
  kWebhook,
  kActor,
  kStandby,
  kMcp,
};
[[nodiscard]] std::string_view to_string(Origin origin);
[[nodiscard]] std::optional<Origin> parse_origin(std::string_view text);

/// Who asked for a run or a build, and from where. Both texts are about a person: since schema 3
/// they are sealed under a key that can be destroyed, see kPersonalPrefix; before, they were plain.
struct Meta {
  Origin origin = Origin::kApi;
  std::string client_ip;
  std::string user_agent;
  ACTUARY_FIELDS(Meta, origin, client_ip, user_agent);
};

struct RunOptions {
  std::string build;                ///< a tag or a full number, as asked
  std::uint32_t timeout_secs = 0;   ///< 0: no timeout
  std::uint32_t memory_mbytes = 0;  ///< a power of two, 128 to 32768
  std::uint32_t disk_mbytes = 0;
  bool restart_on_error = false;
  std::optional<std::uint64_t> max_items;
  std::optional<double> max_total_charge_usd;
  std::uint32_t priority = 0;  ///< the higher comes first, among the waiting runs of its account
  ACTUARY_FIELDS(RunOptions, build, timeout_secs, memory_mbytes, disk_mbytes, restart_on_error,
                 max_items, max_total_charge_usd, priority);
};

struct EnvVar {
  std::string name;
  std::string value;  ///< sealed under the master key when `is_secret`
  bool is_secret = false;
  ACTUARY_FIELDS(EnvVar, name, value, is_secret);
};

enum class SourceType : std::uint8_t { kSourceFiles, kGitRepo, kTarball, kGithubGist, kSourceCode };
[[nodiscard]] std::string_view to_string(SourceType type);
[[nodiscard]] std::optional<SourceType> parse_source_type(std::string_view text);

/// One `MAJOR.MINOR` of an Actor: where its source is and how to build it.
struct ActorVersion {
  std::string number;
  SourceType source_type = SourceType::kSourceFiles;
  std::string
      source_digest;  ///< SHA-256 in hex of the blob with the `sourceFiles` JSON array, else empty
  std::string source_url;  ///< git, tarball or gist, else empty
  std::string build_tag;   ///< empty: its builds get no tag
  bool apply_env_vars_to_build = false;
  std::vector<EnvVar> env_vars;
  ACTUARY_FIELDS(ActorVersion, number, source_type, source_digest, source_url, build_tag,
                 apply_env_vars_to_build, env_vars);
};

/// What a build made, exactly: a run never resolves a name again.
struct Image {
  std::string id;      ///< content id of the image, hex
  std::string config;  ///< the OCI image configuration that containers start from, JSON
  std::uint64_t bytes = 0;
  ACTUARY_FIELDS(Image, id, config, bytes);
};

enum class PricingModel : std::uint8_t {
  kFree,
  kPayPerEvent,
  kPricePerDatasetItem,
  kFlatPricePerMonth,
};
/// As the API spells it: FREE, PAY_PER_EVENT, …
[[nodiscard]] std::string_view to_string(PricingModel model);

/// What one event costs, in 10^-9 USD: sums are exact.
struct EventPrice {
  std::string event_name;
  std::int64_t nano_usd = 0;
  bool is_one_time = false;  ///< at most once for each run
  ACTUARY_FIELDS(EventPrice, event_name, nano_usd, is_one_time);
};

/// What an Actor costs from `started_at` on.
struct Pricing {
  PricingModel model = PricingModel::kFree;
  Timestamp started_at{};
  std::int64_t nano_usd_min = 0;  ///< the least that a run's charges may be limited to
  std::vector<EventPrice> prices;
  std::string info;  ///< the JSON object that clients see
  ACTUARY_FIELDS(Pricing, model, started_at, nano_usd_min, prices, info);
};

enum class StorageKind : std::uint8_t { kKeyValueStore, kDataset, kRequestQueue };
[[nodiscard]] std::string_view to_string(StorageKind kind);

/// Accepted, recorded, and nothing changed.
struct CommandNoted {
  std::string command;
  ACTUARY_FIELDS(CommandNoted, command);
};

/// What a text begins with that is sealed under a personal key: `personal:v1:KEY:HEX`, where KEY is
/// the key's number.
///
/// source: journal/FORMAT.md, "Personal texts"
inline constexpr std::string_view kPersonalPrefix = "personal:v1:";
/// The number of the key that the text is sealed under; none: it is plain, or empty.
[[nodiscard]] std::optional<std::uint64_t> personal_key(std::string_view text);

/// Adds the keys that the texts are sealed under, each once.
void add_personal_keys(std::vector<std::uint64_t>& keys,
                       std::initializer_list<std::string_view> texts);

/// From here on nobody shall read the personal texts of this run, build or account: the keys are
/// destroyed once this is durable. Every hash over the texts still holds.
struct PersonalDataErased {
  std::string reason;
  std::vector<std::uint64_t> keys;
  ACTUARY_FIELDS(PersonalDataErased, reason, keys);
};

}  // namespace actuary::journal::events

namespace actuary {
namespace events = journal::events;
}  // namespace actuary
