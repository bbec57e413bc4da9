"""recovery_step: a program whose system calls are counted, and one of them spoiled."""
import os
import subprocess

import torture


def run(step, lab, mode, when, command):
    """Returns (exit code, calls counted, file of the spoiled call); keeps what the writer said."""
    counts = os.path.join(lab.folder, "counts")
    done = subprocess.run([step, mode, str(when), lab.journal, counts, *command],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    torture.append_bytes(lab.said_file, done.stdout)
    with open(counts, encoding="utf-8") as file:
        words = file.read().split()
    return done.returncode, int(words[0]), " ".join(words[1:])
