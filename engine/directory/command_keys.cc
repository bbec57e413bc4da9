#include "engine/directory/command_keys.h"

namespace actuary::engine::directory {
namespace {

bool is_keyed(std::string_view id) { return id.starts_with(kKeyedPrefix); }

std::string key_of(std::string_view id) {
  return std::string(id.substr(0, kKeyedPrefix.size() + kKeyLetters));
}

void forget_old(CommandKeys& keys, const Timestamp& now) {
  while (!keys.oldest_first.empty()) {
    const auto oldest = keys.by_key.find(keys.oldest_first.begin()->second);
    const bool old = oldest->second.at + kCommandKeyAge < now;
    if (!old && keys.by_key.size() < kCommandKeysMax) return;
    keys.by_key.erase(oldest);
    keys.oldest_first.erase(keys.oldest_first.begin());
  }
}

}  // namespace

void CommandKeys::apply(const Record& record) {
  const std::string_view id = record.command_id.view();
  if (!is_keyed(id)) return;
  if (const auto known = by_key.find(key_of(id)); known != by_key.end()) {
    if (known->second.id == record.command_id) known->second.last = record.position;
    return;
  }
  forget_old(*this, record.recorded_at.utc);
  by_key[key_of(id)] = {record.command_id, record.position, record.position,
                        record.recorded_at.utc};
  oldest_first[record.position] = key_of(id);
}

const AcceptedCommand* CommandKeys::find(const CommandId& id) const {
  if (!is_keyed(id.view())) return nullptr;
  const auto found = by_key.find(key_of(id.view()));
  return found == by_key.end() ? nullptr : &found->second;
}

}  // namespace actuary::engine::directory
