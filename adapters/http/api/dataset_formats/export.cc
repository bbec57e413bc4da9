#include "adapters/http/api/dataset_formats/export.h"

#include <algorithm>

#include "adapters/http/api/storage_common.h"

namespace actuary::adapters::http::api::dataset_formats {
namespace {

constexpr std::size_t kChunkBytes = 128UL * 1024;
/// What the API says where no limit was asked.
constexpr std::uint64_t kNoLimit = 999'999'999'999;

std::size_t bytes_of(const std::vector<std::string>& items) {
  std::size_t bytes = 0;
  for (const auto& item : items) bytes += item.size();
  return bytes;
}

}  // namespace

Export::Export(const Services& services, const StorageId& id, Options options, Responder responder,
               Part part)
    : services_(services),
      id_(id),
      options_(std::move(options)),
      responder_(std::move(responder)),
      part_(part),
      renderer_(Renderer::make(options_)) {}

void Export::start() { read_page(); }

void Export::read_page() {
  engine::ports::ItemQuery query;
  const std::uint64_t newcomers = options_.newest_first ? total_known_ - total_ : 0;
  query.offset = options_.offset + done_ + newcomers;
  query.limit = std::min(started_ ? left() : options_.limit, kPageItemsMax);
  if (part_ == Part::kHeadersOnly) query.limit = 0;
  query.newest_first = options_.newest_first;
  services_.storages.read_items(id_, query, {},
                                [self = shared_from_this()](auto page) { self->on_page(page); });
}

void Export::on_page(Result<engine::ports::ItemPage> page) {
  if (!page) return fail(page.error());
  if (!started_) on_first_page(page->total);
  drop_newcomers(*page);
  page_ = std::move(page->items);
  next_ = 0;
  if (part_ == Part::kHeadersOnly) return responder_.send({200, headers(), {}});
  const bool whole = page_.size() == count_ && bytes_of(page_) <= kWholeBytesMax;
  if (whole && !stream_ && done_ == 0) return answer_whole();
  if (page_.empty() && total_known_ < total_) {
    return fail({Code::kNotFound, "Dataset was not found"});  // deleted meanwhile
  }
  if (pass_ == Pass::kCollecting) return collect_page();
  write_page();
}

void Export::on_first_page(std::uint64_t total) {
  started_ = true;
  total_ = total_known_ = total;
  count_ = std::min(options_.limit, total - std::min(options_.offset, total));
  pass_ = renderer_->wants_columns() ? Pass::kCollecting : Pass::kWriting;
}

void Export::drop_newcomers(engine::ports::ItemPage& page) {
  const std::uint64_t fresh = page.total > total_known_ ? page.total - total_known_ : 0;
  total_known_ = page.total;
  if (!options_.newest_first) return;
  const auto again = static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(fresh, page.items.size()));
  page.items.erase(page.items.begin(), page.items.begin() + again);
}

void Export::collect_page() {
  for (const auto& item : page_) {
    if (const auto collected = renderer_->collect(item); !collected) {
      return fail(collected.error());
    }
  }
  done_ += page_.size();
  if (left() > 0) return read_page();
  pass_ = Pass::kWriting;
  done_ = 0;
  read_page();
}

void Export::begin_writing() {
  stream_ = responder_.begin_stream(200, headers());
  renderer_->begin(buffer_);
}

void Export::write_page() {
  if (!stream_) begin_writing();
  if (stream_->closed()) return;
  while (next_ < page_.size()) {
    if (const auto added = renderer_->append(page_[next_], buffer_); !added) {
      return fail(added.error());
    }
    ++next_;
    ++done_;
    if (buffer_.size() >= kChunkBytes && !flush()) return;
  }
  if (left() > 0) return read_page();
  renderer_->end(buffer_);
  if (stream_->write(std::move(buffer_)) != StreamWriter::Room::kClosed) stream_->end();
}

bool Export::flush() {
  switch (stream_->write(std::exchange(buffer_, {}))) {
    case StreamWriter::Room::kMore:
      return true;
    case StreamWriter::Room::kFull:
      stream_->on_drain([self = shared_from_this()] { self->write_page(); });
      return false;
    case StreamWriter::Room::kClosed:
      return false;
  }
  return false;
}

void Export::answer_whole() {
  Status problem;
  if (renderer_->wants_columns()) {
    for (const auto& item : page_) {
      if (problem) problem = renderer_->collect(item);
    }
  }
  if (problem) renderer_->begin(buffer_);
  for (const auto& item : page_) {
    if (problem) problem = renderer_->append(item, buffer_);
    if (problem && buffer_.size() > kProducedBytesMax) {
      return fail(
          {Code::kLimitExceeded, "The items become more than " + std::to_string(kProducedBytesMax) +
                                     " bytes; ask for fewer of them, or for fewer fields."});
    }
  }
  if (!problem) return fail(problem.error());
  renderer_->end(buffer_);
  responder_.send({200, headers(), std::move(buffer_)});
}

void Export::fail(const Error& error) {
  // A stream that was begun is cut when its last writer goes: the client sees that some is missing.
  if (stream_) {
    stream_.reset();
    return;
  }
  if (error.code == Code::kLimitExceeded) {
    return responder_.fail(WireError{400, "invalid-value", error.detail, {}});
  }
  responder_.fail(storage_error(error));
}

Headers Export::headers() const {
  const auto limit = options_.limit == UINT64_MAX ? kNoLimit : options_.limit;
  Headers headers{
      {"Content-Type", std::string(content_type(options_.format))},
      {"X-Apify-Pagination-Offset", std::to_string(options_.offset)},
      {"X-Apify-Pagination-Limit", std::to_string(limit)},
      {"X-Apify-Pagination-Count", std::to_string(count_)},
      {"X-Apify-Pagination-Total", std::to_string(total_)},
      {"X-Apify-Pagination-Desc", options_.newest_first ? "true" : "false"},
  };
  if (options_.attachment) {
    const auto name = id_.str() + "." + std::string(to_string(options_.format));
    headers.add("Content-Disposition", "attachment; filename=\"" + name + "\"");
  }
  return headers;
}

}  // namespace actuary::adapters::http::api::dataset_formats
