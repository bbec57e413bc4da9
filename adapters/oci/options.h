#pragma once

#include "adapters/containers/bundle.h"
#include "adapters/containers/files.h"
#include "adapters/containers/options.h"

namespace actuary::adapters::oci {

using containers::Bundle;
using containers::Descriptor;
using containers::fail_errno;
using containers::make_directory;
using containers::Options;
using containers::read_file;
using containers::write_file;
using containers::write_scratch;

}  // namespace actuary::adapters::oci
