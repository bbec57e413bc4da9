#include "engine/executor/performer.h"

#include <utility>

#include "engine/executor/reconcile.h"

namespace actuary::engine::executor {

/// One overload per effect.
struct PerformerVisitor {
  Performer& self;
  Position cause;

  void operator()(const decision::FenceStorages& e) const {
    const ports::ContainerKey key = e.key;
    self.outside_.storages.fence(
        key.run_id, key.epoch,
        [report = self.outside_.report, key, cause = cause](Result<std::uint64_t> sequence) {
          if (!sequence) {
            return report(run::Command{run::ReportStartFailed{key.run_id, key.epoch,
                                                              sequence.error().detail}},
                          cause);
          }
          report(run::Command{run::ReportFenced{key.run_id, key.epoch, *sequence}}, cause);
        });
  }

  void operator()(const decision::StartContainer& e) const {
    const ports::ContainerKey key = e.spec.key;
    auto spec = self.complete(e);
    if (!spec) {
      return self.outside_.report(
          run::Command{run::ReportStartFailed{key.run_id, key.epoch, spec.error().detail}}, cause);
    }
    self.outside_.runtime.start(std::move(*spec), [report = self.outside_.report, key,
                                                   cause = cause](Status status) {
      if (status) {
        report(run::Command{run::ReportStarted{key.run_id, key.epoch}}, cause);
      } else if (status.error().code == Code::kNoRuntime) {
        report(run::Command{run::Hold{key.run_id, status.error().detail}}, cause);
      } else if (status.error().code != Code::kUnknown) {
        report(run::Command{run::ReportStartFailed{key.run_id, key.epoch, status.error().detail}},
               cause);
      }
    });
  }

  /// The exit report ends the attempt; a kill that failed is escalated when its deadline comes.
  void operator()(const decision::KillContainer& e) const {
    self.outside_.runtime.kill(e.key, [](const Status&) {});
  }

  /// An Actor that was not told loses nothing but its time to save: the deadline stands.
  void operator()(const decision::AnnounceToContainer& e) const {
    self.outside_.runtime.announce(e.key, e.announcement, [](const Status&) {});
  }

  void operator()(const decision::RemoveContainer& e) const {
    const bool report_it = e.when_gone == decision::WhenGone::kReportIt;
    self.outside_.runtime.remove(
        e.key, [report = self.outside_.report, e, report_it, cause = cause](Status status) {
          if (!status || !report_it) return;
          run::ReportExited gone{e.key.run_id, e.key.epoch};
          gone.evidence = events::Evidence::kProvenEmpty;
          gone.detail = "the container was removed";
          report(run::Command{gone}, cause);
        });
  }

  void operator()(const decision::BuildImage& e) const {
    ports::BuildSpec spec = e.spec;
    if (spec.version.apply_env_vars_to_build) {
      for (events::EnvVar& variable : spec.version.env_vars) {
        if (!variable.is_secret) continue;
        if (auto opened = self.outside_.secrets.open(variable.value))
          variable.value = std::move(*opened);
      }
    }
    const BuildId id = spec.build_id;
    self.outside_.builder.build(std::move(spec), [report = self.outside_.report, id, cause = cause](
                                                     Result<ports::BuildProduct> product) {
      if (!product)
        return report(build::Command{build::ReportFailed{id, product.error().detail}}, cause);
      report(build::Command{build::ReportBuilt{id, product->image, product->actor_definition,
                                               product->input_schema, product->readme}},
             cause);
    });
  }

  void operator()(const decision::CancelBuild& e) const {
    self.outside_.builder.cancel(
        e.build_id, [report = self.outside_.report, id = e.build_id, cause = cause](Status status) {
          if (status) report(build::Command{build::ReportFailed{id, "cancelled"}}, cause);
        });
  }

  void operator()(const decision::RemoveImage& e) const {
    self.outside_.builder.remove_image(e.image, [](const Status&) {});
  }
  void operator()(const decision::WriteLog& e) const {
    // A log that cannot be written must not stop a run; the job's own events say the same.
    (void)self.outside_.logs.append(e.job_id, e.at, e.text);
  }
  void operator()(const decision::RemoveLog& e) const { (void)self.outside_.logs.remove(e.job_id); }
  /// Not counted is counted again: when its next items come, and at its end.
  void operator()(const decision::CountItems& e) const {
    self.outside_.storages.stats(
        e.dataset_id, [report = self.outside_.report, id = e.run_id,
                       cause = cause](const Result<ports::StorageStats>& stats) {
          if (stats) report(run::Command{run::ReportItems{id, stats->item_count}}, cause);
        });
  }
  void operator()(const decision::DropStorage& e) const {
    self.outside_.storages.drop(e.storage_id, [](const Status&) {});
  }
};

Performer::Performer(Outside outside, Host host, const directory::Directory& directory)
    : outside_(std::move(outside)), host_(std::move(host)), directory_(directory) {
  outside_.runtime.on_exit([this](const ports::ContainerKey& key,
                                  const ports::ContainerExit& exit) { on_exit(key, exit); });
}

void Performer::perform(const decision::Effect& effect, Position cause) {
  std::visit(PerformerVisitor{*this, cause}, effect);
}

Result<ports::ContainerSpec> Performer::complete(const decision::StartContainer& effect) {
  ports::ContainerSpec spec = effect.spec;
  spec.term = term_;
  for (events::EnvVar& variable : spec.env) {
    if (!variable.is_secret) continue;
    TRY(opened, outside_.secrets.open(variable.value));
    variable.value = std::move(opened);
  }
  std::vector<events::EnvVar> env;
  const auto add = [&](std::string name, std::string value) {
    env.push_back({std::move(name), std::move(value), false});
  };
  env.push_back({"APIFY_TOKEN", outside_.secrets.run_token(spec.key, effect.user_id), true});
  add("APIFY_API_BASE_URL", host_.api_base_url);
  add("APIFY_API_PUBLIC_BASE_URL", host_.api_public_base_url);
  if (const directory::ActorFacts* actor = directory_.find_actor(effect.actor_id)) {
    const std::string owner =
        ports::shown_name(outside_.secrets, directory_.username_of(actor->user_id), actor->user_id);
    add("ACTOR_FULL_NAME", owner + "/" + actor->name);
    std::string tags;
    for (const auto& [tag, build_id] : actor->tags) {
      if (build_id == effect.build_id) tags += (tags.empty() ? "" : ",") + tag;
    }
    add("ACTOR_BUILD_TAGS", tags);
  }
  const std::string container_url =
      host_.live_base_url + ports::live_path(outside_.secrets, spec.key.run_id);
  add("ACTOR_WEB_SERVER_URL", container_url);
  add("APIFY_CONTAINER_URL", container_url);
  env.insert(env.end(), spec.env.begin(),
             spec.env.end());  // the Actor's own variables come last and win
  spec.env = std::move(env);
  return spec;
}

void Performer::on_exit(const ports::ContainerKey& key, const ports::ContainerExit& exit) {
  outside_.report(run::Command{exit_report(key, exit)}, 0);
}

}  // namespace actuary::engine::executor
