#include "journal/codec/to_json.h"
#include "journal/rocks/rocks_reader.h"
#include "tools/actuary/commands.h"
#include "tools/actuary/console.h"
#include "tools/actuary/engine_access.h"
#include "tools/actuary/exit_codes.h"
#include "tools/actuary/record_line.h"

namespace actuary::tools {
namespace {

using adapters::client::at;
using adapters::client::Client;
using adapters::client::Json;

/// From the engine that runs in the folder.
Result<Json> ask(const Client& client, const std::string& job) {
  TRY(data, client.data("GET", "/actuary/v1/history/" + adapters::client::percent_encode(job)));
  const Json* items = at(data, {"items"});
  return items != nullptr ? *items : Json::array();
}

/// From the folder itself: reading a history needs no engine and starts nothing.
Result<Json> read(const std::filesystem::path& data, const std::string& job) {
  TRY(journal, journal::rocks::RocksReader::open((data / "journal").string()));
  TRY(id, journal::record::AnyId::parse(job));
  Json items = Json::array();
  for (const StreamKind kind :
       {StreamKind::kRun, StreamKind::kBuild, StreamKind::kActor, StreamKind::kStorage}) {
    TRY(records, journal->read_stream(StreamId{kind, id}));
    for (const Record& record : records) {
      items.push_back(Json::parse(journal::codec::to_json(record), nullptr, false));
    }
  }
  if (items.empty()) return fail(Code::kNotFound, "nothing in the journal is called " + job);
  return items;
}

}  // namespace

int history_command(const HistoryArguments& arguments) {
  const std::filesystem::path data = data_folder(arguments.data);
  const Client client((data / "engine.sock").string());
  const auto items = client.alive() ? ask(client, arguments.job) : read(data, arguments.job);
  if (!items) {
    console::error(items.error().detail);
    return items.error().code == Code::kNotFound ? kFailed : exit_code_of(items.error());
  }
  if (arguments.json) {
    console::out(items->dump(2) + "\n");
    return kSucceeded;
  }
  for (const Json& record : *items) console::out(line_of(record) + "\n");
  return kSucceeded;
}

}  // namespace actuary::tools
