#pragma once

#include "adapters/docker/api.h"
#include "adapters/docker/options.h"

namespace actuary::adapters::docker {

/// Gives Docker its copy of an image, through a file in `folder`.
///
/// errors: kUnavailable: why Docker or the builder refuses; kNotFound: nobody has the image
[[nodiscard]] Status load_image(Api& api, const Options& options, const events::Image& image,
                                const std::filesystem::path& folder);
/// Not there is success.
[[nodiscard]] Status unload_image(Api& api, const events::Image& image);

}  // namespace actuary::adapters::docker
