#pragma once

#include <llhttp.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/http/message.h"

namespace actuary::adapters::http {

inline constexpr std::size_t kChunkExtensionBytesMax = 4 * 1024;
inline constexpr std::size_t kTrailerBytesMax = 8 * 1024;

/// The head of one request, before anything was made of it.
struct RequestHead {
  std::string method;
  std::string target;
  Headers headers;
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool http_1_1 = true;
  bool keep_alive = false;
  bool websocket = false;  ///< it asks to become a WebSocket

  [[nodiscard]] bool has_body() const { return chunked || content_length.value_or(0) > 0; }
};

/// Parses requests, one at a time: llhttp in strict mode behind a scan of the head that refuses
/// what llhttp lets through.
///
/// Refused here: a line end without CR, a CR without LF, folded lines, nameless headers, two blanks
/// in a row, NUL, a version other than 1.0 and 1.1, Transfer-Encoding in 1.0 or other than exactly
/// `chunked`, a missing or second Host, and heads past the limits.
class Parser {
 public:
  /// Who takes the pieces. Either may answer false: parsing stops there with `State::kStopped`.
  class Sink {
   public:
    virtual ~Sink() = default;
    [[nodiscard]] virtual bool on_head(RequestHead head) = 0;
    [[nodiscard]] virtual bool on_body(BytesView bytes) = 0;
  };

  enum class State : std::uint8_t { kMore, kComplete, kStopped, kRefused };

  struct Fed {
    State state = State::kMore;
    std::size_t consumed = 0;
  };

  explicit Parser(Sink& sink);
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  /// Takes bytes up to the end of one request; what follows it is not consumed. Never called with
  /// no bytes.
  [[nodiscard]] Fed feed(BytesView bytes);

  /// Forgets the request that is complete, all of it.
  void next();

  /// No byte of the next request has come.
  [[nodiscard]] bool untouched() const { return head_bytes_ == 0; }

  [[nodiscard]] int refusal_status() const { return refusal_status_; }
  [[nodiscard]] const std::string& refusal() const { return refusal_; }

 private:
  /// Looks at the head's bytes before llhttp does; returns how many of `bytes` belong to the head.
  std::size_t scan_head(BytesView bytes);
  bool scan_byte(char byte);
  [[nodiscard]] bool check_head();
  Fed run(BytesView bytes);
  void refuse(int status, std::string why);

  static const llhttp_settings_t& settings();
  static Parser& self(llhttp_t* parser) { return *static_cast<Parser*>(parser->data); }
  int headers_complete();
  int field(const char* at, std::size_t size);
  int value(const char* at, std::size_t size);

  Sink& sink_;
  llhttp_t parser_{};
  RequestHead head_;
  std::string field_name_;
  std::string field_value_;
  std::size_t head_bytes_ = 0;
  std::size_t extension_bytes_ = 0;
  std::size_t trailer_bytes_ = 0;
  char last_ = '\0';          ///< the head's byte before this one
  bool line_empty_ = true;    ///< nothing but CR since the last line end
  bool request_line_ = true;  ///< still before the first field
  bool scanned_ = false;      ///< the blank line has come
  bool head_done_ = false;    ///< llhttp agrees
  bool stopped_ = false;
  int refusal_status_ = 0;
  std::string refusal_;
};

}  // namespace actuary::adapters::http
