#include "adapters/oci/network.h"

#include "tests/oci/oci_world.h"

namespace actuary::tests::oci {
namespace {

/// A bridge and rules of its own, gone with the test.
class NetworkTest : public ::testing::Test {
 protected:
  NetworkTest() {
    Installation& here = installation();
    options_ = here.options;
    options_.data = here.root / "network";
    options_.installation = here.ids.next_text(8);
    for (char& c : options_.installation) c = "0123456789abcdef"[static_cast<unsigned>(c) % 16];
    network_ = std::make_unique<adapters::oci::Network>(options_);
  }
  ~NetworkTest() override { network_->tear_down(); }

  [[nodiscard]] std::string bridge_address() const {
    std::ifstream file("/sys/class/net/act-" + options_.installation + "/address");
    std::string address;
    file >> address;
    return address;
  }

  adapters::oci::Options options_;
  std::unique_ptr<adapters::oci::Network> network_;
};

TEST_F(NetworkTest, TheGatewayKeepsItsAddressWhenContainersCome) {
  const Status opened = network_->open({});
  ASSERT_TRUE(opened) << opened.error().detail;
  const std::string before = bridge_address();
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(network_->take());
  EXPECT_EQ(bridge_address(), before);
  ASSERT_TRUE(network_->open({0, 1, 2, 3}));
  EXPECT_EQ(bridge_address(), before) << "a restarted engine is still where it was";
}

TEST_F(NetworkTest, WithoutAnAddressLeftNothingStartsUntilOneIsGivenBack) {
  std::set<unsigned> all;
  for (unsigned number = 0; number < adapters::oci::Network::kSlotsMax; ++number)
    all.insert(number);
  ASSERT_TRUE(network_->open(all));
  network_->refill();
  for (int i = 0; i < 2; ++i) {
    const auto none = network_->take();
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, Code::kUnavailable);
    EXPECT_NE(none.error().detail.find("networks are in use"), std::string::npos);
  }
  network_->give_back(7);
  const auto again = network_->take();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->number, 7U);
}

}  // namespace
}  // namespace actuary::tests::oci
