#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "engine/ports/builder.h"
#include "tests/support/sim_loop.h"

namespace actuary::tests::support {

/// What becomes of one build.
struct BuildPlan {
  Microseconds takes{Seconds{5}};
  bool fails = false;
  bool cancel_is_lost = false;
};

/// Builds that take simulated time. They die with the engine.
class FakeBuilder final : public engine::ports::ImageBuilder {
 public:
  using Plan = std::function<BuildPlan(const BuildId&)>;

  FakeBuilder(SimLoop& loop, Plan plan) : loop_(loop), plan_(std::move(plan)) {}

  void build(engine::ports::BuildSpec spec, Done done) override {
    const BuildPlan plan = plan_(spec.build_id);
    const BuildId id = spec.build_id;
    const std::uint64_t ticket = ++tickets_;
    ++begun_[id];
    under_way_[id] = {ticket, std::move(done), plan};
    loop_.after(SimLoop::Lane::kEngine, plan.takes, [this, id, ticket, plan] {
      if (plan.fails) {
        return finish(id, ticket, fail(Code::kInvalidArgument, "step 1 failed"));
      }
      finish(id, ticket, engine::ports::BuildProduct{{"image-" + id.str(), "{}", 1}, "", "", ""});
    });
  }

  void cancel(const BuildId& id, std::function<void(Status)> done) override {
    const auto found = under_way_.find(id);
    if (found != under_way_.end() && found->second.plan.cancel_is_lost) return;
    loop_.after(SimLoop::Lane::kEngine, Microseconds{50'000}, [this, id, done = std::move(done)] {
      if (const auto current = under_way_.find(id); current != under_way_.end()) {
        finish(id, current->second.ticket, fail(Code::kUnavailable, "killed"));
      }
      done({});
    });
  }

  void remove_image(const events::Image& image, std::function<void(Status)> done) override {
    removed_images.push_back(image.id);
    loop_.post([done = std::move(done)] { done({}); });
  }

  void crash() { under_way_.clear(); }
  [[nodiscard]] bool is_building(const BuildId& id) const { return under_way_.contains(id); }
  [[nodiscard]] int begun(const BuildId& id) const {
    const auto found = begun_.find(id);
    return found == begun_.end() ? 0 : found->second;
  }

  std::vector<std::string> removed_images;

 private:
  struct UnderWay {
    std::uint64_t ticket = 0;
    Done done;
    BuildPlan plan;
  };

  void finish(const BuildId& id, std::uint64_t ticket, Result<engine::ports::BuildProduct> result) {
    const auto found = under_way_.find(id);
    if (found == under_way_.end() || found->second.ticket != ticket) return;
    const Done done = std::move(found->second.done);
    under_way_.erase(found);
    done(std::move(result));
  }

  SimLoop& loop_;
  Plan plan_;
  std::uint64_t tickets_ = 0;
  std::map<BuildId, UnderWay> under_way_;
  std::map<BuildId, int> begun_;
};

}  // namespace actuary::tests::support
