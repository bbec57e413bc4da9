#include "adapters/containers/sources.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "adapters/containers/source_tree.h"
#include "adapters/reactor/process.h"

namespace actuary::adapters::containers {
namespace {

using Json = nlohmann::json;
using Path = std::filesystem::path;

std::string text_at(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Result<std::string> decode_base64(std::string text, const std::string& name) {
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r'; });
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) return fail(Code::kInvalidArgument, name + ": not base64");
  const bool one = text.ends_with("=");
  const bool two = text.ends_with("==");
  bytes.resize(static_cast<std::size_t>(size) - (two ? 2 : one ? 1 : 0));
  return bytes;
}

Status unpack_one(const Json& entry, const Path& folder) {
  if (!entry.is_object()) return fail(Code::kInvalidArgument, "a source file is not an object");
  const std::string name = text_at(entry, "name");
  const auto path = inside({}, name);
  if (!path) return fail(Code::kInvalidArgument, "source file name leaves its folder: " + name);
  std::error_code error;
  const auto is_folder = entry.find("folder");
  if (is_folder != entry.end() && is_folder->is_boolean() && is_folder->get<bool>()) {
    std::filesystem::create_directories(folder / *path, error);
    if (error) return fail(Code::kInvalidArgument, name + ": " + error.message());
    return {};
  }
  std::string content = text_at(entry, "content");
  if (text_at(entry, "format") == "BASE64") {
    TRY(bytes, decode_base64(std::move(content), name));
    content = std::move(bytes);
  }
  std::filesystem::create_directories((folder / *path).parent_path(), error);
  std::ofstream file(folder / *path, std::ios::binary);
  file << content;
  file.close();
  if (!file) return fail(Code::kInvalidArgument, name + ": cannot be written");
  // The platform keeps no modes; a script with a shebang is meant to be run.
  if (content.starts_with("#!")) {
    std::filesystem::permissions(folder / *path, std::filesystem::perms(0755), error);
  }
  return {};
}

Status unpack_files(std::string_view bytes, const Path& folder) {
  const Json files = parse_source(bytes);
  if (!files.is_array()) return fail(Code::kInvalidArgument, "sourceFiles is not a JSON array");
  if (files.size() > kSourceFilesMax) {
    return fail(Code::kInvalidArgument,
                "more than " + std::to_string(kSourceFilesMax) + " source files");
  }
  for (const Json& entry : files) TRY_VOID(unpack_one(entry, folder));
  return {};
}

/// Only what is fetched over a network: a path would be one of this machine's folders, and Git
/// knows transports that run commands.
bool is_git_address(const std::string& address) {
  for (const char* scheme : {"https://", "http://", "ssh://", "git://"}) {
    if (address.starts_with(scheme)) return true;
  }
  // user@host:path
  const std::size_t at = address.find('@');
  const std::size_t colon = address.find(':');
  if (at == 0 || at == std::string::npos || colon == std::string::npos || colon < at + 2) {
    return false;
  }
  return std::isalnum(static_cast<unsigned char>(address[0])) != 0 &&
         std::isalnum(static_cast<unsigned char>(address[at + 1])) != 0 &&
         address.substr(0, colon).find('/') == std::string::npos &&
         address.substr(colon, 2) != "::";
}

/// `https://host/repo.git#branch:folder`, as the platform writes it.
Status clone(const std::string& url, const Path& folder, const OnProcess& on_process) {
  const std::size_t hash = url.find('#');
  const std::string address = url.substr(0, hash);
  std::string reference = hash == std::string::npos ? "" : url.substr(hash + 1);
  std::string below;
  if (const std::size_t colon = reference.find(':'); colon != std::string::npos) {
    below = reference.substr(colon + 1);
    reference.resize(colon);
  }
  if (!is_git_address(address) || url.find('\0') != std::string::npos ||
      reference.starts_with("-")) {
    return fail(Code::kInvalidArgument,
                "not a Git address: " + url +
                    " (https://, http://, ssh://, git:// and user@host:path are)");
  }
  if (!below.empty()) {
    return fail(Code::kInvalidArgument,
                "a folder of a Git repository is not supported yet: " + url);
  }
  std::vector<std::string> argv = {"git", "clone", "--quiet", "--depth", "1"};
  if (!reference.empty()) argv.insert(argv.end(), {"--branch", reference});
  argv.insert(argv.end(), {"--", address, folder});
  const auto cloned = reactor::run_ok(
      {.argv = argv,
       .extra_env = {"GIT_TERMINAL_PROMPT=0", "GIT_ALLOW_PROTOCOL=https:http:ssh:git"},
       .timeout = std::chrono::minutes(10),
       .on_started = on_process});
  on_process(0);
  if (!cloned) return fail(Code::kInvalidArgument, cloned.error().detail);
  return {};
}

std::string read_first(const Path& folder, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (auto text = read_inside(folder, name)) return std::move(*text);
  }
  return {};
}

/// actor.json, and the folder that its paths start in.
struct Definition {
  Json json = {};
  Path base = {};
};

Result<Definition> read_definition(const Path& folder) {
  for (const char* base : {".actor", ""}) {
    const Path path = Path(base) / "actor.json";
    const auto text = read_inside(folder, path);
    if (!text || text->empty()) continue;
    Definition definition{parse_source(*text), base};
    if (definition.json.is_object()) return definition;
    return fail(Code::kInvalidArgument, path.string() +
                                            " is not a JSON object, or nested deeper than " +
                                            std::to_string(kSourceDepthMax));
  }
  return Definition{};
}

/// The text of the file that the definition names.
Result<std::string> named_file(const Path& folder, const Definition& definition,
                               const std::string& what, const std::string& name) {
  const auto path = inside(definition.base, name);
  if (!path) {
    return fail(Code::kInvalidArgument, "actor.json: the " + what + " leaves the source: " + name);
  }
  auto text = read_inside(folder, *path);
  if (text) return std::move(*text);
  return fail(Code::kInvalidArgument, "No " + what + " found: actor.json names " + name +
                                          ", which is no file of the source (symbolic links are "
                                          "not followed)");
}

Result<std::string> find_dockerfile(const Path& folder, const Definition& definition) {
  const std::string named = text_at(definition.json, "dockerfile");
  if (!named.empty()) return named_file(folder, definition, "Dockerfile", named);
  for (const char* name : {".actor/Dockerfile", "Dockerfile"}) {
    if (auto text = read_inside(folder, name)) return std::move(*text);
  }
  return fail(Code::kInvalidArgument,
              "No Dockerfile found: put one at .actor/Dockerfile or Dockerfile");
}

Result<std::string> find_input_schema(const Path& folder, const Definition& definition) {
  const auto input = definition.json.find("input");
  if (input != definition.json.end() && input->is_object()) return input->dump();
  const std::string named = text_at(definition.json, "input");
  std::string text;
  if (named.empty()) {
    text = read_first(folder, {".actor/INPUT_SCHEMA.json", "INPUT_SCHEMA.json"});
  } else {
    TRY(found, named_file(folder, definition, "input schema", named));
    text = std::move(found);
  }
  if (text.empty() || parse_source(text).is_object()) return text;
  return fail(Code::kInvalidArgument,
              "the input schema is not a JSON object, or nested deeper "
              "than " +
                  std::to_string(kSourceDepthMax));
}

/// Readers of a build's definition have no source: the schema itself takes the place of its path.
void resolve(const Path& folder, const Path& base, Json& owner, const char* name) {
  const auto found = owner.find(name);
  if (found == owner.end() || !found->is_string()) return;
  const auto path = inside(base, found->get<std::string>());
  const auto text = path ? read_inside(folder, *path) : std::nullopt;
  Json schema = parse_source(text.value_or(std::string()));
  if (schema.is_object()) {
    *found = std::move(schema);
  } else {
    owner.erase(found);
  }
}

std::string resolved(const Path& folder, Definition definition) {
  if (!definition.json.is_object()) return {};
  for (const char* name : {"input", "output"}) {
    resolve(folder, definition.base, definition.json, name);
  }
  const auto storages = definition.json.find("storages");
  if (storages != definition.json.end() && storages->is_object()) {
    for (const char* name : {"dataset", "keyValueStore"}) {
      resolve(folder, definition.base, *storages, name);
    }
  }
  return definition.json.dump();
}

}  // namespace

Status unpack_source(const events::ActorVersion& version, engine::ports::Blobs& blobs,
                     const Path& folder, const OnProcess& on_process) {
  switch (version.source_type) {
    case events::SourceType::kSourceFiles: {
      TRY(bytes, blobs.get(version.source_digest));
      return unpack_files(bytes, folder);
    }
    case events::SourceType::kGitRepo:
      return clone(version.source_url, folder, on_process);
    case events::SourceType::kTarball:
    case events::SourceType::kGithubGist:
    case events::SourceType::kSourceCode:
      break;
  }
  return fail(Code::kInvalidArgument, "source type " + std::string(to_string(version.source_type)) +
                                          " is not supported yet: use SOURCE_FILES or GIT_REPO");
}

Result<Source> understand_source(const Path& folder) {
  TRY(definition, read_definition(folder));
  TRY(dockerfile, find_dockerfile(folder, definition));
  TRY(input_schema, find_input_schema(folder, definition));
  Source source{.context = folder, .dockerfile = std::move(dockerfile)};
  source.definition = resolved(folder, std::move(definition));
  source.input_schema = std::move(input_schema);
  if (std::max(source.definition.size(), source.input_schema.size()) > kDescriptionBytesMax) {
    return fail(Code::kInvalidArgument, "actor.json and the input schema have at most " +
                                            std::to_string(kDescriptionBytesMax) + " bytes each");
  }
  source.readme = read_first(folder, {".actor/README.md", "README.md"});
  source.readme.resize(std::min(source.readme.size(), kDescriptionBytesMax));
  source.readme = only_utf8(source.readme);
  return source;
}

}  // namespace actuary::adapters::containers
