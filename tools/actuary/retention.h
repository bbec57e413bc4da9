#pragma once

#include "engine/policy/retention.h"
#include "tools/actuary/commands.h"

namespace actuary::tools {

/// `policy` with what the command line says otherwise.
[[nodiscard]] engine::policy::Retention retention_of(const RetentionArguments& arguments,
                                                     engine::policy::Retention policy);

}  // namespace actuary::tools
