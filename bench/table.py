#!/usr/bin/env python3
"""Runs the benchmark programs, compares each with its reference and prints one table.

usage: table.py --programs FOLDER [--quick] [--json FILE]

A benchmark is named ROW/ours or ROW/reference; a counter `bar` on `ours` is the ratio of times that
it should stay below (1.2 means at most 20 % slower than the reference).
"""
import argparse
import glob
import json
import os
import statistics
import subprocess
import sys
import tempfile

ROUNDS, QUICK_ROUNDS = 11, 3


def run(program, quick):
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        arguments = [program, f"--benchmark_out={out.name}", "--benchmark_out_format=json",
                     "--benchmark_enable_random_interleaving=true",
                     f"--benchmark_repetitions={QUICK_ROUNDS if quick else ROUNDS}"]
        if quick:
            arguments.append("--benchmark_min_time=0.05")
        subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)
        return json.load(out)["benchmarks"]


def rows(measured):
    """One row for every benchmark with both sides; repetitions are paired in the order they ran."""
    sides = {}
    for one in measured:
        if one["run_type"] != "iteration":
            continue
        parts = one["run_name"].split("/")
        side = next((part for part in parts if part in ("ours", "reference")), None)
        if side:
            name = "/".join(part for part in parts if part != side)
            row = sides.setdefault(name, {"ours": [], "reference": [], "bar": None})
            row[side].append(one["real_time"])
            row["unit"], row["bar"] = one["time_unit"], one.get("bar", row["bar"])
    for name, side in sorted(sides.items()):
        ratios = sorted(o / r for o, r in zip(side["ours"], side["reference"]))
        if not ratios:
            continue
        ratio, bar = statistics.median(ratios), side["bar"]
        yield {"name": name, "figure": statistics.median(side["ours"]),
               "reference": statistics.median(side["reference"]), "unit": side["unit"],
               "ratio": ratio, "spread": ratios[-1] - ratios[0], "bar": bar,
               "meets": None if bar is None else ratio <= bar}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json")
    options = parser.parse_args()
    measured = []
    for program in sorted(glob.glob(os.path.join(options.programs, "bench_*"))):
        print(f"running {os.path.basename(program)}", file=sys.stderr)
        measured += run(program, options.quick)
    table = list(rows(measured))
    print(f"{'name':40} {'figure':>14} {'reference':>14} {'ratio':>7} {'spread':>7}"
          f" {'bar':>5}  meets")
    for row in table:
        bar = "-" if row["bar"] is None else f"{row['bar']:.2f}"
        meets = {None: "-", True: "yes", False: "no"}[row["meets"]]
        unit = row["unit"]
        print(f"{row['name']:40} {row['figure']:11.1f} {unit} {row['reference']:11.1f} {unit}"
              f" {row['ratio']:7.2f} {row['spread']:7.2f} {bar:>5}  {meets}")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(table, file, indent=2)
            file.write("\n")


if __name__ == "__main__":
    main()
