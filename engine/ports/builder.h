#pragma once

#include <functional>
#include <string>

#include "journal/base/id.h"
#include "journal/base/result.h"
#include "journal/events/common.h"

namespace actuary::engine::ports {

struct BuildSpec {
  BuildId build_id;
  ActorId actor_id;
  std::string build_number;
  events::ActorVersion version;
  bool use_cache = false;
  std::uint32_t memory_mbytes = 0;
};

struct BuildProduct {
  events::Image image;
  std::string actor_definition;
  std::string input_schema;
  std::string readme;
};

/// What turns an Actor's source into an image. Its output goes to the build's log. A build that was
/// under way when the engine died is gone: asking again starts it over, under the same name.
class ImageBuilder {
 public:
  /// errors: kInvalidArgument: the source or its Dockerfile is at fault, the detail says how (also
  /// in the log);
  ///         kUnavailable: the builder itself does not work
  using Done = std::function<void(Result<BuildProduct>)>;

  virtual ~ImageBuilder() = default;

  virtual void build(BuildSpec spec, Done done) = 0;
  /// Kills it; its `done` then answers kUnavailable. A build that is not under way is success.
  virtual void cancel(const BuildId& build_id, std::function<void(Status)> done) = 0;
  /// Forgets the image; layers that other images use stay.
  virtual void remove_image(const events::Image& image, std::function<void(Status)> done) = 0;
};

}  // namespace actuary::engine::ports
