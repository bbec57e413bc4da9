#include "tests/simulation/contents.h"

#include <algorithm>
#include <memory>

namespace actuary::tests::simulation {
namespace {

constexpr const char* kKey = "STATE";

}  // namespace

void Contents::write(const engine::ports::ContainerKey& key, const StorageId& store) {
  const std::string value = key.run_id.str() + " " + std::to_string(++count_);
  Store& mine = stores_[store];
  mine.run_id = key.run_id;
  mine.may_hold.push_back(value);
  world_.storages.put_record(store, kKey, {"text/plain", {}, value},
                             engine::ports::Writer{key.run_id, key.epoch},
                             [this, store, value, epoch = key.epoch](const Status& done) {
                               answered(store, value, epoch, done);
                             });
}

void Contents::answered(const StorageId& id, const std::string& value, Position epoch,
                        const Status& done) {
  Store& store = stores_.at(id);
  const auto place = std::find(store.may_hold.begin(), store.may_hold.end(), value);
  if (!done) {
    ++refused_;
    store.may_hold.erase(place);
    return;
  }
  ++acknowledged_;
  store.may_hold.erase(store.may_hold.begin(), place);
  if (epoch < store.newest) {
    world_.checker.complain("a replaced container of " + store.run_id.str() + " has written");
  }
  store.newest = std::max(store.newest, epoch);
}

void Contents::check() {
  for (const auto& [id, store] : stores_) {
    if (std::holds_alternative<engine::run::Expired>(world_.run(store.run_id))) {
      if (world_.storages.stored_versions(id, kKey) == 0) continue;
      world_.checker.complain("bytes of deleted " + store.run_id.str() + " are still there");
      continue;
    }
    const auto held = std::make_shared<std::optional<std::string>>();
    world_.storages.get_record(id, kKey, std::nullopt, [held](const auto& record) {
      *held = record ? record->value : std::string();
    });
    while (!*held && world_.step()) {
    }
    const auto& may = store.may_hold;
    if (std::find(may.begin(), may.end(), held->value_or("nothing")) == may.end()) {
      world_.checker.complain("the store of " + store.run_id.str() + " holds \"" +
                              held->value_or("nothing") + "\", not \"" + may.front() + "\"");
    }
  }
}

}  // namespace actuary::tests::simulation
