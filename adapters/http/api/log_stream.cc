#include "adapters/http/api/log_stream.h"

#include "adapters/http/api/ansi.h"
#include "adapters/http/api/watch.h"

namespace actuary::adapters::http::api {
namespace {

constexpr std::size_t kPieceBytesMax = 256UL * 1024;

/// Kept alive by those that wake it: the log's subscription, the job's watch, the writer's drain.
class LogStream : public std::enable_shared_from_this<LogStream> {
 public:
  LogStream(const Services& services, FollowedLog log, StreamWriter writer)
      : services_(services), log_(std::move(log)), writer_(std::move(writer)) {}

  void begin() {
    subscription_ =
        services_.logs.subscribe(log_.job_id, [self = shared_from_this()] { self->pump(); });
    watch_ = services_.watch.always(log_.job, [self = shared_from_this()] { self->pump(); });
    pump();
  }

  void stop() {
    if (stopped_) return;
    stopped_ = true;
    // These may hold the last references to this.
    const auto self = shared_from_this();
    services_.logs.unsubscribe(subscription_);
    services_.watch.cancel(watch_);
  }

 private:
  void pump() {
    while (!stopped_ && !draining_) {
      // Asked before reading: what a finished job has written is there by then.
      const bool terminal = log_.is_terminal();
      auto piece = services_.logs.read(log_.job_id, offset_, kPieceBytesMax);
      // A log that nobody has begun yet is an empty one.
      if (!piece && piece.error().code != Code::kNotFound) return stop();
      if (!piece || piece->empty()) {
        if (terminal) finish();
        return;
      }
      offset_ += piece->size();
      send(std::move(*piece));
    }
  }

  void send(Bytes piece) {
    if (log_.escapes == Escapes::kStripped) piece = stripper_.strip(piece);
    if (piece.empty()) return;
    switch (writer_.write(std::move(piece))) {
      case StreamWriter::Room::kMore:
        return;
      case StreamWriter::Room::kClosed:
        return stop();
      case StreamWriter::Room::kFull:
        break;
    }
    draining_ = true;
    writer_.on_drain([self = shared_from_this()] {
      self->draining_ = false;
      self->writer_.closed() ? self->stop() : self->pump();
    });
  }

  void finish() {
    writer_.end();
    stop();
  }

  const Services& services_;
  const FollowedLog log_;
  const StreamWriter writer_;
  AnsiStripper stripper_;
  std::uint64_t offset_ = 0;
  engine::ports::Logs::Subscription subscription_ = 0;
  Watch::Id watch_ = 0;
  bool draining_ = false;
  bool stopped_ = false;
};

}  // namespace

void stream_log(const Services& services, FollowedLog log, const Responder& responder,
                Headers headers) {
  const auto stream = std::make_shared<LogStream>(services, std::move(log),
                                                  responder.begin_stream(200, std::move(headers)));
  responder.on_closed([weak = std::weak_ptr(stream)] {
    if (const auto self = weak.lock()) self->stop();
  });
  stream->begin();
}

}  // namespace actuary::adapters::http::api
