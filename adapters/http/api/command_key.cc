#include "adapters/http/api/command_key.h"

#include <algorithm>

#include "engine/directory/command_keys.h"
#include "journal/base/assert.h"
#include "journal/base/bytes.h"

namespace actuary::adapters::http::api {
namespace {

using engine::directory::kKeyedPrefix;
using engine::directory::kKeyLetters;

constexpr std::string_view kHeader = "Idempotency-Key";

bool changes_something(const Request& request) {
  return request.method == "POST" || request.method == "PUT" || request.method == "DELETE";
}

bool is_visible(std::string_view key) {
  return std::all_of(key.begin(), key.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

/// Every part with its length, so that no two lists of parts look alike.
std::string joined(std::initializer_list<std::string_view> parts) {
  std::string all;
  for (const auto part : parts) all.append(std::to_string(part.size())).append(":").append(part);
  return all;
}

/// Letters and digits from a digest; one of 32 bytes gives at most 32.
std::string letters(BytesView digest, std::size_t length) {
  constexpr std::string_view kAlphabet =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  ACTUARY_ASSERT(length <= digest.size());
  std::string text;
  for (const char byte : digest.substr(0, length)) {
    text.push_back(kAlphabet[static_cast<unsigned char>(byte) * kAlphabet.size() >> 8U]);
  }
  return text;
}

std::string asker_of_key(const Request& request) {
  if (!request.principal) return "local";
  const Principal& who = *request.principal;
  return std::string(who.user_id.view()) + " " + std::string(who.run_id.view());
}

/// What is asked for; who asks and how long he waits for the answer is not a part of it.
std::string asked(const Request& request) {
  std::string query;
  for (const auto& [name, value] : request.query.fields()) {
    if (name == "token" || name == "waitForFinish" || name == "method") continue;
    query += joined({name, value});
  }
  return sha256(joined({query, request.headers.get("Content-Type"), request.body}));
}

std::optional<WireError> read_key(const Services& services, Request& request) {
  const std::string_view key = trim(request.headers.get(kHeader));
  if (request.headers.count(kHeader) > 1 || key.empty() || key.size() > kIdempotencyKeyBytesMax ||
      !is_visible(key)) {
    return WireError{400,
                     "invalid-idempotency-key",
                     "Idempotency-Key must be one header of 1 to " +
                         std::to_string(kIdempotencyKeyBytesMax) + " visible ASCII characters",
                     {}};
  }
  const std::string scope =
      joined({"idempotency key", asker_of_key(request), request.method, request.path, key});
  const Bytes by_key = sha256(services.secrets.token_hash(scope));
  // Of the wish too: two requests that share a key by mistake must not share a store.
  request.command_seed = services.secrets.token_hash(joined({scope, asked(request)}));
  const Bytes by_wish = sha256(request.command_seed);
  const std::size_t rest = journal::base::kIdLength - kKeyedPrefix.size() - kKeyLetters;
  request.command_id = CommandId::parse(std::string(kKeyedPrefix) + letters(by_key, kKeyLetters) +
                                        letters(by_wish, rest))
                           .value();
  if (is_reused(services, request.command_id)) return key_reused();
  return std::nullopt;
}

/// What it deleted cannot be found any more, and the answer has no content.
bool is_deleted_already(const Services& services, const Request& request) {
  const auto* known = services.executor.directory().command_keys().find(request.command_id);
  return request.method == "DELETE" && known != nullptr &&
         known->last <= services.executor.durable();
}

}  // namespace

Handler with_command_key(const Services& services, Handler handler) {
  return [&services, handler = std::move(handler)](Request request, Responder responder) {
    if (changes_something(request) && request.headers.count(kHeader) > 0) {
      if (const auto wrong = read_key(services, request)) return responder.fail(*wrong);
      if (is_deleted_already(services, request)) return responder.send({204, {}, {}});
    }
    handler(std::move(request), std::move(responder));
  };
}

bool was_accepted(const Services& services, const Request& request) {
  const auto* known = services.executor.directory().command_keys().find(request.command_id);
  return known != nullptr && known->id == request.command_id;
}

bool is_reused(const Services& services, const CommandId& id) {
  const auto* known = services.executor.directory().command_keys().find(id);
  return known != nullptr && known->id != id;
}

WireError key_reused() {
  return {
      409,
      "idempotency-key-reused",
      "This Idempotency-Key was sent with another query or body before. Use a new key for a new "
      "request.",
      {}};
}

std::string draw_text(const Services& services, const Request& request, std::string_view purpose,
                      std::size_t length) {
  if (request.command_seed.empty()) return services.ids.next_text(length);
  const Bytes digest =
      sha256(services.secrets.token_hash(joined({"draw", request.command_seed, purpose})));
  return letters(digest, length);
}

}  // namespace actuary::adapters::http::api
