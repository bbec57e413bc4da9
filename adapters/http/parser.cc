#include "adapters/http/parser.h"

#include <algorithm>

#include "journal/base/assert.h"

namespace actuary::adapters::http {
namespace {

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

bool target_is_fine(std::string_view target) {
  return std::all_of(target.begin(), target.end(),
                     [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f; });
}

}  // namespace

Parser::Parser(Sink& sink) : sink_(sink) { next(); }

void Parser::next() {
  // Starting llhttp afresh leaves no state of one request to leak into the next.
  llhttp_init(&parser_, HTTP_REQUEST, &settings());
  parser_.data = this;
  head_ = {};
  field_name_.clear();
  field_value_.clear();
  head_bytes_ = extension_bytes_ = trailer_bytes_ = 0;
  last_ = '\0';
  line_empty_ = request_line_ = true;
  scanned_ = head_done_ = stopped_ = false;
}

Parser::Fed Parser::feed(BytesView bytes) {
  ACTUARY_ASSERT(!bytes.empty());
  if (refusal_status_ != 0) return {State::kRefused, 0};
  if (scanned_) return run(bytes);

  const std::size_t head_size = scan_head(bytes);
  if (refusal_status_ != 0) return {State::kRefused, bytes.size()};
  auto fed = run(bytes.substr(0, head_size));
  if (scanned_ && fed.state == State::kMore && !head_done_) {
    refuse(400, "The request head is malformed.");
    return {State::kRefused, bytes.size()};
  }
  if (fed.state == State::kComplete) ACTUARY_ASSERT(fed.consumed == head_size);
  if (fed.state != State::kMore || head_size == bytes.size()) return fed;
  fed = run(bytes.substr(head_size));
  fed.consumed += head_size;
  return fed;
}

std::size_t Parser::scan_head(BytesView bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (!scan_byte(bytes[i])) return i;
    if (scanned_) return i + 1;
  }
  return bytes.size();
}

bool Parser::scan_byte(char byte) {
  const bool line_start = last_ == '\n';
  if (++head_bytes_ > kHeadBytesMax) {
    refuse(431, "The request head is too large.");
  } else if (request_line_ && head_bytes_ > kTargetBytesMax + 64) {
    refuse(414, "The URL is too long.");
  } else if (last_ == '\r' && byte != '\n') {
    refuse(400, "A line of the request head ends in CR without LF.");
  } else if (byte == '\n' && last_ != '\r') {
    refuse(400, "A line of the request head ends in LF without CR.");
  } else if (byte == '\0') {
    refuse(400, "The request head holds a NUL byte.");
  } else if (line_start && (byte == ' ' || byte == '\t')) {
    refuse(400, "The request head has a folded line.");
  } else if (line_start && !request_line_ && byte == ':') {
    refuse(400, "A header has no name.");
  } else if (request_line_ && byte == ' ' && last_ == ' ') {
    refuse(400, "The request line has two blanks in a row.");
  }
  if (refusal_status_ != 0) return false;

  if (byte == '\n') {
    // Blank lines before the request line are skipped, as RFC 9112 section 2.2 asks.
    scanned_ = line_empty_ && !request_line_;
    if (!line_empty_) request_line_ = false;
    line_empty_ = true;
  } else if (byte != '\r') {
    line_empty_ = false;
  }
  last_ = byte;
  return true;
}

Parser::Fed Parser::run(BytesView bytes) {
  if (bytes.empty()) return {State::kMore, 0};
  const llhttp_errno_t error = llhttp_execute(&parser_, bytes.data(), bytes.size());
  if (error == HPE_OK) return {State::kMore, bytes.size()};
  if (error == HPE_PAUSED) {
    const auto consumed = static_cast<std::size_t>(llhttp_get_error_pos(&parser_) - bytes.data());
    ACTUARY_ASSERT(consumed <= bytes.size());
    return {State::kComplete, consumed};
  }
  if (stopped_) return {State::kStopped, bytes.size()};
  if (refusal_status_ == 0) {
    const char* reason = llhttp_get_error_reason(&parser_);
    refuse(400, std::string("The request is malformed: ") + (reason != nullptr ? reason : ""));
  }
  return {State::kRefused, bytes.size()};
}

void Parser::refuse(int status, std::string why) {
  refusal_status_ = status;
  refusal_ = std::move(why);
}

bool Parser::check_head() {
  if (parser_.http_major != 1 || parser_.http_minor > 1) {
    refuse(505, "Only HTTP/1.0 and HTTP/1.1 are spoken here.");
    return false;
  }
  const auto& headers = head_.headers;
  const auto encodings = headers.count("Transfer-Encoding");
  const auto lengths = headers.count("Content-Length");
  if (encodings > 0 && !head_.http_1_1) {
    refuse(400, "Transfer-Encoding does not exist in HTTP/1.0.");
  } else if (encodings > 1 ||
             (encodings == 1 && !equal_without_case(headers.get("Transfer-Encoding"), "chunked"))) {
    refuse(400, "The only Transfer-Encoding is \"chunked\".");
  } else if (lengths > 1 || (lengths > 0 && encodings > 0)) {
    refuse(400, "The length of the body is given twice.");
  } else if (headers.count("Host") > 1 || (head_.http_1_1 && headers.count("Host") == 0)) {
    refuse(400, "A request has exactly one Host header.");
  } else if (head_.target.size() > kTargetBytesMax) {
    refuse(414, "The URL is too long.");
  } else if (!target_is_fine(head_.target)) {
    refuse(400, "The URL holds blanks or control characters.");
  }
  for (const auto& [name, value] : headers.fields()) {
    if (has_control_character(value)) refuse(400, "A header holds a control character.");
  }
  return refusal_status_ == 0;
}

int Parser::headers_complete() {
  head_done_ = true;
  head_.method = llhttp_method_name(static_cast<llhttp_method_t>(parser_.method));
  head_.http_1_1 = parser_.http_minor == 1;
  head_.chunked = (parser_.flags & F_CHUNKED) != 0;
  if ((parser_.flags & F_CONTENT_LENGTH) != 0) head_.content_length = parser_.content_length;
  head_.keep_alive = llhttp_should_keep_alive(&parser_) != 0;
  head_.websocket = head_.headers.has_token("Upgrade", "websocket");
  // Any other upgrade is ignored, as RFC 9110 section 7.8 allows; llhttp would stop reading HTTP
  // here.
  parser_.upgrade = 0;
  if (!check_head()) return -1;
  if (!sink_.on_head(std::move(head_))) {
    stopped_ = true;
    return -1;
  }
  return 0;
}

int Parser::field(const char* at, std::size_t size) {
  if (head_done_) {
    trailer_bytes_ += size;
    if (trailer_bytes_ > kTrailerBytesMax) refuse(431, "The trailers are too large.");
    return refusal_status_ == 0 ? 0 : -1;
  }
  field_name_.append(at, size);
  return 0;
}

int Parser::value(const char* at, std::size_t size) {
  if (head_done_) return field(at, size);
  field_value_.append(at, size);
  return 0;
}

const llhttp_settings_t& Parser::settings() {
  static const llhttp_settings_t kSettings = [] {
    llhttp_settings_t made;
    llhttp_settings_init(&made);
    made.on_url = [](llhttp_t* p, const char* at, size_t size) {
      self(p).head_.target.append(at, size);
      return 0;
    };
    made.on_header_field = [](llhttp_t* p, const char* at, size_t size) {
      return self(p).field(at, size);
    };
    made.on_header_value = [](llhttp_t* p, const char* at, size_t size) {
      return self(p).value(at, size);
    };
    made.on_header_value_complete = [](llhttp_t* p) {
      auto& parser = self(p);
      if (parser.head_done_) return 0;
      // llhttp keeps blanks after a value.
      parser.head_.headers.add(std::move(parser.field_name_),
                               std::string(trim(parser.field_value_)));
      parser.field_name_.clear();
      parser.field_value_.clear();
      if (parser.head_.headers.fields().size() <= kHeadersMax) return 0;
      parser.refuse(431, "The request has too many headers.");
      return static_cast<int>(HPE_USER);
    };
    made.on_headers_complete = [](llhttp_t* p) { return self(p).headers_complete(); };
    made.on_body = [](llhttp_t* p, const char* at, size_t size) {
      auto& parser = self(p);
      if (size == 0 || parser.sink_.on_body({at, size})) return 0;
      parser.stopped_ = true;
      return -1;
    };
    const auto extension = [](llhttp_t* p, const char*, size_t size) {
      auto& parser = self(p);
      parser.extension_bytes_ += size;
      if (parser.extension_bytes_ <= kChunkExtensionBytesMax) return 0;
      parser.refuse(400, "The chunk extensions are too large.");
      return -1;
    };
    made.on_chunk_extension_name = extension;
    made.on_chunk_extension_value = extension;
    made.on_message_complete = [](llhttp_t*) { return static_cast<int>(HPE_PAUSED); };
    return made;
  }();
  return kSettings;
}

}  // namespace actuary::adapters::http
