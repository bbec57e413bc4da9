#include "engine/executor/command.h"

#include <array>
#include <optional>
#include <utility>

#include "journal/codec/decode.h"
#include "journal/codec/encode.h"

namespace actuary::engine::executor {
namespace {

template <std::size_t N>
using Names = std::array<std::string_view, N>;

template <class Variant>
constexpr std::size_t kCount = std::variant_size_v<Variant>;

constexpr Names<kCount<account::Command>> kAccountNames = {
    "account.CreateUser", "account.CreateToken", "account.RevokeToken", "account.ErasePersonal",
    "account.SetLimits"};
constexpr Names<kCount<actor::Command>> kActorNames = {
    "actor.Create", "actor.Change", "actor.PutVersion", "actor.DeleteVersion", "actor.Delete"};
constexpr Names<kCount<build::Command>> kBuildNames = {
    "build.Create",      "build.Admit",        "build.Abort",           "build.Delete",
    "build.ReportBuilt", "build.ReportFailed", "build.DeadlineReached", "build.ErasePersonal"};
constexpr Names<kCount<run::Command>> kRunNames = {"run.Start",         "run.Hold",
                                                   "run.Admit",         "run.Abort",
                                                   "run.Resurrect",     "run.SetStatusMessage",
                                                   "run.Delete",        "run.ReportFenced",
                                                   "run.ReportStarted", "run.ReportStartFailed",
                                                   "run.ReportExited",  "run.DeadlineReached",
                                                   "run.Reboot",        "run.Metamorph",
                                                   "run.Charge",        "run.Migrate",
                                                   "run.PlaceHold",     "run.LiftHold",
                                                   "run.ErasePersonal", "run.ReportItems"};
constexpr Names<kCount<storage::Command>> kStorageNames = {"storage.Create", "storage.Change",
                                                           "storage.Delete", "storage.Use"};
constexpr Names<kCount<host::Command>> kHostNames = {"host.Drain", "host.EndDrain"};

struct Namer {
  std::string_view operator()(const account::Command& c) const { return kAccountNames[c.index()]; }
  std::string_view operator()(const actor::Command& c) const { return kActorNames[c.index()]; }
  std::string_view operator()(const build::Command& c) const { return kBuildNames[c.index()]; }
  std::string_view operator()(const run::Command& c) const { return kRunNames[c.index()]; }
  std::string_view operator()(const storage::Command& c) const { return kStorageNames[c.index()]; }
  std::string_view operator()(const host::Command& c) const { return kHostNames[c.index()]; }
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
  StreamId operator()(const host::Command&) const { return journal::record::system_stream(); }
};

/// The family's command of that name, or nothing when the name is another family's.
template <class Family, std::size_t... I>
std::optional<Result<Command>> decode_family(const Names<sizeof...(I)>& names,
                                             std::string_view name, BytesView bytes,
                                             std::index_sequence<I...>) {
  std::optional<Result<Command>> decoded;
  const auto read = [&]<std::size_t Index>() {
    auto each = journal::codec::decode_table<std::variant_alternative_t<Index, Family>>(bytes);
    if (each) {
      decoded = Command{Family{std::in_place_index<Index>, std::move(*each)}};
    } else {
      decoded = tl::make_unexpected(std::move(each).error());
    }
    return true;
  };
  ((names[I] == name && read.template operator()<I>()) || ...);
  return decoded;
}

template <class Family>
std::optional<Result<Command>> decode_family(const Names<kCount<Family>>& names,
                                             std::string_view name, BytesView bytes) {
  return decode_family<Family>(names, name, bytes, std::make_index_sequence<kCount<Family>>());
}

}  // namespace

Command::Command() = default;
Command::Command(const Command&) = default;
Command::Command(Command&&) noexcept = default;
Command& Command::operator=(const Command&) = default;
Command& Command::operator=(Command&&) noexcept = default;
Command::~Command() = default;

bool Command::operator==(const Command& other) const {
  return static_cast<const AnyCommand&>(*this) == static_cast<const AnyCommand&>(other);
}

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

Result<Command> decode(std::string_view name, BytesView bytes) {
  auto decoded = decode_family<run::Command>(kRunNames, name, bytes);
  if (!decoded) decoded = decode_family<build::Command>(kBuildNames, name, bytes);
  if (!decoded) decoded = decode_family<actor::Command>(kActorNames, name, bytes);
  if (!decoded) decoded = decode_family<storage::Command>(kStorageNames, name, bytes);
  if (!decoded) decoded = decode_family<account::Command>(kAccountNames, name, bytes);
  if (!decoded) decoded = decode_family<host::Command>(kHostNames, name, bytes);
  if (decoded) return std::move(*decoded);
  return fail(Code::kNewerVersion, "command \"" + std::string(name) + "\" is not known here");
}

}  // namespace actuary::engine::executor
