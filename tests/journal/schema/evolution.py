#!/usr/bin/env python3
"""Whether the journal's schema only grew. Prints each fault; exit code 1 when there is one.

    evolution.py REPOSITORY        schema/record.fbs against every copy in schema/released

`flatc --conform` finds changed types, defaults and moved ids. It lets pass, and the check over the
binary schema here finds: a removed last field, a removed enumerator, a field that became required,
a renamed field, one that is no longer deprecated, a changed file identifier. `evolution_test.py`
proves that each can fail.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import bfbs  # noqa: E402

FLATC = "flatc"
# What the library cannot do safely, or not at all, on bytes that nobody has verified.
BANNED_IN_SCHEMA = ("nested_flatbuffer", "flexbuffer")
BANNED_IN_CODE = re.compile(
    r"GenerateText|GenText|GetAnyField|GetAnyRoot|VerifyAnyRoot"
    r"|flatbuffers/(?:minireflect|idl|flexbuffers)\.h"
    r"|flatbuffers/reflection\.h|CopyTable|UnPackTo")
CODE_FLOORS = ("journal", "engine", "projections", "adapters", "tools")


def compiled(path):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([FLATC, "-b", "--schema", "-o", folder, str(path)], check=True,
                       capture_output=True)
        return bfbs.read((pathlib.Path(folder) / (path.stem + ".bfbs")).read_bytes())


def by_id(fields):
    return {field["id"]: (name, field) for name, field in fields.items()}


def field_faults(where, old, new):
    name, before = old
    if new is None:
        yield f"{where}.{name}: removed; a field stays for ever, deprecate it instead"
        return
    now_named, after = new
    if now_named != name:
        yield f"{where}.{name}: renamed to {now_named}; old journals are shown by name"
    for what in ("type", "integer", "real", "optional"):
        if before[what] != after[what]:
            yield f"{where}.{name}: {what} changed from {before[what]} to {after[what]}"
    if after["required"] and not before["required"]:
        yield f"{where}.{name}: became required; old records do not have it"
    if before["deprecated"] and not after["deprecated"]:
        yield f"{where}.{name}: is no longer deprecated; its id holds another meaning's values"


def table_faults(name, before, after):
    if after is None:
        yield f"{name}: the table was removed"
        return
    if before["is_struct"] != after["is_struct"]:
        yield f"{name}: a table is no struct"
    new = by_id(after["fields"])
    for number, field in sorted(by_id(before["fields"]).items()):
        yield from field_faults(name, field, new.get(number))
    old = by_id(before["fields"])
    for number, (added, field) in sorted(new.items()):
        if number not in old and field["required"]:
            yield f"{name}.{added}: new and required; old records do not have it"


def enum_faults(name, before, after):
    if after is None:
        yield f"{name}: the enumeration was removed"
        return
    if before["base"] != after["base"]:
        yield f"{name}: its numbers changed from {before['base']} to {after['base']}"
    for value, number in before["values"].items():
        if value not in after["values"]:
            yield f"{name}.{value}: removed; records hold its number {number}"
        elif after["values"][value] != number:
            yield f"{name}.{value}: its number changed from {number} to {after['values'][value]}"


def growth_faults(old, new):
    """What flatc lets pass, and what it does not."""
    for name, before in sorted(old["tables"].items()):
        yield from table_faults(name, before, new["tables"].get(name))
    for name, before in sorted(old["enums"].items()):
        yield from enum_faults(name, before, new["enums"].get(name))
    for what in ("identifier", "root"):
        if old[what] != new[what]:
            yield f"{what} changed from \"{old[what]}\" to \"{new[what]}\""


def conform_faults(old, new):
    run = subprocess.run([FLATC, "--conform", str(old), str(new)], capture_output=True, text=True)
    if run.returncode != 0:
        yield "flatc --conform: " + (run.stderr or run.stdout).strip().splitlines()[-1]


def banned_faults(schema, text):
    """Features that the library's verifier does not follow safely. The binary schema forgets some
    attributes, so the text is searched for them."""
    written = re.sub(r"//[^\n]*", "", text)
    for attribute in BANNED_IN_SCHEMA:
        if re.search(rf"\b{attribute}\b", written):
            yield f"record.fbs: {attribute} is not verified with its table"
    for name, table in sorted(schema["tables"].items()):
        for field, facts in table["fields"].items():
            if facts["type"].startswith(("Vector of Union", "Vector of UType")):
                yield f"{name}.{field}: a vector of unions is not verified safely"


def banned_code_faults(repository):
    for floor in CODE_FLOORS:
        for path in sorted((repository / floor).rglob("*")):
            if path.suffix not in (".h", ".cc"):
                continue
            for number, line in enumerate(path.read_text().splitlines(), 1):
                found = BANNED_IN_CODE.search(line)
                if found:
                    yield (f"{path.relative_to(repository)}:{number}: {found.group(0)} follows "
                           "bytes that nobody has verified")


def number_of(path):
    return int(re.fullmatch(r"record-(\d+)", path.stem).group(1))


def schema_number(repository):
    text = (repository / "journal/codec/record_codec.h").read_text()
    return int(re.search(r"kSchema = (\d+);", text).group(1))


def faults(repository):
    present = repository / "journal/schema/record.fbs"
    schema = compiled(present)
    yield from banned_faults(schema, present.read_text())
    yield from banned_code_faults(repository)
    released = sorted((repository / "journal/schema/released").glob("record-*.fbs"), key=number_of)
    if not released:
        yield "journal/schema/released holds no copy"
        return
    for copy in released:
        for fault in (*conform_faults(copy, present), *growth_faults(compiled(copy), schema)):
            yield f"against {copy.name}: {fault}"
    number = schema_number(repository)
    if number < number_of(released[-1]):
        yield f"kSchema is {number}, but {released[-1].name} was released"
    elif number == number_of(released[-1]) and compiled(released[-1]) != schema:
        yield (f"record.fbs is not the released schema {number} any more: raise kSchema in "
               "journal/codec/record_codec.h")


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 64
    found = list(faults(pathlib.Path(sys.argv[1])))
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
