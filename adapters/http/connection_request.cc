// How a connection takes a request in: its head, the plan for its body, the body, and the
// hand-over.
#include "adapters/http/compress.h"
#include "adapters/http/connection.h"
#include "adapters/http/target.h"
#include "journal/base/assert.h"

namespace actuary::adapters::http {
namespace {

/// A refused request's body of up to this many bytes is skipped, so that the connection can be
/// kept.
constexpr std::uint64_t kSkippedBytesMax = 64UL * 1024;

std::string joined(const Headers& headers, std::string_view name) {
  std::string all;
  for (const auto& [field_name, value] : headers.fields()) {
    if (!equal_without_case(field_name, name)) continue;
    if (!all.empty()) all.append(", ");
    all.append(value);
  }
  return all;
}

}  // namespace

bool Connection::on_head(RequestHead head) {
  keep_alive_ = head.keep_alive;
  head_only_ = head.method == "HEAD";
  http_1_1_ = head.http_1_1;
  early_.reset();
  decoder_.reset();
  body_seen_ = body_seen_mark_ = 0;
  accept_encoding_ = joined(head.headers, "Accept-Encoding");

  request_ = {};
  request_.method = head.method;
  request_.target = std::move(head.target);
  request_.headers = std::move(head.headers);
  request_.peer = peer_;
  request_.over_unix_socket = transport_ == Transport::kUnix;
  request_.http_1_1 = head.http_1_1;
  request_.body_expected = head.has_body();
  request_.content_length = head.content_length;
  set_phase(Phase::kBody);
  if (const auto read = read_target(request_); !read) {
    return refuse(to_response({400, "invalid-request", read.error().detail, {}}));
  }
  // Parsing ends with the head then: `advance` hands on what follows it.
  auto plan = shared_.application.plan(request_);
  if (plan.upstream && !plan.refusal) {
    head.headers = std::move(request_.headers);
    begin_tunnel(head, *plan.upstream);
    return false;
  }
  if (head.websocket) {
    return refuse(to_response({501, "not-implemented", "There is no WebSocket here.", {}}));
  }
  return plan_body(head, std::move(plan));
}

bool Connection::plan_body(const RequestHead& head, BodyPlan plan) {
  const auto expectation = joined(request_.headers, "Expect");
  const bool waits = equal_without_case(expectation, "100-continue") && head.http_1_1;
  const bool skippable =
      !head.chunked && head.content_length.value_or(0) <= kSkippedBytesMax && !waits;
  const auto answer_early = [&](Response response) {
    if (!skippable) return refuse(std::move(response));
    early_ = std::move(response);
    return true;
  };
  if (!expectation.empty() && !equal_without_case(expectation, "100-continue")) {
    return answer_early(
        to_response({417, "invalid-header", "Only 100-continue can be expected.", {}}));
  }
  if (plan.refusal) return answer_early(std::move(*plan.refusal));
  if (!head.has_body()) return true;

  const auto encoding = joined(request_.headers, "Content-Encoding");
  decoder_ = BodyDecoder::make(plan.mode == BodyMode::kAsSent ? "identity" : encoding);
  if (!decoder_) return answer_early(to_response(unsupported_content_encoding(encoding)));
  body_bytes_max_ = plan.bytes_max;
  if (head.content_length.value_or(0) > plan.bytes_max) {
    return answer_early(to_response(request_too_large(plan.bytes_max, *head.content_length)));
  }
  if (waits && head.has_body()) write("HTTP/1.1 100 Continue\r\n\r\n", {});
  return true;
}

bool Connection::on_body(BytesView bytes) {
  body_seen_ += bytes.size();
  if (body_seen_ - body_seen_mark_ >= shared_.options.body_progress_bytes) {
    body_seen_mark_ = body_seen_;
    deadline_ = deadline_after(shared_.options.body_deadline);
  }
  if (early_) return true;
  ACTUARY_ASSERT(decoder_ != nullptr);
  const auto outcome = decoder_->feed(bytes, body_bytes_max_, request_.body);
  count_buffered(request_.body.capacity());
  if (outcome != BodyDecoder::Outcome::kFine) {
    refuse_body(outcome);
    return false;
  }
  if (shared_.buffered_bytes <= shared_.options.buffered_bytes_max) return true;
  return refuse(to_response(
      {503, "service-unavailable", "Too many request bodies are being received at once.", {}}));
}

void Connection::refuse_body(BodyDecoder::Outcome outcome) {
  if (outcome == BodyDecoder::Outcome::kTooLarge) {
    (void)refuse(to_response(request_too_large(body_bytes_max_, request_.body.size())));
    return;
  }
  const auto encoding = joined(request_.headers, "Content-Encoding");
  (void)refuse(
      to_response({400, "invalid-request", "The request body is not valid " + encoding + ".", {}}));
}

void Connection::on_complete() {
  if (early_) {
    set_phase(Phase::kHandling);
    auto response = std::move(*early_);
    early_.reset();
    respond(std::move(response));
    return;
  }
  if (decoder_ && !decoder_->complete()) {
    refuse_body(BodyDecoder::Outcome::kCorrupt);
    return;
  }
  decoder_.reset();
  dispatch();
}

void Connection::dispatch() {
  set_phase(Phase::kHandling);
  auto exchange = std::make_shared<Exchange>(*this);
  exchange_ = exchange;
  shared_.application.handle(std::move(request_), Responder(std::move(exchange)));
}

bool Connection::refuse(Response response) {
  keep_alive_ = false;
  respond(std::move(response));
  return false;
}

}  // namespace actuary::adapters::http
