#!/usr/bin/env python3
"""Kills the engine with SIGKILL at random moments of real runs, and then counts.

Every acknowledged command is there after the restart, no container was started twice (counted by
the start records that PID 1 of each container writes into the run's log, not by our journal), none
is lost, and every run ends with its real exit code.
"""
import argparse
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
START_RECORD = "ACTOR: Container started."
TERMINAL = {"SUCCEEDED", "FAILED", "TIMED-OUT", "ABORTED"}


class Engine:
    """`actuary serve` as a process that can be killed and started again."""

    def __init__(self, program, data, runtime="auto"):
        self.program, self.data, self.runtime = program, data, runtime
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.token = None
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [self.program, "serve", "--data", self.data, "--listen", f"127.0.0.1:{self.port}",
             "--runtime", self.runtime],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
        for line in self.process.stdout:
            if line.startswith("export APIFY_TOKEN="):
                self.token = line.strip().split("=", 1)[1]
            if line.startswith("export APIFY_API_BASE_URL="):
                return
        raise SystemExit("the engine did not start: " + self.process.stderr.read())

    def kill(self):
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)

    def pid(self):
        return self.process.pid

    def call(self, method, path, body=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": "Bearer " + self.token, "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.read().decode()

    def data_of(self, method, path, body=None):
        return json.loads(self.call(method, path, body))["data"]


def wanted_run(rng):
    """How long it sleeps, and with which code it ends."""
    return {"seconds": rng.choice([0, 1, 1, 2, 3]), "exitCode": rng.choice([0, 0, 1, 7, 42, 113])}


def start_some(engine, rng, started, count):
    for _ in range(count):
        wanted = wanted_run(rng)
        try:
            run = engine.data_of("POST", "/v2/actors/~sleeper/runs?memory=128&timeout=120", wanted)
        except (urllib.error.URLError, ConnectionError, OSError):
            return  # not acknowledged: it may or may not exist, and nobody was told that it does
        started[run["id"]] = wanted["exitCode"]


def wait_for_all(engine, started, seconds):
    runs, deadline = {}, time.monotonic() + seconds
    for run_id in started:
        while True:
            try:
                runs[run_id] = engine.data_of("GET", f"/v2/actor-runs/{run_id}?waitForFinish=5")
            except urllib.error.HTTPError as error:
                runs[run_id] = {"status": f"HTTP {error.code}", "exitCode": None}
                break
            if runs[run_id]["status"] in TERMINAL or time.monotonic() > deadline:
                break
    return runs


def verdicts(engine, started, runs):
    """One line for each broken promise."""
    for run_id, code in started.items():
        run = runs[run_id]
        wanted = "SUCCEEDED" if code == 0 else "FAILED"
        if run["status"] != wanted or run["exitCode"] != code:
            yield (f"{run_id} should be {wanted} with {code}, is {run['status']} with "
                   f"{run['exitCode']}: {run.get('statusMessage')}")
            continue
        starts = engine.call("GET", f"/v2/logs/{run_id}").count(START_RECORD)
        if starts != 1:
            yield f"{run_id} was started {starts} times"


def unacknowledged(engine, started):
    """Runs that exist although nobody was told: allowed, but they too start once and end."""
    listed = engine.data_of("GET", "/v2/actor-runs?limit=1000")["items"]
    return [run["id"] for run in listed if run["id"] not in started]


def crash_until(engine, rng, runs_wanted, cycle_seconds):
    started, kills = {}, 0
    while len(started) < runs_wanted:
        moment = time.monotonic() + rng.uniform(0.05, cycle_seconds)
        while time.monotonic() < moment and len(started) < runs_wanted:
            start_some(engine, rng, started, 1)
            time.sleep(rng.uniform(0, 0.3))
        engine.kill()
        kills += 1
        engine.start()
    return started, kills


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--actuary", required=True, help="the program to torture")
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--cycle", type=float, default=2.0,
                        help="longest time between two kills, seconds")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    data = tempfile.mkdtemp(prefix="actuary-crash-")
    print(f"seed {arguments.seed}, data {data}", flush=True)
    engine = Engine(arguments.actuary, data)
    sleeper = os.path.join(SOURCE, "tools/examples/sleeper")
    built = subprocess.run([arguments.actuary, "run", sleeper, "--data", data, "--memory", "128",
                            "--input", '{"seconds":0}'],
                           capture_output=True, text=True, check=False)
    if built.returncode != 0:
        print(built.stderr)
        return 1
    engine.start()
    started, kills = crash_until(engine, rng, arguments.runs, arguments.cycle)
    runs = wait_for_all(engine, started, 120)
    broken = list(verdicts(engine, started, runs))
    strangers = unacknowledged(engine, started)
    engine.stop()
    print(f"{len(started)} acknowledged runs, {kills} kills, {len(strangers) - 1} unacknowledged "
          f"runs, {len(broken)} broken promises")
    for line in broken:
        print("  " + line)
    if not broken:
        shutil.rmtree(data, ignore_errors=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
