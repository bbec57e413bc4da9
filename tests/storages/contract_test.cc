#include "tests/contract/storages_contract.h"

#include "adapters/storages/rocks_storages.h"
#include "tests/storages/folder.h"
#include "tests/support/memory_storages.h"

namespace actuary::tests::contract {
namespace {

using adapters::storages::RocksStorages;

class Rocks final : public StoragesUnderTest {
 public:
  Rocks(support::ManualLoop& loop, Clock& clock) : loop_(loop), clock_(clock) { open(); }

  Storages& storages() override { return *storages_; }
  void reopen() override {
    storages_.reset();
    open();
  }
  std::uint64_t stored_versions(const StorageId& id, const std::string& key) override {
    return storages_->stored_versions(id, key).value();
  }

 private:
  void open() { storages_ = RocksStorages::open(folder_.path(), loop_, clock_).value(); }

  storages::Folder folder_;
  support::ManualLoop& loop_;
  Clock& clock_;
  std::unique_ptr<RocksStorages> storages_;
};

class Memory final : public StoragesUnderTest {
 public:
  Memory(support::ManualLoop& loop, Clock& clock) : storages_(loop, clock) {}

  Storages& storages() override { return storages_; }
  void reopen() override {}
  std::uint64_t stored_versions(const StorageId& id, const std::string& key) override {
    return storages_.stored_versions(id, key);
  }

 private:
  support::MemoryStorages storages_;
};

template <class Kind>
StoragesMaker maker(std::string name) {
  return {std::move(name), [](support::ManualLoop& loop, Clock& clock) {
            return std::make_unique<Kind>(loop, clock);
          }};
}

INSTANTIATE_TEST_SUITE_P(Implementations, StoragesContract,
                         testing::Values(maker<Rocks>("Rocks"), maker<Memory>("Memory")),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace actuary::tests::contract
