#pragma once

#include <map>
#include <string>

#include "engine/ports/logs.h"

namespace actuary::tests::support {

/// Logs in memory; nobody can subscribe.
class FakeLogs final : public engine::ports::Logs {
 public:
  Status append(std::string_view job_id, Timestamp at, std::string_view text) override {
    logs_[std::string(job_id)] += to_iso(at) + " " + std::string(text) + "\n";
    return {};
  }
  Result<Bytes> read(std::string_view job_id, std::uint64_t offset,
                     std::size_t bytes_max) override {
    const auto found = logs_.find(std::string(job_id));
    if (found == logs_.end()) return fail(Code::kNotFound, "no such log");
    if (offset >= found->second.size()) return Bytes{};
    return found->second.substr(offset, bytes_max);
  }
  Result<std::uint64_t> size(std::string_view job_id) override {
    const auto found = logs_.find(std::string(job_id));
    if (found == logs_.end()) return fail(Code::kNotFound, "no such log");
    return found->second.size();
  }
  Status remove(std::string_view job_id) override {
    logs_.erase(std::string(job_id));
    return {};
  }
  Subscription subscribe(std::string_view, std::function<void()>) override { return 0; }
  void unsubscribe(Subscription) override {}

 private:
  std::map<std::string, Bytes> logs_;
};

}  // namespace actuary::tests::support
