#!/usr/bin/env python3
"""What tools/audit-verify says of each file: alone, and beside an earlier checkpoint.

usage: second_verdicts.py VERIFIER FOLDER KEY CHECKPOINT
"""
import contextlib
import importlib.machinery
import importlib.util
import io
import os
import sys


def load(path):
    loader = importlib.machinery.SourceFileLoader("verifier", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("verifier", loader))
    loader.exec_module(module)
    return module


def verdict(verifier, data, key, earlier):
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            verifier.verify(data, key, earlier)
    except ValueError:
        return "not"
    return "proven"


def main():
    program, folder, key, checkpoint = sys.argv[1:]
    verifier = load(program)
    with open(checkpoint, "rb") as file:
        earlier = file.read()
    for name in sorted(os.listdir(folder), key=int):
        with open(os.path.join(folder, name), "rb") as file:
            data = file.read()
        print(name, verdict(verifier, data, key.encode(), None),
              verdict(verifier, data, key.encode(), earlier))


if __name__ == "__main__":
    main()
