#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "journal/base/result.h"

namespace actuary::adapters::http {

inline constexpr std::size_t kQueryFieldsMax = 256;
inline constexpr std::chrono::seconds kWaitForFinishMax{60};

/// Undoes `%41`; a `%` that no two hex digits follow stays as it is, as browsers do it.
[[nodiscard]] std::string percent_decode(std::string_view text);
/// The items between commas, trimmed, empty ones left out.
[[nodiscard]] std::vector<std::string> split_list(std::string_view text);

/// The fields behind `?`, decoded, in order; the first of a name counts.
class Query {
 public:
  using Field = std::pair<std::string, std::string>;

  /// errors: kInvalidArgument, more than `kQueryFieldsMax` fields
  [[nodiscard]] static Result<Query> parse(std::string_view text);

  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  [[nodiscard]] const std::vector<Field>& fields() const { return fields_; }

  /// `1`, `0`, `true`, `false` in any case; an empty value is an absent one.
  ///
  /// errors: kInvalidArgument, naming the parameter
  [[nodiscard]] Result<std::optional<bool>> boolean(std::string_view name) const;
  [[nodiscard]] Result<bool> boolean_or(std::string_view name, bool otherwise) const;

  /// A whole number from `low` to `high`.
  ///
  /// errors: kInvalidArgument, naming the parameter and its range
  [[nodiscard]] Result<std::optional<std::int64_t>> integer(std::string_view name, std::int64_t low,
                                                            std::int64_t high) const;

  /// A comma list; absent and empty are the same.
  [[nodiscard]] std::vector<std::string> list(std::string_view name) const;

  /// `waitForFinish`, drawn into 0 to 60 s: clients send 999999 and expect no complaint.
  [[nodiscard]] std::chrono::seconds wait_for_finish() const;

 private:
  std::vector<Field> fields_;
};

}  // namespace actuary::adapters::http
