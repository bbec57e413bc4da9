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


def rows_of(program, quick):
    """The rows that one program measures; its own table is not shown."""
    with tempfile.TemporaryDirectory(prefix="actuary-bench-") as folder:
        words = [str(program.resolve()), "--json", "rows.json"] + (["--quick"] if quick else [])
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"{program.name} failed: {done.stderr.strip()}")
        with open(pathlib.Path(folder) / "rows.json", encoding="utf-8") as file:
            return json.load(file)


def line(name, *columns):
    return f"{name:<38}" + "".join(f"{column:>13}" for column in columns)


def main():
    parser = argparse.ArgumentParser(
        prog="bench/run", description="Figures of ours beside a reference in the same run.")
    parser.add_argument("--quick", action="store_true",
                        help="shorter rounds; good for a look, not for a claim")
    parser.add_argument("--json", metavar="FILE", help="also write the rows as a JSON array")
    parser.add_argument("--programs", required=True, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    rows = []
    print(line("name", "figure", "reference", "unit", "ratio", "spread", "bar", "meets"))
    for program in sorted(pathlib.Path(arguments.programs).glob("bench_*")):
        for row in rows_of(program, arguments.quick):
            rows.append(row)
            print(line(row["name"], f"{row['figure']:.0f}", f"{row['reference']:.0f}", row["unit"],
                       f"{row['ratio']:.3f}", f"{row['spread']:.3f}", f"{row['bar']:.2f}",
                       "yes" if row["meets"] else "no"), flush=True)
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(rows, file, indent=2)


if __name__ == "__main__":
    main()
