#pragma once

#include <memory>
#include <string>
#include <vector>

#include "adapters/containers/builder.h"
#include "adapters/oci/options.h"
#include "adapters/reactor/process.h"

namespace actuary::adapters::oci {

/// Images by buildah, each build in a process namespace that dies with the engine.
class OciBuilder final : public containers::Builder {
 public:
  /// errors: kNoRuntime: what is missing and how to install it
  [[nodiscard]] static Result<std::unique_ptr<OciBuilder>> open(engine::ports::Loop& loop,
                                                                engine::ports::Blobs& blobs,
                                                                Clock& clock,
                                                                const Options& options);
  ~OciBuilder() override;

  /// Writes an image as a `docker-archive`, for a Docker that is to know it as `name`. Blocking,
  /// from any thread.
  ///
  /// errors: kUnavailable: there is no such image here, or buildah's reason
  [[nodiscard]] Status export_image(const events::Image& image, const std::string& name,
                                    const std::filesystem::path& file) const;

 private:
  using Builder::Builder;

  [[nodiscard]] Result<events::Image> bake(const engine::ports::BuildSpec& spec,
                                           const containers::Source& source,
                                           const std::filesystem::path& folder,
                                           containers::BuildLog& log) override;
  [[nodiscard]] Status import_base(const engine::ports::BuildSpec& spec) override;
  [[nodiscard]] Status forget(const events::Image& image) override;
  [[nodiscard]] Result<events::Image> describe(const std::string& image_id) const;
  [[nodiscard]] reactor::Command buildah(std::vector<std::string> arguments) const;

  std::string runtime_;
  int mount_namespace_ = -1;
};

}  // namespace actuary::adapters::oci
