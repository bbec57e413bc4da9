#pragma once

#include "adapters/http/api/common.h"

/// Texts about a person: sealed before they go into a command, opened when they are shown.
namespace actuary::adapters::http::api {

/// Where a request came from: header, then token, then API. Sealed under a key of its own, or under
/// that of `known`, what was recorded of the same run before.
///
/// errors: 503: there is no room for a key
[[nodiscard]] Answer<events::Meta> meta_of(const Services& services, const Request& request,
                                           const events::Meta& known = {});

/// As it was before it was sealed; null: its key was destroyed.
[[nodiscard]] Json personal_or_null(const Services& services, const std::string& text);
/// With its texts as they were; empty where the key was destroyed.
[[nodiscard]] events::Meta opened(const Services& services, events::Meta meta);

}  // namespace actuary::adapters::http::api
