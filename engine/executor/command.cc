#include "engine/executor/command.h"

#include <array>

#include "journal/codec/encode.h"

namespace actuary::engine::executor {
namespace {

template <std::size_t N>
using Names = std::array<std::string_view, N>;

template <class Variant>
constexpr std::size_t kCount = std::variant_size_v<Variant>;

constexpr Names<kCount<account::Command>> kAccountNames = {
    "account.CreateUser", "account.CreateToken", "account.RevokeToken"};
constexpr Names<kCount<actor::Command>> kActorNames = {
    "actor.Create", "actor.Change", "actor.PutVersion", "actor.DeleteVersion", "actor.Delete"};
constexpr Names<kCount<build::Command>> kBuildNames = {
    "build.Create",      "build.Admit",        "build.Abort",          "build.Delete",
    "build.ReportBuilt", "build.ReportFailed", "build.DeadlineReached"};
constexpr Names<kCount<run::Command>> kRunNames = {"run.Start",         "run.Hold",
                                                   "run.Admit",         "run.Abort",
                                                   "run.Resurrect",     "run.SetStatusMessage",
                                                   "run.Delete",        "run.ReportFenced",
                                                   "run.ReportStarted", "run.ReportStartFailed",
                                                   "run.ReportExited",  "run.DeadlineReached"};
constexpr Names<kCount<storage::Command>> kStorageNames = {"storage.Create", "storage.Change",
                                                           "storage.Delete"};

struct Namer {
  std::string_view operator()(const account::Command& c) const { return kAccountNames[c.index()]; }
  std::string_view operator()(const actor::Command& c) const { return kActorNames[c.index()]; }
  std::string_view operator()(const build::Command& c) const { return kBuildNames[c.index()]; }
  std::string_view operator()(const run::Command& c) const { return kRunNames[c.index()]; }
  std::string_view operator()(const storage::Command& c) const { return kStorageNames[c.index()]; }
};

struct Target {
  StreamId operator()(const account::Command& c) const {
    return std::visit([](const auto& each) { return stream_of(each.user_id); }, c);
  }
  StreamId operator()(const actor::Command& c) const {
    return std::visit([](const auto& each) { return stream_of(each.actor_id); }, c);
  }
  StreamId operator()(const build::Command& c) const {
    return std::visit([](const auto& each) { return stream_of(each.build_id); }, c);
  }
  StreamId operator()(const run::Command& c) const {
    return std::visit([](const auto& each) { return stream_of(each.run_id); }, c);
  }
  StreamId operator()(const storage::Command& c) const {
    return std::visit([](const auto& each) { return stream_of(each.storage_id); }, c);
  }
};

}  // namespace

StreamId target_of(const Command& command) { return std::visit(Target{}, command); }

std::string_view name_of(const Command& command) { return std::visit(Namer{}, command); }

Bytes encode(const Command& command) {
  return std::visit(
      [](const auto& family) {
        return std::visit([](const auto& each) { return journal::codec::encode_table(each); },
                          family);
      },
      command);
}

}  // namespace actuary::engine::executor
