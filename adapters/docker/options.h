#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "adapters/containers/bundle.h"
#include "adapters/containers/files.h"
#include "adapters/containers/options.h"

namespace actuary::adapters::docker {

using containers::Bundle;
using containers::Descriptor;
using containers::fail_errno;
using containers::make_directory;
using containers::read_file;
using containers::write_scratch;

/// Writes an image as a `docker-archive` that `docker load` knows as `name`. Blocking.
///
/// errors: kNotFound: no such image here; kUnavailable
using ExportImage = std::function<Status(const events::Image& image, const std::string& name,
                                         const std::filesystem::path& file)>;

struct Options {
  containers::Options containers;
  std::string socket;  ///< a path
  ExportImage export_image;
};

}  // namespace actuary::adapters::docker
