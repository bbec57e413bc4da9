#pragma once

#include <vector>

#include "adapters/http/api/common.h"

namespace actuary::adapters::http::api {

void add_run_routes(std::vector<Route>& routes, const Services& services);

/// Starting is a file of its own: input, then the command, then the answer.
void add_run_start_routes(std::vector<Route>& routes, const Services& services);

/// Another container for the same run: reboot and metamorph.
void add_run_replace_routes(std::vector<Route>& routes, const Services& services);

/// What a run of a pay-per-event Actor charges for.
void add_run_charge_routes(std::vector<Route>& routes, const Services& services);

/// The options of `POST runs` and of `resurrect`.
[[nodiscard]] Answer<engine::run::RequestedOptions> requested_options(const Query& query);

/// By tag or full number.
///
/// errors: `unknown-build-tag`, `build-not-found`, `invalid-build`
[[nodiscard]] Answer<BuildId> resolve_build(const Services& services, const ActorId& actor,
                                            std::string_view tag_or_number);

/// How errors of starting and resurrecting are spelled.
[[nodiscard]] WireError spell_start(const Error& error);

/// Answers with the run from the views, at once or when it has finished.
void answer_run(const Services& services, const RunId& id, std::chrono::seconds patience,
                const Responder& responder, int status = 200);

}  // namespace actuary::adapters::http::api
