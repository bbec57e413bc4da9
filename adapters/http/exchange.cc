#include "adapters/http/exchange.h"

#include "adapters/http/connection.h"
#include "journal/base/assert.h"

namespace actuary::adapters::http {

Exchange::~Exchange() {
  if (connection_ == nullptr) return;
  Connection* connection = detach();
  if (answered_) {
    connection->abort();
    return;
  }
  connection->respond(
      to_response(WireError{500, "internal-server-error", "The request was not answered.", {}}));
}

Connection* Exchange::detach() {
  Connection* connection = connection_;
  connection_ = nullptr;
  // The callbacks may hold the last reference to this; they go when the caller's locals go.
  auto closed = std::move(closed_);
  auto drained = std::move(drained_);
  closed_ = nullptr;
  drained_ = nullptr;
  return connection;
}

void Exchange::send(Response response) {
  if (closed()) return;
  ACTUARY_ASSERT(!answered_);
  answered_ = true;
  detach()->respond(std::move(response));
}

void Exchange::begin_stream(int status, Headers headers) {
  if (closed()) return;
  ACTUARY_ASSERT(!answered_);
  answered_ = true;
  connection_->begin_stream(status, std::move(headers));
}

StreamWriter::Room Exchange::write(std::string bytes) {
  if (closed()) return StreamWriter::Room::kClosed;
  ACTUARY_ASSERT(answered_);
  const bool room = connection_->write_stream(std::move(bytes));
  if (closed()) return StreamWriter::Room::kClosed;
  return room ? StreamWriter::Room::kMore : StreamWriter::Room::kFull;
}

void Exchange::end() {
  if (closed()) return;
  ACTUARY_ASSERT(answered_);
  detach()->end_stream();
}

void Exchange::on_closed(std::function<void()> callback) {
  if (closed()) return;
  closed_ = std::move(callback);
}

void Exchange::notify_drained() {
  const auto drained = std::exchange(drained_, nullptr);
  if (drained) drained();
}

void Exchange::notify_closed() {
  connection_ = nullptr;
  const auto closed = std::exchange(closed_, nullptr);
  const auto drained = std::exchange(drained_, nullptr);
  if (closed) closed();
  if (drained) drained();
}

StreamWriter::Room StreamWriter::write(std::string bytes) const {
  return exchange_->write(std::move(bytes));
}
void StreamWriter::end() const { exchange_->end(); }
bool StreamWriter::closed() const { return exchange_->closed(); }
void StreamWriter::on_drain(std::function<void()> callback) const {
  exchange_->on_drain(std::move(callback));
}

void Responder::send(Response response) const { exchange_->send(std::move(response)); }
StreamWriter Responder::begin_stream(int status, Headers headers) const {
  exchange_->begin_stream(status, std::move(headers));
  return StreamWriter(exchange_);
}
void Responder::on_closed(std::function<void()> callback) const {
  exchange_->on_closed(std::move(callback));
}
bool Responder::closed() const { return exchange_->closed(); }

}  // namespace actuary::adapters::http
