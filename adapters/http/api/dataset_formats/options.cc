#include "adapters/http/api/dataset_formats/options.h"

#include <algorithm>
#include <array>

namespace actuary::adapters::http::api::dataset_formats {
namespace {

constexpr std::array kFormats{Format::kJson, Format::kJsonl, Format::kCsv};

Answer<Format> read_format(const Query& query) {
  const auto text = query.find("format").value_or("");
  if (text.empty()) return Format::kJson;
  for (const auto format : kFormats) {
    if (to_string(format) == text) return format;
  }
  return refuse(
      400, "param-not-one-of",
      "Parameter \"format\" must be one of json, jsonl, csv; it is \"" + std::string(text) + "\".");
}

Answer<Transformation> read_transformation(const Query& query) {
  Transformation asked;
  TRY(skip_failed_pages, wire(query.boolean_or("skipFailedPages", false)));
  TRY(simplified, wire(query.boolean_or("simplified", false)));
  TRY(clean, wire(query.boolean_or("clean", false)));
  TRY(skip_hidden, wire(query.boolean_or("skipHidden", clean)));
  TRY(skip_empty, wire(query.boolean_or("skipEmpty", clean)));
  asked.skip_failed_pages = skip_failed_pages;
  asked.simplified = simplified;
  asked.unwind = query.list("unwind");
  asked.fields = query.list("fields");
  asked.omit = query.list("omit");
  asked.output_fields = query.list("outputFields");
  asked.flatten = query.list("flatten");
  asked.skip_hidden = skip_hidden || clean;
  asked.skip_empty = skip_empty || clean;
  if (!asked.output_fields.empty() && asked.output_fields.size() != asked.fields.size()) {
    return refuse(400, "invalid-value",
                  "Parameter \"outputFields\" must name as many fields as \"fields\".");
  }
  return asked;
}

}  // namespace

bool Transformation::none() const {
  return !skip_failed_pages && !simplified && unwind.empty() && fields.empty() && omit.empty() &&
         flatten.empty() && !skip_hidden && !skip_empty;
}

Answer<Options> read_options(const Query& query) {
  Options options;
  if (!query.find("view").value_or("").empty()) {
    return refuse(400, "requested-dataset-view-does-not-exist",
                  "The dataset has no view of that name.");
  }
  TRY(offset, wire(query.integer("offset", 0, INT64_MAX)));
  TRY(limit, wire(query.integer("limit", 0, INT64_MAX)));
  TRY(desc, wire(query.boolean_or("desc", false)));
  TRY(transformation, read_transformation(query));
  TRY(format, read_format(query));
  TRY(attachment, wire(query.boolean_or("attachment", false)));
  TRY(mark, wire(query.boolean_or("bom", format == Format::kCsv)));
  TRY(skip_header_row, wire(query.boolean_or("skipHeaderRow", false)));
  options.offset = static_cast<std::uint64_t>(offset.value_or(0));
  // As in lists, 0 asks for the default: all of them.
  if (limit.value_or(0) > 0) options.limit = static_cast<std::uint64_t>(*limit);
  options.newest_first = desc;
  options.transformation = std::move(transformation);
  options.format = format;
  options.attachment = attachment;
  options.byte_order_mark = mark;
  options.header_row = !skip_header_row;
  const auto delimiter = query.find("delimiter").value_or("");
  if (!delimiter.empty()) options.delimiter = delimiter;
  return options;
}

std::string_view content_type(Format format) {
  switch (format) {
    case Format::kJson:
      return "application/json; charset=utf-8";
    case Format::kJsonl:
      return "application/jsonl; charset=utf-8";
    case Format::kCsv:
      return "text/csv; charset=utf-8";
  }
  return {};
}

std::string_view to_string(Format format) {
  switch (format) {
    case Format::kJson:
      return "json";
    case Format::kJsonl:
      return "jsonl";
    case Format::kCsv:
      return "csv";
  }
  return {};
}

}  // namespace actuary::adapters::http::api::dataset_formats
