#include <flatbuffers/reflection.h>
#include <gtest/gtest.h>

#include <set>

#include "journal/codec/to_json.h"
#include "journal/codec/traits.h"
#include "journal/record/record.h"
#include "record_bfbs_generated.h"

namespace actuary::tests {
namespace {

using namespace journal::codec;  // NOLINT(google-build-using-namespace)

/// Walks schema and struct side by side, from the record down to the last nested value.
class Agreement {
 public:
  Agreement() : schema_(*reflection::GetSchema(journal::schema::RecordBinarySchema::data())) {}

  template <AnyTable T>
  void table() {
    const std::string name = "actuary.journal.schema." + std::string(type_name<T>());
    if (!seen_.insert(name).second) return;
    const auto* object = schema_.objects()->LookupByKey(name.c_str());
    ASSERT_NE(object, nullptr) << name;
    EXPECT_FALSE(object->is_struct()) << name << " could not grow";
    EXPECT_EQ(object->fields()->size(), slots_of<T>()) << name;
    all_fields<T>([&]<class M>(std::uint16_t slot, const Field<T, M>& each) {
      const auto* found = object->fields()->LookupByKey(std::string(each.name).c_str());
      EXPECT_NE(found, nullptr) << name << "." << each.name;
      if (found == nullptr) return true;
      const std::uint16_t id = journal::codec::AnyVariant<M> ? slot + 1 : slot;
      EXPECT_EQ(found->id(), id) << name << "." << each.name;
      EXPECT_FALSE(found->deprecated() || found->required()) << name << "." << each.name;
      EXPECT_EQ(found->optional(), AnyOptional<M> || !AnyScalar<M>) << name << "." << each.name;
      EXPECT_EQ(found->default_integer(), 0) << name << "." << each.name;
      EXPECT_EQ(found->default_real(), 0.0) << name << "." << each.name;
      SCOPED_TRACE(name + "." + std::string(each.name));
      member<M>(*found->type(), is_blob<T>(each.name));
      return true;
    });
  }

  [[nodiscard]] std::size_t tables_in_schema() const { return schema_.objects()->size(); }
  [[nodiscard]] std::size_t tables_seen() const { return seen_.size(); }
  [[nodiscard]] std::size_t enums_in_schema() const { return schema_.enums()->size(); }
  [[nodiscard]] std::size_t enums_seen() const { return enums_.size(); }

 private:
  template <class M>
  void member(const reflection::Type& type, bool blob) {
    if constexpr (AnyOptional<M>) {
      member<typename M::value_type>(type, blob);
    } else if constexpr (journal::codec::AnyVariant<M>) {
      EXPECT_EQ(type.base_type(), reflection::Union);
      alternatives<M>(*schema_.enums()->Get(type.index()),
                      std::make_index_sequence<std::variant_size_v<journal::base::VariantOf<M>>>());
    } else if constexpr (AnyVector<M>) {
      EXPECT_EQ(type.base_type(), reflection::Vector);
      base<typename M::value_type>(type.element(), type.index());
    } else if (blob) {
      EXPECT_EQ(type.base_type(), reflection::Vector);
      EXPECT_EQ(type.element(), reflection::UByte);
    } else {
      base<M>(type.base_type(), type.index());
    }
  }

  template <class M>
  void base(reflection::BaseType type, int index) {
    if constexpr (AnyTable<M>) {
      ASSERT_EQ(type, reflection::Obj);
      const std::string name = schema_.objects()->Get(index)->name()->str();
      EXPECT_EQ(name, "actuary.journal.schema." + std::string(type_name<M>()));
      table<M>();
    } else if constexpr (AnyText<M>) {
      EXPECT_EQ(type, reflection::String);
    } else if constexpr (Enumeration<M>) {
      EXPECT_EQ(type, reflection::UByte);
      ASSERT_GE(index, 0) << "a number where an enumeration belongs";
      enumeration<M>(*schema_.enums()->Get(index));
    } else {
      EXPECT_EQ(index, -1);
      EXPECT_EQ(type, number<M>());
    }
  }

  template <class M>
  static constexpr reflection::BaseType number() {
    if constexpr (std::is_same_v<M, bool>) return reflection::Bool;
    using W = Wire<M>;
    if constexpr (std::is_same_v<W, double>) return reflection::Double;
    if constexpr (std::is_same_v<W, std::int64_t>) return reflection::Long;
    if constexpr (std::is_same_v<W, std::uint64_t>) return reflection::ULong;
    if constexpr (std::is_same_v<W, std::int32_t>) return reflection::Int;
    if constexpr (std::is_same_v<W, std::uint32_t>) return reflection::UInt;
    if constexpr (std::is_same_v<W, std::uint16_t>) return reflection::UShort;
    return reflection::UByte;
  }

  template <class E>
  void enumeration(const reflection::Enum& schema) {
    EXPECT_EQ(schema.name()->str(), "actuary.journal.schema." + std::string(type_name<E>()));
    enums_.insert(schema.name()->str());
    std::uint8_t count = 0;
    while (is_enumerator(static_cast<E>(count))) ++count;
    ASSERT_EQ(schema.values()->size(), count);
    for (std::uint8_t i = 0; i < count; ++i) {
      EXPECT_EQ(schema.values()->Get(i)->value(), i);
      EXPECT_EQ(letters(schema.values()->Get(i)->name()->str()),
                letters(std::string(to_string(static_cast<E>(i)))));
    }
  }

  /// `TimedOut`, `TIMED-OUT` and `timed-out` are one name.
  static std::string letters(const std::string& name) {
    std::string plain;
    for (const char c : name) {
      if (std::isalpha(static_cast<unsigned char>(c)) != 0) {
        plain.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
      }
    }
    return plain;
  }

  template <journal::codec::AnyVariant V, std::size_t... I>
  void alternatives(const reflection::Enum& schema, std::index_sequence<I...>) {
    enums_.insert(schema.name()->str());
    ASSERT_EQ(schema.values()->size(), sizeof...(I) + 1) << "NONE and one type per alternative";
    (alternative<std::variant_alternative_t<I, journal::base::VariantOf<V>>>(
         *schema.values()->Get(I + 1), I + 1),
     ...);
  }

  template <class T>
  void alternative(const reflection::EnumVal& value, std::size_t number) {
    EXPECT_EQ(static_cast<std::size_t>(value.value()), number);
    EXPECT_EQ(value.name()->str(), type_name<T>());
    table<T>();
  }

  const reflection::Schema& schema_;
  std::set<std::string> seen_;
  std::set<std::string> enums_;
};

TEST(Schema, AgreesWithEveryStructFieldByField) {
  Agreement agreement;
  agreement.table<Record>();
  EXPECT_EQ(agreement.tables_seen(), agreement.tables_in_schema()) << "the schema has a table more";
  EXPECT_EQ(agreement.enums_seen(), agreement.enums_in_schema());
  EXPECT_GT(agreement.tables_seen(), std::variant_size_v<events::AnyEvent>);
}

}  // namespace
}  // namespace actuary::tests
