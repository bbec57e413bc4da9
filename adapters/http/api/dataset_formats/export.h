#pragma once

#include <memory>
#include <optional>
#include <string>

#include "adapters/http/api/dataset_formats/renderer.h"

namespace actuary::adapters::http::api::dataset_formats {

/// Items read at once; the port answers fewer when they are large.
inline constexpr std::uint64_t kPageItemsMax = 1000;
/// Answers from items of up to this many bytes are sent whole, and so compressed; larger ones are
/// streamed.
inline constexpr std::size_t kWholeBytesMax = 1024UL * 1024;

/// More than this an answer that is sent whole cannot become by unwinding.
inline constexpr std::size_t kProducedBytesMax = 64UL * 1024 * 1024;

/// Answers one `GET items`: reads a page, renders it, waits while the client is slow, reads the
/// next. It lives as long as something waits to call it.
class Export : public std::enable_shared_from_this<Export> {
 public:
  enum class Part : std::uint8_t { kAll, kHeadersOnly };

  Export(const Services& services, const StorageId& id, Options options, Responder responder,
         Part part);
  void start();

 private:
  enum class Pass : std::uint8_t { kCollecting, kWriting };

  void read_page();
  void on_page(Result<engine::ports::ItemPage> page);
  /// What is new since the first page shifts a list that begins with the newest.
  void drop_newcomers(engine::ports::ItemPage& page);
  void on_first_page(std::uint64_t total);
  void collect_page();
  void begin_writing();
  void write_page();
  /// Hands over what is buffered; false while the client takes no more.
  [[nodiscard]] bool flush();
  void answer_whole();
  void fail(const Error& error);
  [[nodiscard]] Headers headers() const;
  [[nodiscard]] std::uint64_t left() const { return count_ - done_; }

  const Services& services_;
  const StorageId id_;
  const Options options_;
  const Responder responder_;
  const Part part_;
  const std::unique_ptr<Renderer> renderer_;
  Pass pass_ = Pass::kCollecting;
  bool started_ = false;
  std::uint64_t total_ = 0;        ///< items in the dataset when the first page was read
  std::uint64_t total_known_ = 0;  ///< items in it by now
  std::uint64_t count_ = 0;        ///< stored items that the answer is made of
  std::uint64_t done_ = 0;         ///< of them, in this pass
  std::vector<std::string> page_;
  std::size_t next_ = 0;  ///< in `page_`
  std::string buffer_;
  std::optional<StreamWriter> stream_;
};

}  // namespace actuary::adapters::http::api::dataset_formats
