#!/usr/bin/env python3
"""The rules of the tree that a machine keeps. Prints `path:line: rule: message` for each breach.

Reads text only: no compiler, no git. `tidy_test.py` proves that each rule can fail.
"""
import os
import re
import sys

FLOORS = ["journal", "engine", "projections", "adapters", "tools"]
ABOVE_ALL = ["tests", "bench"]
SKIPPED_FOLDERS = {".git", "node_modules", "build", "__pycache__"}
FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 100
README_LINES_MAX = 40

# Files that wrap a library which throws. Keep it short: one that needs it no more is a breach too.
MAY_THROW_OR_CATCH = {
    "projections/rows/codec.h",  # cereal
    "projections/snapshot/codec.cc",  # cereal
    "tools/actuary/main.cc",  # CLI11
}

# The adapters that others build upon, each on those before it, and the one that wires them all.
SHARED_ADAPTERS = ["reactor", "containers"]
WIRING_ADAPTER = "host"

# The engine decides; what these headers bring comes in through its ports.
ENGINE_FORBIDDEN_STANDARD = {
    "condition_variable", "filesystem", "fstream", "future", "iostream", "random",
    "semaphore", "shared_mutex", "stop_token", "thread",
}
ENGINE_ALLOWED_LIBRARIES = {"tl/expected.hpp"}

CPP = (".h", ".cc", ".c", ".cpp", ".hpp")
WRITTEN = CPP + (".py", ".sh", ".mjs", ".js")
# Split, so that this file does not mention what it forbids.
PRIVATE_PATH = re.compile(r"(?<![\w./-])/" r"work/" r"|\bspec" r"/[a-z-]+\.md"
                          r"|\b(?:ARCHITECTURE|CONTAINERS|DEPENDENCIES|STYLE)" r"\.md")

STRIPPED = re.compile(
    r'//(?:[^\n\\]|\\.|\\\n)*'                              # line comment
    r'|/\*.*?\*/'                                           # block comment
    r'|(?<![A-Za-z0-9_])(?:u8|[uUL])?R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)"'
    r'|"(?:[^"\\\n]|\\.|\\\n)*"'
    r"|(?<![0-9A-Za-z_])'(?:[^'\\\n]|\\.)+'",
    re.DOTALL)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)
NOT_A_FUNCTION = re.compile(r'^\s*(?:template\s*<.*>\s*)?'
                            r'(?:inline\s+|export\s+|static\s+|const(?:expr)?\s+)*'
                            r'(?:namespace|class|struct|union|enum|extern)\b', re.DOTALL)


def strip(text):
    """Comments and literals become blanks; every line keeps its number."""
    def blank(match):
        kept = re.sub(r"[^\n]", " ", match.group(0))
        return '""' + kept[2:] if match.group(0)[-1] == '"' and len(kept) > 1 else kept
    return STRIPPED.sub(blank, text)


def without_preprocessor(code):
    return re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", lambda m: re.sub(r"[^\n]", " ", m.group(0)),
                  code, flags=re.MULTILINE | re.DOTALL)


def matching_brace(code, start):
    depth = 0
    for at in range(start, len(code)):
        if code[at] == "{":
            depth += 1
        elif code[at] == "}":
            depth -= 1
            if depth == 0:
                return at
    return len(code) - 1


def without_arguments(head):
    """Without template arguments and attributes: a parenthesis that is left means a function."""
    head = re.sub(r"\[\[.*?\]\]|\balignas\s*\([^)]*\)", "", head, flags=re.DOTALL)
    before = None
    while head != before:
        before, head = head, re.sub(r"<[^<>;]*>", "", head)
    return head


def functions(code):
    """(first line, last line) of every function; what it contains counts as its own."""
    code = without_preprocessor(code)
    found, head_start, at = [], 0, 0
    while at < len(code):
        character = code[at]
        if character in ";}":
            head_start = at + 1
        elif character == "{":
            head = code[head_start:at]
            plain = without_arguments(head)
            opens_scope = NOT_A_FUNCTION.match(head) and "(" not in plain
            if opens_scope or "(" not in plain:
                if not opens_scope and "=" in head:
                    at = matching_brace(code, at)  # a braced initialiser
                    continue
                head_start = at + 1
            else:
                end = matching_brace(code, at)
                after = re.compile(r"\s*(.?)", re.DOTALL).match(code, end + 1).group(1)
                if after and after in ",{":  # a member initialised with braces, then the body
                    at = end + 1
                    continue
                first = head_start + len(head) - len(head.lstrip())
                found.append((code.count("\n", 0, first) + 1, code.count("\n", 0, end) + 1))
                at, head_start = end, end + 1
        at += 1
    return found


def floor_of(path):
    return path.split("/", 1)[0]


def check_include(path, target):
    """Why `path` must not include `target`, or None."""
    mine, theirs = floor_of(path), floor_of(target)
    if theirs in ABOVE_ALL and mine in FLOORS:
        return f"back-include: {mine} must not know {theirs}"
    if mine not in FLOORS or theirs not in FLOORS:
        return None
    if FLOORS.index(theirs) > FLOORS.index(mine):
        return f"back-include: {mine} must not include {target}"
    if mine == "adapters" and theirs == "adapters":
        own, other = path.split("/")[1], target.split("/")[1]
        shared = SHARED_ADAPTERS[:SHARED_ADAPTERS.index(own)] if own in SHARED_ADAPTERS \
            else SHARED_ADAPTERS
        if own not in (other, WIRING_ADAPTER) and other not in shared:
            return f"adapter-include: adapters/{own} must not include adapters/{other}"
    return None


def check_engine_header(name):
    if name in ENGINE_ALLOWED_LIBRARIES:
        return None
    if name in ENGINE_FORBIDDEN_STANDARD:
        return f"engine-purity: <{name}> belongs behind a port"
    if "/" in name or "." in name:
        return f"engine-purity: the engine has no library of its own, found <{name}>"
    return None


def check_includes(path, text, code):
    # Names in quotes are blanked in `code`: there a match only says that the line is no comment.
    lines, live = text.split("\n"), code.split("\n")
    first = None
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if not match or not live[number - 1].lstrip().startswith("#"):
            continue
        quoted, target = match.group(1) == '"', match.group(2)
        first = first or (number, target)
        message = check_include(path, target) if quoted else None
        if not quoted and floor_of(path) == "engine":
            message = check_engine_header(target)
        if message:
            yield number, message
    own = re.sub(r"\.cc$", ".h", path)
    if path.endswith(".cc") and os.path.exists(own) and first and first[1] != own:
        yield first[0], f'own-header: the first include must be "{own}"'


def check_cpp(path, text):
    code = strip(text)
    yield from check_includes(path, text, code)
    for first, last in functions(code):
        if last - first + 1 > FUNCTION_LINES_MAX:
            yield first, f"function-size: {last - first + 1} lines, at most {FUNCTION_LINES_MAX}"
    if path.endswith(".h") and "#pragma once" not in text:
        yield 1, "pragma-once: missing"
    if floor_of(path) in FLOORS:
        thrown = [m.start() for m in re.finditer(r"\b(?:throw|catch|try)\b", code)]
        if path not in MAY_THROW_OR_CATCH:
            for at in thrown:
                yield code.count("\n", 0, at) + 1, "exceptions: neither thrown nor caught here"
        elif not thrown:
            yield 1, "exceptions: listed in tests/tidy/tidy.py but needs it no more"


def check_text(path, text):
    """Yields (line, message) for one file; `path` is relative to the working folder."""
    lines = text.split("\n")
    if path.endswith(WRITTEN):
        if len(lines) - 1 > FILE_LINES_MAX:
            yield len(lines) - 1, f"file-size: {len(lines) - 1} lines, at most {FILE_LINES_MAX}"
        for number, line in enumerate(lines, 1):
            if len(line) > COLUMNS_MAX:
                yield number, f"columns: {len(line)}, at most {COLUMNS_MAX}"
    for number, line in enumerate(lines, 1):
        if PRIVATE_PATH.search(line):
            yield number, "private-path: names a place outside the project"
    if path.endswith(CPP):
        yield from check_cpp(path, text)


def check_readmes(root):
    for floor in FLOORS + ABOVE_ALL:
        path = os.path.join(root, floor, "README.md")
        if not os.path.exists(path):
            yield f"{floor}/README.md:1: readme: missing"
            continue
        with open(path, encoding="utf-8") as file:
            if len(file.readlines()) > README_LINES_MAX:
                yield f"{path}:1: readme: at most {README_LINES_MAX} lines"


FAULTS = "tests/FAULTS.md"
NAMED_TEST = re.compile(r"`(?:(\w+)\.(\w+)|(test_\w+))`")
GOOGLE_TEST = re.compile(r"^(?:TYPED_)?TEST(?:_[FP])?\((\w+),\s*(\w+)\)", re.MULTILINE)
PYTHON_TEST = re.compile(r"^\s+def (test_\w+)\(", re.MULTILINE)


def check_faults(root):
    """Each test that the table of faults names is there."""
    path = os.path.join(root, FAULTS)
    if not os.path.exists(path):
        return
    known = set()
    for name, text in texts(os.path.join(root, "tests")):
        if name.endswith(".py"):
            known.update(PYTHON_TEST.findall(text))
        elif name.endswith(CPP):
            known.update(".".join(pair) for pair in GOOGLE_TEST.findall(text))
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            for suite, test, python in NAMED_TEST.findall(line):
                if (python or f"{suite}.{test}") not in known:
                    yield f"{FAULTS}:{number}: faults: no test {python or f'{suite}.{test}'}"


def texts(root):
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders
                            if f not in SKIPPED_FOLDERS and not f.startswith("build-"))
        for name in sorted(names):
            path = os.path.join(folder, name)
            try:
                with open(path, encoding="utf-8") as file:
                    yield os.path.relpath(path, root), file.read()
            except (UnicodeDecodeError, OSError):
                continue  # not a text


def check_tree(root):
    os.chdir(root)
    for path, text in texts("."):
        for line, message in check_text(path, text):
            yield f"{path}:{line}: {message}"
    yield from check_readmes(".")
    yield from check_faults(".")


def main():
    breaches = list(check_tree(sys.argv[1] if len(sys.argv) > 1 else "."))
    for breach in breaches:
        print(breach)
    print(f"{len(breaches)} breaches")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
