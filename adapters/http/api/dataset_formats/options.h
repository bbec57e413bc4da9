#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/http/api/common.h"

/// How items of a dataset are asked for and shown.
namespace actuary::adapters::http::api::dataset_formats {

enum class Format : std::uint8_t { kJson, kJsonl, kCsv };

/// What is done to each item, in the order of the members; see `transform`.
struct Transformation {
  bool skip_failed_pages = false;
  bool simplified = false;
  std::vector<std::string> unwind;
  std::vector<std::string> fields;
  std::vector<std::string> omit;
  std::vector<std::string> output_fields;  ///< as many as `fields`, or none
  std::vector<std::string> flatten;
  bool skip_hidden = false;
  bool skip_empty = false;

  /// Nothing: stored texts can go out as they are.
  [[nodiscard]] bool none() const;
};

/// What is asked of `GET items`.
struct Options {
  std::uint64_t offset = 0;
  std::uint64_t limit = UINT64_MAX;
  bool newest_first = false;
  Transformation transformation;
  Format format = Format::kJson;
  bool attachment = false;
  bool byte_order_mark = false;
  std::string delimiter = ",";
  bool header_row = true;
};

/// errors: 400, naming the parameter
[[nodiscard]] Answer<Options> read_options(const Query& query);

[[nodiscard]] std::string_view content_type(Format format);
/// `json`, `jsonl`, `csv`: also a file's ending.
[[nodiscard]] std::string_view to_string(Format format);

}  // namespace actuary::adapters::http::api::dataset_formats
