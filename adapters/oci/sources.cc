#include "adapters/oci/sources.h"

#include <openssl/evp.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "adapters/oci/files.h"
#include "adapters/reactor/process.h"

namespace actuary::adapters::oci {
namespace {

using Json = nlohmann::json;
using Path = std::filesystem::path;

std::string text_at(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// A name of the source stays inside its folder, or the source is refused.
std::optional<Path> inside(const std::string& name) {
  if (name.empty() || name.find('\0') != std::string::npos) return std::nullopt;
  const Path path(name);
  if (path.is_absolute()) return std::nullopt;
  if (std::find(path.begin(), path.end(), Path("..")) != path.end()) return std::nullopt;
  return path.lexically_normal();
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
  const auto path = inside(name);
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
  const Json files = Json::parse(bytes, nullptr, false);
  if (!files.is_array()) return fail(Code::kInvalidArgument, "sourceFiles is not a JSON array");
  if (files.size() > kSourceFilesMax) {
    return fail(Code::kInvalidArgument,
                "more than " + std::to_string(kSourceFilesMax) + " source files");
  }
  for (const Json& entry : files) TRY_VOID(unpack_one(entry, folder));
  return {};
}

/// `https://host/repo.git#branch:folder`, as the platform writes it.
Status clone(const std::string& url, const Path& folder) {
  const std::size_t hash = url.find('#');
  const std::string address = url.substr(0, hash);
  std::string reference = hash == std::string::npos ? "" : url.substr(hash + 1);
  std::string below;
  if (const std::size_t colon = reference.find(':'); colon != std::string::npos) {
    below = reference.substr(colon + 1);
    reference.resize(colon);
  }
  if (address.starts_with("-") || reference.starts_with("-") ||
      (!below.empty() && !inside(below))) {
    return fail(Code::kInvalidArgument, "not a Git address: " + url);
  }
  std::vector<std::string> argv = {"git", "clone", "--quiet", "--depth", "1"};
  if (!reference.empty()) argv.insert(argv.end(), {"--branch", reference});
  argv.insert(argv.end(), {"--", address, folder});
  const auto cloned = reactor::run_ok(
      {.argv = argv, .extra_env = {"GIT_TERMINAL_PROMPT=0"}, .timeout = std::chrono::minutes(10)});
  if (!cloned) return fail(Code::kInvalidArgument, cloned.error().detail);
  if (below.empty()) return {};
  return fail(Code::kInvalidArgument, "a folder of a Git repository is not supported yet: " + url);
}

std::string read_first(const Path& folder, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (auto text = read_file(folder / name)) return std::move(*text);
  }
  return {};
}

std::string input_schema(const Path& folder, const Json& definition) {
  const auto input = definition.is_object() ? definition.find("input") : definition.end();
  if (definition.is_object() && input != definition.end()) {
    if (input->is_object()) return input->dump();
    const auto path =
        input->is_string() ? inside(".actor/" + input->get<std::string>()) : std::optional<Path>();
    if (path) return read_file(folder / *path).value_or(std::string());
  }
  return read_first(folder, {".actor/INPUT_SCHEMA.json", "INPUT_SCHEMA.json"});
}

}  // namespace

Status unpack_source(const events::ActorVersion& version, engine::ports::Blobs& blobs,
                     const Path& folder) {
  switch (version.source_type) {
    case events::SourceType::kSourceFiles: {
      TRY(bytes, blobs.get(version.source_digest));
      return unpack_files(bytes, folder);
    }
    case events::SourceType::kGitRepo:
      return clone(version.source_url, folder);
    case events::SourceType::kTarball:
    case events::SourceType::kGithubGist:
    case events::SourceType::kSourceCode:
      break;
  }
  return fail(Code::kInvalidArgument, "source type " + std::string(to_string(version.source_type)) +
                                          " is not supported yet: use SOURCE_FILES or GIT_REPO");
}

Result<Source> understand_source(const Path& folder) {
  Source source{.context = folder, .dockerfile = {}};
  source.definition = read_first(folder, {".actor/actor.json", "actor.json"});
  const Json definition = Json::parse(source.definition, nullptr, false);
  if (!source.definition.empty() && !definition.is_object()) {
    return fail(Code::kInvalidArgument, ".actor/actor.json is not a JSON object");
  }
  std::vector<Path> candidates;
  if (definition.is_object() && !text_at(definition, "dockerfile").empty()) {
    const std::string named = text_at(definition, "dockerfile");
    // The definition's paths start in its own folder.
    const Path path = (Path(".actor") / named).lexically_normal();
    if (path.is_absolute() || path.string().starts_with("..")) {
      return fail(Code::kInvalidArgument, "actor.json: the Dockerfile leaves the source: " + named);
    }
    if (!std::filesystem::is_regular_file(folder / path)) {
      return fail(Code::kInvalidArgument, "No Dockerfile found: actor.json names " + named);
    }
    candidates = {path};
  } else {
    candidates = {".actor/Dockerfile", "Dockerfile"};
  }
  const auto found = std::find_if(candidates.begin(), candidates.end(), [&](const Path& path) {
    return std::filesystem::is_regular_file(folder / path);
  });
  if (found == candidates.end()) {
    return fail(Code::kInvalidArgument,
                "No Dockerfile found: put one at .actor/Dockerfile or Dockerfile");
  }
  source.dockerfile = *found;
  source.input_schema = input_schema(folder, definition);
  source.readme = read_first(folder, {".actor/README.md", "README.md"});
  return source;
}

}  // namespace actuary::adapters::oci
