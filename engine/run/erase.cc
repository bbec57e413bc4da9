#include "engine/decision/reason.h"
#include "engine/run/decider.h"
#include "engine/run/on_stream.h"

/// A person's wish that nobody can read any more where a run was asked for.
namespace actuary::engine::run {

namespace {

/// In every status, and after the end too: a person's wish does not wait for a container.
template <class S>
Decision erase(const S& s, const ErasePersonal& command) {
  TRY_VOID(decision::check_reason(command.reason));
  const events::Meta& meta = s.facts.meta;
  const bool nothing =
      s.facts.personal_keys.empty() && meta.client_ip.empty() && meta.user_agent.empty();
  if (nothing) return noted(s.facts, "ErasePersonal");
  return on(s.facts, events::PersonalDataErased{command.reason, s.facts.personal_keys});
}

}  // namespace

Decision decide(const Ready& s, const ErasePersonal& c, const Context&) { return erase(s, c); }
Decision decide(const Running& s, const ErasePersonal& c, const Context&) { return erase(s, c); }
Decision decide(const TimingOut& s, const ErasePersonal& c, const Context&) { return erase(s, c); }
Decision decide(const Aborting& s, const ErasePersonal& c, const Context&) { return erase(s, c); }
Decision decide(const Finished& s, const ErasePersonal& c, const Context&) { return erase(s, c); }
/// Its keys went with it.
Decision decide(const Expired& s, const ErasePersonal& c, const Context&) { return erase(s, c); }

}  // namespace actuary::engine::run
