#include "adapters/http/api/personal.h"

namespace actuary::adapters::http::api {
namespace {

constexpr std::size_t kUserAgentBytesMax = 512;

/// `127.0.0.1:54321` and `[::1]:54321` without the port.
std::string address_of(std::string_view peer) {
  const auto colon = peer.rfind(':');
  if (colon == std::string_view::npos) return {};
  auto address = peer.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']')) {
    address = address.substr(1, address.size() - 2);
  }
  return std::string(address);
}

std::optional<std::uint64_t> key_of(const events::Meta& meta) {
  const auto key = events::personal_key(meta.client_ip);
  return key ? key : events::personal_key(meta.user_agent);
}

/// What an older program recorded is plain.
std::string open_text(const Services& services, const std::string& text) {
  if (!events::personal_key(text)) return text;
  return services.secrets.open_personal(text).value_or(std::string{});
}

}  // namespace

Answer<events::Meta> meta_of(const Services& services, const Request& request,
                             const events::Meta& known) {
  events::Meta meta;
  const std::string agent(request.headers.get("User-Agent").substr(0, kUserAgentBytesMax));
  TRY(sealed,
      wire(services.secrets.seal_personal({address_of(request.peer), agent}, key_of(known))));
  meta.client_ip = std::move(sealed[0]);
  meta.user_agent = std::move(sealed[1]);
  const bool from_run = request.principal && request.principal->kind == PrincipalKind::kRun;
  meta.origin = from_run ? events::Origin::kActor : events::Origin::kApi;
  const auto named = events::parse_origin(request.headers.get("X-Apify-Request-Origin"));
  if (named) meta.origin = *named;
  return meta;
}

Json personal_or_null(const Services& services, const std::string& text) {
  return text_or_null(open_text(services, text));
}

events::Meta opened(const Services& services, events::Meta meta) {
  meta.client_ip = open_text(services, meta.client_ip);
  meta.user_agent = open_text(services, meta.user_agent);
  return meta;
}

}  // namespace actuary::adapters::http::api
