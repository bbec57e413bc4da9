#!/usr/bin/env python3
"""Kills, stops and restarts the engine again and again while 20 containers live, and then counts.

A cycle is one of: SIGKILL and a new start; SIGSTOP, a pause and SIGCONT; SIGTERM and a new start.
With --dockerd it is the Docker daemon that they are done to, one of the test's own with
live-restore, and the engine goes on.
Afterwards no container was started twice (counted by what PID 1 of each wrote into the run's log,
not by our journal), every run ended with its real exit code, none is stuck, and two sweeps of the
engine later nothing of a container is left: no bundle, no mount, no process.
"""
import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error

from crash_test import SOURCE, START_RECORD, TERMINAL, Engine, verdicts, wait_for_all

SWEEP_SECONDS = 30  # between two comparisons of the journal with the runtime


DOCKERD = os.path.join(SOURCE, "tests", "docker", "dockerd")


class Daemon:
    """A Docker Engine in a folder: what an engine can suffer, it can suffer."""

    def __init__(self, folder):
        self.folder = folder
        os.environ["DOCKER_HOST"] = "unix://" + os.path.join(folder, "docker.sock")
        self.start()

    def do(self, action):
        subprocess.run([DOCKERD, action, self.folder], check=True, stdout=subprocess.DEVNULL)

    def start(self):
        self.do("start")

    def kill(self):
        self.do("kill")

    def stop(self):
        pid = self.pid()
        os.kill(pid, signal.SIGTERM)
        while os.path.exists(f"/proc/{pid}"):
            time.sleep(0.02)

    def pid(self):
        with open(os.path.join(self.folder, "dockerd.pid"), encoding="utf-8") as file:
            return int(file.read())


class Chaos:
    def __init__(self, engine, victim, rng, live_wanted, longest):
        self.engine, self.victim, self.rng = engine, victim, rng
        self.live_wanted, self.longest = live_wanted, longest
        self.started = {}  # acknowledged runs: the exit code that each must end with
        self.live = set()
        self.counts = dict.fromkeys(("kill", "stop", "restart"), 0)
        self.live_seen = []

    def refill(self):
        """As many live runs as wanted; what is not acknowledged is nobody's promise."""
        listed = self.engine.data_of("GET", "/v2/actor-runs?limit=1000&desc=1")["items"]
        self.live = {run["id"] for run in listed if run["status"] not in TERMINAL}
        self.live_seen.append(len(self.live))
        for _ in range(self.live_wanted - len(self.live)):
            wanted = {"seconds": self.rng.randint(1, self.longest),
                      "exitCode": self.rng.choice([0, 0, 1, 7, 42, 113])}
            run = self.engine.data_of(
                "POST", "/v2/actors/~sleeper/runs?memory=128&timeout=600", wanted)
            self.started[run["id"]] = wanted["exitCode"]

    def cycle(self):
        what = self.rng.choice(list(self.counts))
        self.counts[what] += 1
        getattr(self, what)()

    def kill(self):
        self.victim.kill()
        self.victim.start()

    def stop(self):
        pid = self.victim.pid()
        os.kill(pid, signal.SIGSTOP)
        time.sleep(self.rng.uniform(0.05, 2))
        os.kill(pid, signal.SIGCONT)

    def restart(self):
        self.victim.stop()
        self.victim.start()


def every_run(engine):
    """Also runs that exist although nobody was told: they too start once and end."""
    offset = 0
    while items := engine.data_of("GET", f"/v2/actor-runs?limit=1000&offset={offset}")["items"]:
        yield from (run["id"] for run in items)
        offset += len(items)


def left_of(data, engine_pid):
    """What two sweeps should have taken away."""
    yield from os.listdir(os.path.join(data, "runtime/containers"))
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        places = (line.split()[4] for line in mounts)
        yield from (place for place in places if place.startswith(data + "/runtime/containers"))
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if int(pid) in (engine_pid, os.getpid()):
            continue
        try:
            with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as command:
                if data + "/runtime/containers" in command.read():
                    yield f"process {pid}"
        except OSError:
            pass


def started_twice(engine, ids):
    for run_id in ids:
        starts = engine.call("GET", f"/v2/logs/{run_id}").count(START_RECORD)
        if starts > 1:
            yield f"{run_id}, which nobody was told of, was started {starts} times"


def run_cycles(chaos, cycles, end):
    done = 0
    while done < cycles and time.monotonic() < end:
        try:
            chaos.refill()
        except (urllib.error.URLError, ConnectionError, OSError, ValueError):
            pass  # it was stopped or killed while it answered
        time.sleep(chaos.rng.uniform(0, 0.5))
        chaos.cycle()
        done += 1
        if done % 25 == 0:
            print(f"{done} cycles, {len(chaos.started)} runs", flush=True)
    return done


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--actuary", required=True, help="the program to torture")
    parser.add_argument("--cycles", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=3600, help="at most, for the cycles")
    parser.add_argument("--live", type=int, default=20, help="containers at once")
    parser.add_argument("--longest", type=int, default=8, help="seconds that a container lives")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--dockerd", action="store_true", help="on Docker, and to its daemon")
    arguments = parser.parse_args()
    data = tempfile.mkdtemp(prefix="actuary-chaos-")
    print(f"seed {arguments.seed}, data {data}", flush=True)
    runtime = "docker" if arguments.dockerd else "oci"
    daemon = Daemon(tempfile.mkdtemp(prefix="actuary-chaos-docker-")) if arguments.dockerd else None
    engine = Engine(arguments.actuary, data, runtime)
    sleeper = os.path.join(SOURCE, "tools/examples/sleeper")
    built = subprocess.run([arguments.actuary, "run", sleeper, "--data", data, "--memory", "128",
                            "--runtime", runtime, "--input", '{"seconds":0}'],
                           capture_output=True, text=True, check=False)
    if built.returncode != 0:
        print(built.stderr)
        return 1
    engine.start()
    chaos = Chaos(engine, daemon or engine, random.Random(arguments.seed), arguments.live,
                  arguments.longest)
    done = run_cycles(chaos, arguments.cycles, time.monotonic() + arguments.seconds)
    runs = wait_for_all(engine, chaos.started, 180)
    broken = list(verdicts(engine, chaos.started, runs))
    strangers = [run_id for run_id in every_run(engine) if run_id not in chaos.started]
    broken += [f"{run_id} is stuck" for run_id, run in wait_for_all(engine, strangers, 60).items()
               if run["status"] not in TERMINAL]
    broken += started_twice(engine, strangers)
    time.sleep(2 * SWEEP_SECONDS if list(left_of(data, engine.process.pid)) else 0)
    broken += [f"left over: {each}" for each in left_of(data, engine.process.pid)]
    engine.stop()
    if daemon:
        daemon.do("stop")
    print(f"{done} cycles {chaos.counts}, at most {max(chaos.live_seen)} live at once, "
          f"{len(chaos.started)} acknowledged and {len(strangers) - 1} other runs, "
          f"{len(broken)} broken promises")
    for line in broken:
        print("  " + line)
    if not broken:
        shutil.rmtree(data, ignore_errors=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
