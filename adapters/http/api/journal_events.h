#pragma once

#include <vector>

#include "adapters/http/api/common.h"
#include "journal/feed/feed.h"

namespace actuary::adapters::http::api {

/// `GET /actuary/v1/journal/events?from=POSITION`: the journal as server-sent events, without a gap
/// and in order, for the administrator alone: the journal holds every tenant's facts.
///
/// shape:  `id:` is the position, `event:` the event's type, `data:` the record as one line of
/// JSON;
///         `event: gap` with `{"from","to"}` stands for records that were archived, `event: fault`
///         with `{"message"}` ends a stream that cannot go on; comments keep the connection alive
/// units:  without `from` only what is new; a `Last-Event-ID` header goes on after that position
void add_journal_event_routes(std::vector<Route>& routes, const Services& services,
                              journal::Feed& feed);

}  // namespace actuary::adapters::http::api
