#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "adapters/http/api/common.h"

/// Users by what they are called. Their names lie sealed in the journal, so the engine finds nobody
/// by a name and cannot see that one is taken: that is done here, on the loop's thread.
namespace actuary::adapters::http::api {

class UserNames {
 public:
  /// Plain ones of older programs too. Nobody: there is none, or the name was erased.
  [[nodiscard]] std::optional<UserId> find(const Services& services, std::string_view name);

  /// Until `release` nobody else makes a user of that name; false: somebody does just now.
  [[nodiscard]] bool claim(const std::string& name) { return claimed_.insert(name).second; }
  void release(const std::string& name) { claimed_.erase(name); }

  /// After an erasure: nothing of it stays in memory.
  void forget();

 private:
  void read_all(const Services& services);

  std::map<std::string, UserId, std::less<>> by_name_;
  std::size_t known_ = 0;  ///< of so many users
  std::set<std::string> claimed_;
};

[[nodiscard]] std::optional<UserId> find_user(const Services& services, std::string_view name);
/// As it was before it was sealed; the id where its key was destroyed.
[[nodiscard]] std::string username_of(const Services& services, const UserId& id);

/// Makes a user of a name that nobody has, then `done` with who it is.
///
/// errors (to the responder): 400: not a name; 409: somebody makes that user just now; 503: there
/// is no room for a key
void create_user(const Services& services, const std::string& name, const Asker& asker,
                 const Responder& responder, std::function<void(const UserId&)> done);

}  // namespace actuary::adapters::http::api
