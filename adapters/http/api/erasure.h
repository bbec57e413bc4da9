#pragma once

#include "adapters/http/api/common.h"

namespace actuary::adapters::http::api {

/// The stream of a run, build, Actor, storage or account with that id, if it has any event.
[[nodiscard]] std::optional<StreamId> find_stream(const Services& services, std::string_view text);

/// Records that nobody shall read the personal texts of the run, build or account `{id}` any more;
/// when this is answered, their keys are destroyed. Doing it twice is harmless.
///
/// shape:  answers `{id, kind, texts, plainTexts}`: texts that nobody can read any more, and those
///         that an older program recorded in plain, which stay in the journal and are not shown
/// errors: 404 `record-not-found`; 503: what was recorded of it is in an archive that is not there
void erase_personal(const Services& services, const Request& request, const Asker& asker,
                    const Responder& responder);

}  // namespace actuary::adapters::http::api
