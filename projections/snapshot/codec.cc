#include "projections/snapshot/codec.h"

#include <cereal/types/set.hpp>
#include <cereal/types/tuple.hpp>
#include <cereal/types/utility.hpp>
#include <cereal/types/variant.hpp>

#include "projections/rows/codec.h"

namespace actuary::projections::snapshot {
namespace {

template <class T>
struct ShapeOf;

template <class T>
void add_shape(std::string& out) {
  ShapeOf<T>::add(out);
}

/// Names and types, all the way down. A member that is added, renamed or retyped changes it.
template <class T>
struct ShapeOf {
  static void add(std::string& out) {
    out.append(journal::base::type_name<T>());
    if constexpr (journal::base::Described<T>) {
      out += '{';
      journal::base::for_each_field<T>([&]<class M>(const journal::base::Field<T, M>& field) {
        out.append(field.name).push_back(':');
        add_shape<M>(out);
      });
      out += '}';
    }
  }
};

template <class Tag>
struct ShapeOf<journal::base::Id<Tag>> {
  static void add(std::string& out) { out += "Id"; }
};

template <template <class...> class Container, class... Parts>
struct ShapeOf<Container<Parts...>> {
  static void add(std::string& out) {
    out.append(journal::base::type_name<Container<Parts...>>()).push_back('<');
    if constexpr (!std::is_same_v<Container<Parts...>, std::string>) {
      (add_part<Parts>(out), ...);
    }
    out += '>';
  }
  /// What orders or allocates holds nothing.
  template <class Part>
  static void add_part(std::string& out) {
    if constexpr (!std::is_empty_v<Part> || journal::base::Described<Part>) add_shape<Part>(out);
  }
};

template <class T>
Result<T> read(const Bytes& payload) {
  try {
    std::istringstream in(payload);
    cereal::PortableBinaryInputArchive archive(in);
    T value;
    archive(value);
    return value;
  } catch (const std::exception& problem) {
    return fail(Code::kCorrupt, std::string("snapshot: ") + problem.what());
  }
}

}  // namespace

Bytes encode(const Snapshot& snapshot) { return rows::encode(snapshot); }

Result<Origin> decode_origin(const Bytes& payload) { return read<Origin>(payload); }

Result<Snapshot> decode(const Bytes& payload) { return read<Snapshot>(payload); }

Bytes shape() {
  std::string text;
  add_shape<engine::executor::Folded::Image>(text);
  return journal::base::sha256(text);
}

}  // namespace actuary::projections::snapshot
