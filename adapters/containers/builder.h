#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "adapters/containers/build_log.h"
#include "adapters/containers/options.h"
#include "adapters/containers/sources.h"
#include "adapters/reactor/workers.h"
#include "engine/ports/builder.h"

namespace actuary::adapters::containers {

/// Unpacks and understands an Actor's source on workers, and lets what derives from it bake the
/// image. Its output goes to DATA/logs/<build>.log line by line.
class Builder : public engine::ports::ImageBuilder {
 public:
  ~Builder() override = default;
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;

  /// Another place that keeps a copy of each image. On workers.
  struct Mirror {
    /// `folder` is there for a while and may be written to.
    std::function<Status(const events::Image&, const std::filesystem::path& folder)> keep;
    std::function<Status(const events::Image&)> forget;
  };
  /// Before the first build.
  void mirror(Mirror mirror) { mirror_ = std::move(mirror); }

  void build(engine::ports::BuildSpec spec, Done done) override;
  void cancel(const BuildId& build_id, std::function<void(Status)> done) override;
  void remove_image(const events::Image& image, std::function<void(Status)> done) override;

  /// Stops what is being built and waits for it; late answers are dropped. Whatever derives from
  /// this closes before it goes.
  void close();

 protected:
  static constexpr const char* kBaseName = "localhost/actuary/base";
  static constexpr std::chrono::minutes kBuildMinutesMax{60};

  Builder(engine::ports::Loop& loop, engine::ports::Blobs& blobs, Clock& clock,
          const Options& options);

  /// Builds of an engine that died left their sources behind.
  [[nodiscard]] Status open();
  [[nodiscard]] const Options& options() const { return options_; }

  /// On workers. `folder` is the build's own; the source's `context` is in it.
  [[nodiscard]] virtual Result<events::Image> bake(const engine::ports::BuildSpec& spec,
                                                   const Source& source,
                                                   const std::filesystem::path& folder,
                                                   BuildLog& log) = 0;
  /// Makes `kBaseName` from tools/base-image's archive, a gzipped or plain tar.
  [[nodiscard]] virtual Status import_base(const engine::ports::BuildSpec& spec) = 0;
  /// Of an image that is not there any more: success.
  [[nodiscard]] virtual Status forget(const events::Image& image) = 0;

  /// How the step of a build that is under way is stopped; empty: it has ended. A build that was
  /// cancelled is stopped at once.
  void stop_with(const BuildId& build_id, std::function<void()> stop);
  [[nodiscard]] OnProcess note_process(const BuildId& build_id);
  [[nodiscard]] bool is_cancelled(const BuildId& build_id);

  /// What says whether the archive that was imported is still the present one.
  ///
  /// errors: kUnavailable: there is no archive, and how to make one
  [[nodiscard]] Result<std::string> base_stamp() const;

 private:
  struct Running {
    std::function<void()> stop;
    bool cancelled = false;
  };
  static constexpr unsigned kThreads = 2;

  [[nodiscard]] Result<engine::ports::BuildProduct> make(const engine::ports::BuildSpec& spec);
  [[nodiscard]] Result<engine::ports::BuildProduct> make_in(const engine::ports::BuildSpec& spec,
                                                            const std::filesystem::path& folder,
                                                            BuildLog& log);
  [[nodiscard]] Status check_bases(const engine::ports::BuildSpec& spec, const Source& source);

  Options options_;
  Mirror mirror_;
  engine::ports::Loop& loop_;
  engine::ports::Blobs& blobs_;
  Clock& clock_;
  std::mutex mutex_;
  std::map<BuildId, Running> running_;
  std::mutex importing_;
  std::shared_ptr<bool> open_ = std::make_shared<bool>(true);
  std::unique_ptr<reactor::Workers> workers_;
};

}  // namespace actuary::adapters::containers
