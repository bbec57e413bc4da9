#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "adapters/oci/options.h"
#include "adapters/oci/sources.h"
#include "adapters/reactor/process.h"
#include "adapters/reactor/workers.h"
#include "engine/ports/builder.h"

namespace actuary::adapters::oci {

/// Images by buildah, each build in a process namespace that dies with the engine. Its output goes
/// to DATA/logs/<build>.log line by line.
class OciBuilder final : public engine::ports::ImageBuilder {
 public:
  /// errors: kNoRuntime: what is missing and how to install it
  [[nodiscard]] static Result<std::unique_ptr<OciBuilder>> open(engine::ports::Loop& loop,
                                                                engine::ports::Blobs& blobs,
                                                                Clock& clock,
                                                                const Options& options);
  ~OciBuilder() override;
  OciBuilder(const OciBuilder&) = delete;
  OciBuilder& operator=(const OciBuilder&) = delete;

  void build(engine::ports::BuildSpec spec, Done done) override;
  void cancel(const BuildId& build_id, std::function<void(Status)> done) override;
  void remove_image(const events::Image& image, std::function<void(Status)> done) override;

  /// Kills what is being built and waits for it; late answers are dropped.
  void close();

 private:
  class Log;
  struct Running {
    pid_t pid = 0;
    bool cancelled = false;
  };
  static constexpr unsigned kThreads = 2;
  static constexpr std::chrono::minutes kBuildMinutesMax{60};

  OciBuilder(engine::ports::Loop& loop, engine::ports::Blobs& blobs, Clock& clock,
             const Options& options);

  [[nodiscard]] Result<engine::ports::BuildProduct> make(const engine::ports::BuildSpec& spec);
  [[nodiscard]] Result<engine::ports::BuildProduct> make_in(const engine::ports::BuildSpec& spec,
                                                            const std::filesystem::path& folder,
                                                            Log& log);
  [[nodiscard]] Status bake(const engine::ports::BuildSpec& spec, const Source& source,
                            const std::filesystem::path& folder, Log& log);
  [[nodiscard]] Status check_bases(const engine::ports::BuildSpec& spec, const Source& source);
  [[nodiscard]] Status import_base(const engine::ports::BuildSpec& spec);
  [[nodiscard]] Result<events::Image> describe(const std::string& image_id) const;
  [[nodiscard]] reactor::Command buildah(std::vector<std::string> arguments) const;
  void note_pid(const BuildId& build_id, pid_t pid);
  [[nodiscard]] bool is_cancelled(const BuildId& build_id);

  Options options_;
  engine::ports::Loop& loop_;
  engine::ports::Blobs& blobs_;
  Clock& clock_;
  std::string runtime_;
  int mount_namespace_ = -1;
  std::mutex mutex_;
  std::map<BuildId, Running> running_;
  std::mutex importing_;
  std::shared_ptr<bool> open_ = std::make_shared<bool>(true);
  std::unique_ptr<reactor::Workers> workers_;
};

}  // namespace actuary::adapters::oci
