#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "adapters/http/api/dataset_formats/options.h"

namespace actuary::adapters::http::api::dataset_formats {

/// One item as cells: nested fields are columns `a/b`, elements of arrays `a/0`.
using Row = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] Row to_row(const Json& item);

/// The columns of a table: those of the wanted fields first and in their order, the others as they
/// came.
class Columns {
 public:
  explicit Columns(std::vector<std::string> wanted) : wanted_(std::move(wanted)) {}

  /// errors: kLimitExceeded, too many columns, or too long a name
  [[nodiscard]] Status add(const Row& row);
  /// Fixes the order, once after the last `add`. A wanted field that no item has is a column too.
  void settle();

  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  /// The row's cells, one for each column.
  [[nodiscard]] std::vector<std::string> cells(const Row& row) const;

 private:
  const std::vector<std::string> wanted_;
  std::vector<std::string> names_;
  std::unordered_map<std::string, std::size_t> index_;
};

/// One line of CSV as RFC 4180 quotes it; lines end with a line feed.
void append_csv_line(const std::vector<std::string>& cells, std::string_view delimiter,
                     std::string& out);

}  // namespace actuary::adapters::http::api::dataset_formats
