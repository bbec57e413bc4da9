#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/ports/runtime.h"
#include "journal/base/result.h"
#include "journal/events/common.h"

namespace actuary::engine::ports {

/// Whom a run's token speaks for.
struct RunToken {
  ContainerKey key;
  UserId user_id;
};

/// Keys never leave here: others hand over what must be signed, hashed, sealed or opened.
class Secrets {
 public:
  virtual ~Secrets() = default;

  /// The token that one attempt's container gets. The same key and user always give the same token.
  [[nodiscard]] virtual std::string run_token(const ContainerKey& key, const UserId& user_id) = 0;
  /// Nothing, unless the token was made by `run_token`. Whether its attempt is the present one is
  /// not asked here.
  [[nodiscard]] virtual std::optional<RunToken> read_run_token(std::string_view token) = 0;

  /// A new token for people: its text is shown once, its keyed hash is what the journal keeps.
  [[nodiscard]] virtual std::string new_token() = 0;
  [[nodiscard]] virtual std::string token_hash(std::string_view token) = 0;

  [[nodiscard]] virtual std::string seal(std::string_view plain) = 0;
  /// errors: kCorrupt: sealed under another key, or damaged
  [[nodiscard]] virtual Result<std::string> open(std::string_view sealed) = 0;

  /// Seals texts about a person under one key that can be destroyed and that is on disk when this
  /// returns: `under`, as long as there is such a key, else a new one.
  ///
  /// shape:  as events::kPersonalPrefix says; an empty text stays empty
  /// errors: kStorageFailed: there is no key, so nothing may be recorded
  [[nodiscard]] virtual Result<std::vector<std::string>> seal_personal(
      const std::vector<std::string>& plain, std::optional<std::uint64_t> under) = 0;
  /// errors: kNotFound: its key was destroyed; kCorrupt
  [[nodiscard]] virtual Result<std::string> open_personal(std::string_view sealed) = 0;
};

/// What a user is shown as: the name, which may be sealed, or the id where its key was destroyed.
[[nodiscard]] inline std::string shown_name(Secrets& secrets, const std::string& name,
                                            const UserId& id) {
  return events::personal_key(name) ? secrets.open_personal(name).value_or(id.str()) : name;
}

/// Where a run's web server is found, below the API's address: nobody who knows the run's id alone
/// can guess it.
[[nodiscard]] inline std::string live_path(Secrets& secrets, const RunId& run_id) {
  return "/live/" + run_id.str() + "-" + secrets.token_hash("live " + run_id.str()).substr(0, 32);
}

}  // namespace actuary::engine::ports
