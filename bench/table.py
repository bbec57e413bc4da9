#!/usr/bin/env python3
"""Runs every bench_* program and prints their rows as one table.

--json FILE writes them as one JSON array.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile


def rows_of(program, quick, only):
    """The rows that one program measures; none, and why on stderr, where it could not."""
    with tempfile.TemporaryDirectory(prefix="actuary-bench-") as folder:
        words = [str(program.resolve()), "--json", "rows.json", "--only", only]
        words += ["--quick"] if quick else []
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            print(f"bench/run: {program.name} failed ({done.returncode}): {done.stderr.strip()}",
                  file=sys.stderr)
            return []
        with open(pathlib.Path(folder) / "rows.json", encoding="utf-8") as file:
            return json.load(file)


def line(name, *columns):
    return f"{name:<38}" + "".join(f"{column:>13}" for column in columns)


def main():
    parser = argparse.ArgumentParser(
        prog="bench/run", description="Figures of ours beside a reference in the same run.")
    parser.add_argument("--quick", action="store_true",
                        help="11 rounds all the same, but short ones: for a look, not for a claim")
    parser.add_argument("--only", metavar="TEXT", default="", help="rows whose name contains TEXT")
    parser.add_argument("--json", metavar="FILE", help="also write the rows as a JSON array")
    parser.add_argument("--programs", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--from", dest="folder", default=".", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    programs = sorted(pathlib.Path(arguments.programs).glob("bench_*"))
    if not programs:
        sys.exit(f"bench/run: no bench_* program in {arguments.programs}")
    rows, silent = [], []
    print(line("name", "figure", "reference", "unit", "ratio", "spread", "bar", "meets"))
    for program in programs:
        measured = rows_of(program, arguments.quick, arguments.only)
        if not measured and not arguments.only:
            silent.append(program.name)
        for row in measured:
            rows.append(row)
            print(line(row["name"], f"{row['figure']:.0f}", f"{row['reference']:.0f}", row["unit"],
                       f"{row['ratio']:.3f}", f"{row['spread']:.3f}", f"{row['bar']:.2f}",
                       "yes" if row["meets"] else "no"), flush=True)
    if arguments.json:
        with open(pathlib.Path(arguments.folder) / arguments.json, "w", encoding="utf-8") as file:
            json.dump(rows, file, indent=2)
            file.write("\n")
    if silent:
        sys.exit("bench/run: without rows: " + ", ".join(silent))


if __name__ == "__main__":
    main()
