#pragma once

#include <string>

#include "journal/base/result.h"

namespace actuary::engine::decision {

/// Of what people write beside a command.
inline constexpr std::size_t kReasonBytesMax = 1024;

/// errors: kInvalidArgument
[[nodiscard]] inline Status check_reason(const std::string& reason) {
  if (reason.size() <= kReasonBytesMax) return {};
  return fail(Code::kInvalidArgument,
              "reason has at most " + std::to_string(kReasonBytesMax) + " bytes");
}

}  // namespace actuary::engine::decision
