#include "adapters/containers/builder.h"

#include <signal.h>
#include <sys/stat.h>

#include <cstring>
#include <sstream>
#include <vector>

namespace actuary::adapters::containers {
namespace {

using engine::ports::BuildProduct;
using engine::ports::BuildSpec;

/// The image names that a Dockerfile starts from.
std::vector<std::string> bases_of(const std::string& dockerfile) {
  std::istringstream rows(dockerfile);
  std::vector<std::string> names;
  for (std::string row; std::getline(rows, row);) {
    std::istringstream words(row);
    std::string word;
    words >> word;
    if (strcasecmp(word.c_str(), "from") != 0) continue;
    do words >> word;
    while (word.starts_with("--") && words);
    names.push_back(word);
  }
  return names;
}

bool names_base(const std::string& image, const std::string& name) {
  return image == name || image.starts_with(name + ":") || image.starts_with(name + "@");
}

}  // namespace

Builder::Builder(engine::ports::Loop& loop, engine::ports::Blobs& blobs, Clock& clock,
                 const Options& options)
    : options_(options), loop_(loop), blobs_(blobs), clock_(clock) {}

Status Builder::open() {
  TRY_VOID(make_directory(options_.data / "images"));
  TRY_VOID(make_directory(options_.data / "logs"));
  std::error_code ignored;
  std::filesystem::remove_all(options_.data / "runtime/builds", ignored);
  TRY_VOID(make_directory(options_.data / "runtime/builds"));
  workers_ = std::make_unique<reactor::Workers>(loop_, kThreads);
  return {};
}

void Builder::build(BuildSpec spec, Done done) {
  auto wanted = std::make_shared<BuildSpec>(std::move(spec));
  auto answer = std::make_shared<Result<BuildProduct>>();
  {
    const std::lock_guard lock(mutex_);
    running_[wanted->build_id] = {};
  }
  auto reply = std::make_shared<Done>(std::move(done));
  const Status taken = workers_->submit([this, wanted, answer] { *answer = make(*wanted); },
                                        [answer, reply, open = open_] {
                                          if (*open) (*reply)(std::move(*answer));
                                        });
  if (taken) return;
  loop_.post([reply, error = taken.error()] { (*reply)(tl::make_unexpected(error)); });
}

void Builder::stop_with(const BuildId& build_id, std::function<void()> stop) {
  const std::lock_guard lock(mutex_);
  Running& running = running_[build_id];
  running.stop = std::move(stop);
  if (running.cancelled && running.stop) running.stop();
}

OnProcess Builder::note_process(const BuildId& build_id) {
  return [this, build_id](pid_t pid) {
    stop_with(build_id, pid > 0 ? [pid] { ::kill(pid, SIGKILL); } : std::function<void()>());
  };
}

bool Builder::is_cancelled(const BuildId& build_id) {
  const std::lock_guard lock(mutex_);
  return running_[build_id].cancelled;
}

void Builder::cancel(const BuildId& build_id, std::function<void(Status)> done) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = running_.find(build_id); found != running_.end()) {
      found->second.cancelled = true;
      if (found->second.stop) found->second.stop();
    }
  }
  loop_.post([done = std::move(done)] { done({}); });
}

void Builder::close() {
  *open_ = false;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [id, running] : running_) {
      running.cancelled = true;
      if (running.stop) running.stop();
    }
  }
  if (workers_) workers_->shutdown();
}

Result<BuildProduct> Builder::make(const BuildSpec& spec) {
  const std::filesystem::path folder = options_.data / "runtime/builds" / spec.build_id.str();
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  BuildLog log(options_.data / "logs" / (spec.build_id.str() + ".log"), clock_,
               options_.log_bytes_max);
  Result<BuildProduct> product = fail(Code::kUnavailable, "the build was cancelled");
  if (!is_cancelled(spec.build_id)) product = make_in(spec, folder, log);
  if (is_cancelled(spec.build_id)) product = fail(Code::kUnavailable, "the build was cancelled");
  if (!product) log.line("ACTOR: Build failed: " + product.error().detail);
  std::filesystem::remove_all(folder, ignored);
  const std::lock_guard lock(mutex_);
  running_.erase(spec.build_id);
  return product;
}

Result<BuildProduct> Builder::make_in(const BuildSpec& spec, const std::filesystem::path& folder,
                                      BuildLog& log) {
  const std::filesystem::path context = folder / "context";
  TRY_VOID(make_directory(context));
  chmod(context.c_str(), 0755);
  log.line("ACTOR: Building version " + spec.version.number + ", build " + spec.build_number);
  TRY_VOID(unpack_source(spec.version, blobs_, context, note_process(spec.build_id)));
  TRY(source, understand_source(context));
  TRY_VOID(check_bases(spec, source));
  if (is_cancelled(spec.build_id)) return fail(Code::kUnavailable, "the build was cancelled");
  TRY(image, bake(spec, source, folder, log));
  if (mirror_.keep) TRY_VOID(mirror_.keep(image, folder));
  log.line("ACTOR: Build finished, image " + image.id);
  return BuildProduct{std::move(image), std::move(source.definition),
                      std::move(source.input_schema), std::move(source.readme)};
}

Status Builder::check_bases(const BuildSpec& spec, const Source& source) {
  for (const std::string& base : bases_of(source.dockerfile)) {
    if (names_base(base, "actuary/base")) {
      return fail(Code::kInvalidArgument,
                  "FROM actuary/base could be a stranger's image on a "
                  "registry: write FROM localhost/actuary/base");
    }
    if (names_base(base, kBaseName)) {
      const std::lock_guard lock(importing_);
      TRY_VOID(import_base(spec));
    }
  }
  return {};
}

Result<std::string> Builder::base_stamp() const {
  struct stat archive {};
  if (stat(options_.base_archive.c_str(), &archive) != 0) {
    return fail(Code::kUnavailable, std::string(kBaseName) +
                                        " is not there: run tools/base-image "
                                        "to make " +
                                        options_.base_archive.string());
  }
  return std::to_string(archive.st_size) + " " + std::to_string(archive.st_mtim.tv_sec);
}

void Builder::remove_image(const events::Image& image, std::function<void(Status)> done) {
  auto answer = std::make_shared<Status>();
  auto reply = std::make_shared<std::function<void(Status)>>(std::move(done));
  auto work = [this, image, answer] {
    if (mirror_.forget) *answer = mirror_.forget(image);
    const Status forgotten = forget(image);
    if (*answer) *answer = forgotten;
  };
  const Status taken = workers_->submit(std::move(work), [answer, reply, open = open_] {
    if (*open) (*reply)(*answer);
  });
  if (!taken) loop_.post([reply, error = taken.error()] { (*reply)(tl::make_unexpected(error)); });
}

}  // namespace actuary::adapters::containers
