#pragma once

#include <rocksdb/env.h>
#include <rocksdb/options.h>

#include <memory>

namespace actuary::adapters::storages {

class SilentLogger final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char* /*format*/, va_list /*arguments*/) override {}
};

/// For a look that leaves no trace. Opens its files at once: a writer beside us may remove them
/// later.
[[nodiscard]] inline rocksdb::DBOptions look_options() {
  rocksdb::DBOptions options;
  options.info_log = std::make_shared<SilentLogger>();
  options.max_open_files = -1;
  options.paranoid_checks = true;
  return options;
}

}  // namespace actuary::adapters::storages
