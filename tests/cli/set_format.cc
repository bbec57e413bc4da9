// Makes a journal say that it is of another format: set_format STORE NUMBER
#include <rocksdb/db.h>

#include <cstdio>
#include <cstdlib>

#include "journal/rocks/layout.h"

int main(int argc, char** argv) {
  using actuary::journal::rocks::kFamilyNames;
  if (argc != 3) return std::fputs("usage: set_format STORE NUMBER\n", stderr), 64;
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const auto name : kFamilyNames)
    families.emplace_back(std::string(name), rocksdb::ColumnFamilyOptions());
  rocksdb::DB* database = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  auto status = rocksdb::DB::Open(rocksdb::DBOptions(), argv[1], families, &handles, &database);
  if (status.ok()) {
    const auto number = actuary::journal::rocks::number_bytes(std::strtoull(argv[2], nullptr, 10));
    status = database->Put(rocksdb::WriteOptions(), handles.back(),
                           std::string(actuary::journal::rocks::kMetaFormat), number);
    for (auto* handle : handles) database->DestroyColumnFamilyHandle(handle);
    delete database;
  }
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
