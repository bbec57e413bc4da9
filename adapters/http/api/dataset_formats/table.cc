#include "adapters/http/api/dataset_formats/table.h"

#include <algorithm>

#include "adapters/http/api/dataset_formats/renderer.h"

namespace actuary::adapters::http::api::dataset_formats {
namespace {

std::string to_cell(const Json& value) {
  if (value.is_null() || value.is_structured()) return {};
  if (value.is_string()) return value.get<std::string>();
  return value.dump();
}

void add_cells(const std::string& name, const Json& value, Row& row) {
  if (!value.is_structured() || value.empty()) {
    row.emplace_back(name, to_cell(value));
    return;
  }
  std::size_t position = 0;
  for (const auto& [child, below] : value.items()) {
    const bool array = value.is_array();
    add_cells(name + "/" + (array ? std::to_string(position++) : child), below, row);
  }
}

/// Whether the column shows the field or something inside it.
bool belongs_to(std::string_view column, std::string field) {
  std::replace(field.begin(), field.end(), '.', '/');
  if (column == field) return true;
  return column.starts_with(field) && column[field.size()] == '/';
}

}  // namespace

Row to_row(const Json& item) {
  Row row;
  for (const auto& [name, value] : item.items()) add_cells(name, value, row);
  return row;
}

Status Columns::add(const Row& row) {
  for (const auto& [name, cell] : row) {
    if (!index_.try_emplace(name, names_.size()).second) continue;
    if (name.size() > kColumnNameBytesMax) {
      return fail(Code::kLimitExceeded, "A column's name has more than " +
                                            std::to_string(kColumnNameBytesMax) + " bytes.");
    }
    if (names_.size() == kColumnsMax) {
      return fail(Code::kLimitExceeded,
                  "The items have more than " + std::to_string(kColumnsMax) + " columns.");
    }
    names_.push_back(name);
  }
  return {};
}

void Columns::settle() {
  std::vector<std::string> settled;
  for (const auto& field : wanted_) {
    const auto shows = [&](const std::string& name) { return belongs_to(name, field); };
    const auto rest = std::stable_partition(names_.begin(), names_.end(), shows);
    if (rest == names_.begin()) settled.push_back(field);
    std::move(names_.begin(), rest, std::back_inserter(settled));
    names_.erase(names_.begin(), rest);
  }
  std::move(names_.begin(), names_.end(), std::back_inserter(settled));
  names_ = std::move(settled);
  index_.clear();
  for (std::size_t i = 0; i < names_.size(); ++i) index_.emplace(names_[i], i);
}

std::vector<std::string> Columns::cells(const Row& row) const {
  std::vector<std::string> cells(names_.size());
  for (const auto& [name, cell] : row) {
    const auto column = index_.find(name);
    if (column != index_.end()) cells[column->second] = cell;
  }
  return cells;
}

void append_csv_line(const std::vector<std::string>& cells, std::string_view delimiter,
                     std::string& out) {
  bool first = true;
  for (const auto& cell : cells) {
    if (!first) out.append(delimiter);
    first = false;
    const bool quoted = cell.find_first_of("\"\r\n") != std::string::npos ||
                        cell.find(delimiter) != std::string::npos;
    if (!quoted) {
      out.append(cell);
      continue;
    }
    out.push_back('"');
    for (const char c : cell) {
      if (c == '"') out.push_back('"');
      out.push_back(c);
    }
    out.push_back('"');
  }
  out.push_back('\n');
}

}  // namespace actuary::adapters::http::api::dataset_formats
