#pragma once

#include <string_view>

#include "adapters/http/api/common.h"

namespace actuary::adapters::http::api {

/// Of the fields that are kept but not interpreted, as JSON.
inline constexpr std::size_t kExtraBytesMax = 512UL * 1024;

/// What `body` says over what `base` had: absent fields stay as they are, others are kept for the
/// client to find again.
[[nodiscard]] Answer<events::ActorProfile> read_profile(const Json& body,
                                                        events::ActorProfile base);

/// `{tag: {buildId} | null}`.
[[nodiscard]] Answer<std::vector<engine::actor::TagPatch>> read_tags(const Json& body);

}  // namespace actuary::adapters::http::api
