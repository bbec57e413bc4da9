#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "adapters/http/api/dataset_formats/options.h"

namespace actuary::adapters::http::api::dataset_formats {

inline constexpr std::size_t kColumnsMax = 2000;
inline constexpr std::size_t kColumnNameBytesMax = 200;

/// Turns stored items into the bytes of an answer: `begin`, each item, `end`.
class Renderer {
 public:
  [[nodiscard]] static std::unique_ptr<Renderer> make(Options options);
  virtual ~Renderer() = default;

  /// Whether every item must be shown to `collect` before the first one is appended.
  [[nodiscard]] virtual bool wants_columns() const { return false; }
  /// errors: kLimitExceeded, more columns than a table may have, or too long a name
  [[nodiscard]] virtual Status collect(std::string_view item);

  virtual void begin(std::string& out);
  /// `item` is a stored JSON text.
  ///
  /// errors: kLimitExceeded, it unwinds into too much or has too many keys; kCorrupt, it is not a
  ///         JSON object
  [[nodiscard]] virtual Status append(std::string_view item, std::string& out) = 0;
  virtual void end(std::string& out);

 protected:
  explicit Renderer(Options options) : options_(std::move(options)) {}
  [[nodiscard]] const Options& options() const { return options_; }
  /// The stored item after the transformation.
  [[nodiscard]] Result<std::vector<Json>> shown(std::string_view item) const;

 private:
  const Options options_;
};

}  // namespace actuary::adapters::http::api::dataset_formats
