#pragma once

#include <string>
#include <string_view>

#include "engine/ports/runtime.h"
#include "journal/base/result.h"

namespace actuary::engine::ports {

/// Keys never reach the engine: it hands over what must be signed or opened.
class Secrets {
 public:
  virtual ~Secrets() = default;

  /// The token that one attempt's container gets. The same key and user always give the same token.
  [[nodiscard]] virtual std::string run_token(const ContainerKey& key, const UserId& user_id) = 0;
  /// errors: kCorrupt: sealed under another key, or damaged
  [[nodiscard]] virtual Result<std::string> open(std::string_view sealed) = 0;
};

}  // namespace actuary::engine::ports
