#include "journal/events/personal.h"

namespace actuary::journal::events {
namespace {

struct Personal {
  using Texts = std::vector<std::string_view>;

  Texts operator()(const RunCreated& e) const { return of(e.meta); }
  Texts operator()(const RunResurrected& e) const { return of(e.meta); }
  Texts operator()(const BuildCreated& e) const { return of(e.meta); }
  Texts operator()(const TokenCreated& e) const { return {e.name}; }
  Texts operator()(const UserCreated& e) const { return {e.username}; }
  template <class Other>
  Texts operator()(const Other&) const {
    return {};
  }

 private:
  static Texts of(const Meta& meta) { return {meta.client_ip, meta.user_agent}; }
};

}  // namespace

std::vector<std::string_view> personal_texts_of(const Event& event) {
  return std::visit(Personal{}, event);
}

}  // namespace actuary::journal::events
