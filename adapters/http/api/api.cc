#include "adapters/http/api/api.h"

#include <memory>

#include "adapters/http/api/actors.h"
#include "adapters/http/api/admin.h"
#include "adapters/http/api/builds.h"
#include "adapters/http/api/command_key.h"
#include "adapters/http/api/datasets.h"
#include "adapters/http/api/env_vars.h"
#include "adapters/http/api/journal_events.h"
#include "adapters/http/api/key_value_stores.h"
#include "adapters/http/api/limits.h"
#include "adapters/http/api/logs.h"
#include "adapters/http/api/request_queues.h"
#include "adapters/http/api/runs.h"
#include "adapters/http/api/user_names.h"
#include "adapters/http/api/users.h"
#include "adapters/http/api/versions.h"

namespace actuary::adapters::http::api {

std::vector<Route> routes(const Services& borrowed, journal::Feed& feed) {
  auto made = borrowed;
  if (!made.names) made.names = std::make_shared<UserNames>();
  const auto shared = std::make_shared<const Services>(std::move(made));
  const Services& services = *shared;
  std::vector<Route> routes;
  add_actor_routes(routes, services);
  add_version_routes(routes, services);
  add_env_var_routes(routes, services);
  add_build_routes(routes, services);
  add_run_routes(routes, services);
  add_log_routes(routes, services);
  add_limit_routes(routes, services);  // before what takes any name for a user
  add_user_routes(routes, services);
  add_key_value_store_routes(routes, services);
  add_dataset_routes(routes, services);
  add_request_queue_routes(routes, services);
  add_admin_routes(routes, services);
  add_journal_event_routes(routes, services, feed);
  for (Route& route : routes) {
    route.handler = [shared, handler = with_command_key(services, std::move(route.handler))](
                        Request request, Responder responder) {
      handler(std::move(request), std::move(responder));
    };
  }
  return routes;
}

}  // namespace actuary::adapters::http::api
