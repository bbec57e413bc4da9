#pragma once

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// Ratios that survive a noisy machine: ours and its reference run in turns, and the median of the
/// rounds' ratios is what counts. Header only.
namespace actuary::bench {

/// What to compare; both functions do the same work and return its figure, larger is better.
struct Comparison {
  std::string name;
  std::string unit;
  std::function<double()> ours;
  std::function<double()> reference;
  double bar = 0;  ///< the least ratio that is good enough
};

struct Row {
  std::string name;
  std::string unit;
  double figure = 0;     ///< ours, median
  double reference = 0;  ///< median
  double ratio = 0;      ///< median of the rounds' ours / reference
  double spread = 0;     ///< (third quartile - first quartile) / median of the ratios
  double bar = 0;
  bool meets = false;
};

struct Settings {
  int rounds = 11;  ///< also when quick, which shortens the rounds
  bool quick = false;
  std::string json_path;
  std::string only;  ///< rows whose name contains it; empty: all
};

/// Understands `--quick`, `--only TEXT` and `--json FILE`; everything else is left to the caller.
inline Settings settings_from(int count, char** words) {
  Settings settings;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    if (word == "--quick") settings.quick = true;
    if (word == "--only" && i + 1 < count) settings.only = words[++i];
    if (word == "--json" && i + 1 < count) settings.json_path = words[++i];
  }
  return settings;
}

inline double quantile(std::vector<double> values, double part) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1) + 0.5)];
}

/// Runs the rounds interleaved; which side begins alternates, so that drift favours neither.
inline Row compare(const Comparison& comparison, const Settings& settings) {
  std::vector<double> ours;
  std::vector<double> reference;
  std::vector<double> ratios;
  for (int round = 0; round < settings.rounds; ++round) {
    const bool first = round % 2 == 0;
    if (first) ours.push_back(comparison.ours());
    reference.push_back(comparison.reference());
    if (!first) ours.push_back(comparison.ours());
    ratios.push_back(ours.back() / reference.back());
  }
  Row row{comparison.name, comparison.unit, quantile(ours, 0.5), quantile(reference, 0.5),
          quantile(ratios, 0.5)};
  row.spread = (quantile(ratios, 0.75) - quantile(ratios, 0.25)) / row.ratio;
  row.bar = comparison.bar;
  row.meets = row.ratio >= row.bar;
  return row;
}

inline void print_table(const std::vector<Row>& rows) {
  std::printf("%-34s %14s %14s %-10s %7s %7s %6s %s\n", "name", "figure", "reference", "unit",
              "ratio", "spread", "bar", "meets");
  for (const Row& row : rows) {
    std::printf("%-34s %14.0f %14.0f %-10s %7.3f %7.3f %6.2f %s\n", row.name.c_str(), row.figure,
                row.reference, row.unit.c_str(), row.ratio, row.spread, row.bar,
                row.meets ? "yes" : "NO");
  }
}

/// An array of rows; names and units are plain words, so nothing needs escaping.
inline bool write_json(const std::vector<Row>& rows, const std::string& path) {
  std::ofstream out(path);
  out << "[";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    out << (i == 0 ? "\n" : ",\n") << R"(  {"name":")" << row.name << R"(","unit":")" << row.unit
        << R"(","figure":)" << row.figure << R"(,"reference":)" << row.reference << R"(,"ratio":)"
        << row.ratio << R"(,"spread":)" << row.spread << R"(,"bar":)" << row.bar << R"(,"meets":)"
        << (row.meets ? "true" : "false") << "}";
  }
  out << "\n]\n";
  return static_cast<bool>(out.flush());
}

/// Runs all, prints the table, writes the JSON when asked. 0 unless the file cannot be written.
inline int report(const std::vector<Comparison>& comparisons, const Settings& settings) {
  std::vector<Row> rows;
  for (const Comparison& comparison : comparisons) {
    if (comparison.name.find(settings.only) == std::string::npos) continue;
    rows.push_back(compare(comparison, settings));
  }
  print_table(rows);
  return settings.json_path.empty() || write_json(rows, settings.json_path) ? 0 : 1;
}

}  // namespace actuary::bench
