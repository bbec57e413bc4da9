#include "journal/codec/to_json.h"

namespace actuary::journal::codec {

template void write_json_value<events::Event>(JsonWriter& out, const events::Event& value);
template std::string to_json<Record>(const Record& value);

}  // namespace actuary::journal::codec
