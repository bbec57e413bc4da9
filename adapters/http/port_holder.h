#pragma once

#include <cstdint>
#include <string>

namespace actuary::adapters::http {

/// ` by NAME (pid N)` for the process that listens on the port, or nothing where that cannot be
/// seen.
[[nodiscard]] std::string port_holder(std::uint16_t port);

}  // namespace actuary::adapters::http
