#include "adapters/client/client.h"

#include <curl/curl.h>

#include <cctype>
#include <memory>
#include <mutex>

namespace actuary::adapters::client {
namespace {

struct Transfer {
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle{curl_easy_init(), curl_easy_cleanup};
  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers{nullptr, curl_slist_free_all};
};

std::size_t collect(char* bytes, std::size_t size, std::size_t count, void* target) {
  static_cast<std::string*>(target)->append(bytes, size * count);
  return size * count;
}

std::size_t hand_over(char* bytes, std::size_t size, std::size_t count, void* target) {
  const auto& on_bytes = *static_cast<const std::function<void(std::string_view)>*>(target);
  on_bytes({bytes, size * count});
  return size * count;
}

Transfer prepare(const std::string& socket_path, const std::string& path) {
  static std::once_flag started;
  std::call_once(started, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  Transfer transfer;
  CURL* handle = transfer.handle.get();
  curl_easy_setopt(handle, CURLOPT_UNIX_SOCKET_PATH, socket_path.c_str());
  curl_easy_setopt(handle, CURLOPT_URL, ("http://actuary" + path).c_str());
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_PROXY, "");
  return transfer;
}

Status perform(const Transfer& transfer) {
  const CURLcode code = curl_easy_perform(transfer.handle.get());
  if (code == CURLE_OK) return {};
  return fail(Code::kUnavailable,
              std::string("the engine did not answer: ") + curl_easy_strerror(code));
}

int status_of(const Transfer& transfer) {
  long status = 0;
  curl_easy_getinfo(transfer.handle.get(), CURLINFO_RESPONSE_CODE, &status);
  return static_cast<int>(status);
}

constexpr int kErrorFrom = 300;  // the API never redirects
constexpr int kOwnFaultFrom = 500;

/// Whether the caller asked wrongly, or the engine cannot do it now.
Code code_of(int status) {
  switch (status) {
    case 404:
      return Code::kNotFound;
    case 413:
      return Code::kTooLarge;
    case 402:
    case 429:
      return Code::kLimitExceeded;
    default:
      return status < kOwnFaultFrom ? Code::kInvalidArgument : Code::kUnavailable;
  }
}

Error refusal(const Answer& answer) {
  const Json json = Json::parse(answer.body, nullptr, false);
  std::string message = text_at(json, {"error", "message"});
  if (message.empty()) message = "the engine answered " + std::to_string(answer.status);
  return {code_of(answer.status), std::move(message)};
}

}  // namespace

bool Client::alive() const {
  const auto answer = call("GET", "/actuary/v1/status");
  return answer && answer->status < kErrorFrom;
}

Result<Answer> Client::call(std::string_view method, const std::string& path, std::string_view body,
                            std::string_view content_type) const {
  Transfer transfer = prepare(socket_path_, path);
  CURL* handle = transfer.handle.get();
  Answer answer;
  const std::string verb(method);
  curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, verb.c_str());
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, collect);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &answer.body);
  curl_slist* headers = curl_slist_append(nullptr, "Expect:");
  headers = curl_slist_append(headers, "X-Apify-Request-Origin: CLI");
  if (method == "POST" || method == "PUT") {
    headers = curl_slist_append(headers, ("Content-Type: " + std::string(content_type)).c_str());
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  }
  transfer.headers.reset(headers);
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
  TRY_VOID(perform(transfer));
  answer.status = status_of(transfer);
  return answer;
}

Result<Json> Client::data(std::string_view method, const std::string& path, std::string_view body,
                          std::string_view content_type) const {
  TRY(answer, call(method, path, body, content_type));
  if (answer.status >= kErrorFrom) return tl::make_unexpected(refusal(answer));
  Json json = Json::parse(answer.body, nullptr, false);
  const Json* inner = at(json, {"data"});
  return inner != nullptr ? Json(*inner) : Json();
}

Status Client::stream(const std::string& path,
                      const std::function<void(std::string_view)>& on_bytes) const {
  const Transfer transfer = prepare(socket_path_, path);
  curl_easy_setopt(transfer.handle.get(), CURLOPT_WRITEFUNCTION, hand_over);
  curl_easy_setopt(transfer.handle.get(), CURLOPT_WRITEDATA, &on_bytes);
  curl_easy_setopt(transfer.handle.get(), CURLOPT_FAILONERROR, 1L);
  return perform(transfer);
}

const Json* at(const Json& json, std::initializer_list<std::string_view> keys) {
  const Json* here = &json;
  for (const std::string_view key : keys) {
    if (!here->is_object()) return nullptr;
    const auto found = here->find(std::string(key));
    if (found == here->end()) return nullptr;
    here = &*found;
  }
  return here;
}

std::string text_at(const Json& json, std::initializer_list<std::string_view> keys) {
  const Json* found = at(json, keys);
  const auto* text = found != nullptr ? found->get_ptr<const Json::string_t*>() : nullptr;
  return text != nullptr ? *text : std::string();
}

std::string percent_encode(std::string_view text) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.' || c == '~') {
      encoded.push_back(c);
    } else {
      encoded += {'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
    }
  }
  return encoded;
}

}  // namespace actuary::adapters::client
