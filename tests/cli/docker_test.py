"""`--runtime docker`: the same runs on a real Docker Engine, and when it is not there."""
import json
import os
import subprocess
import time
import unittest

from program import SECONDS_MAX, SOURCE, TERMINAL, Case, Engine, actuary, example

DOCKERD = os.path.join(SOURCE, "tests", "docker", "dockerd")


class Docker(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.docker = os.path.join(cls.root, "docker")
        cls.dockerd("start")
        os.environ["DOCKER_HOST"] = "unix://" + os.path.join(cls.docker, "docker.sock")

    @classmethod
    def tearDownClass(cls):
        # The network that belongs to the folder goes with the last engine that finds it empty.
        Engine(cls.data, listen=None).stop()
        cls.dockerd("stop")
        del os.environ["DOCKER_HOST"]
        super().tearDownClass()

    @classmethod
    def dockerd(cls, action):
        subprocess.run([DOCKERD, action, cls.docker], check=True, stdout=subprocess.DEVNULL)

    def engine(self, *options):
        engine = Engine(self.data, listen=None, options=options)
        self.addCleanup(engine.stop)
        return engine

    def until(self, condition, what):
        deadline = time.monotonic() + SECONDS_MAX
        while not condition():
            self.assertLess(time.monotonic(), deadline, what)
            time.sleep(0.05)

    def containers_made(self):
        """How many containers this daemon has started since it is there."""
        with open(os.path.join(self.docker, "containerd.log"), encoding="utf-8") as log:
            return log.read().count("starting signal loop")

    def log(self, engine, run):
        return engine.call("GET", "/v2/logs/" + run["id"])[1]

    def start_sleeper(self, seconds, code):
        """A run of the sleeper that has printed its first line, and its engine."""
        self.assertEqual(self.run_folder(example("sleeper"), "--runtime", "docker", "--input",
                                         '{"seconds": 0}').returncode, 0)
        engine = self.engine("--runtime", "docker")
        run = engine.data("POST", "/v2/actors/~sleeper/runs?memory=128",
                          {"seconds": seconds, "exitCode": code})
        self.until(lambda: "second 1 of" in self.log(engine, run), "it never began")
        return run, engine

    def finished(self, engine, run):
        deadline = time.monotonic() + SECONDS_MAX
        while run["status"] not in TERMINAL:
            self.assertLess(time.monotonic(), deadline, self.log(engine, run))
            run = engine.data("GET", f"/v2/actor-runs/{run['id']}?waitForFinish=10")
        return run

    def test_an_example_runs_with_its_storages_log_and_exit_code(self):
        ran = self.run_folder(example("hello"), "--runtime", "docker", "--input",
                              '{"name": "Rome", "count": 3}')
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertEqual(json.loads(ran.stdout.splitlines()[0]),
                         {"greeting": "Hello, Rome", "number": 1})
        self.assertTrue(self.containers_made(), "and Docker had it")
        before = self.containers_made()
        failed = self.run_folder(example("sleeper"), "--input", '{"seconds": 1, "exitCode": 7}')
        self.assert_says(failed, 1, "FAILED", "exit code 7")
        self.assertGreater(self.containers_made(), before, "auto is what the folder had last time")

    def test_a_killed_engine_and_a_killed_daemon_lose_nothing(self):
        run, engine = self.start_sleeper(6, 5)
        engine.process.kill()
        self.dockerd("kill")
        with open(os.path.join(self.data, "logs", run["id"] + ".log"), encoding="utf-8") as log:
            self.until(lambda: "second 3 of" in log.read(), "nothing was logged without a daemon")
        self.dockerd("start")
        engine = self.engine()
        run = self.finished(engine, run)
        self.assertEqual((run["status"], run["exitCode"]), ("FAILED", 5))
        log = self.log(engine, run)
        for second in range(1, 7):
            self.assertEqual(log.count(f"second {second} of 6\n"), 1, log)
        self.assertEqual(log.count("ACTOR: Container started."), 1)

    def test_an_end_and_an_abort_are_seen_without_a_daemon(self):
        run, engine = self.start_sleeper(3, 0)
        other = engine.data("POST", "/v2/actors/~sleeper/runs?memory=128", {"seconds": 60})
        self.until(lambda: "second 1 of" in self.log(engine, other), "it never began")
        self.dockerd("kill")
        try:
            self.assertEqual(self.finished(engine, run)["status"], "SUCCEEDED")
            engine.data("POST", f"/v2/actor-runs/{other['id']}/abort")
            inside = ["pgrep", "-f", f"--run {other['id']}"]
            self.until(lambda: not subprocess.run(inside, capture_output=True, check=False).stdout,
                       "it still runs")
        finally:
            self.dockerd("start")
        other = self.finished(engine, other)
        self.assertEqual((other["status"], other["exitCode"]), ("ABORTED", 137))

    def test_a_start_waits_for_a_daemon_that_is_away_and_an_abort_does_not(self):
        before = self.containers_made()
        self.assertEqual(self.run_folder(example("sleeper"), "--runtime", "docker", "--input",
                                         '{"seconds": 0}').returncode, 0)
        each = self.containers_made() - before
        engine = self.engine("--runtime", "docker")
        self.dockerd("kill")
        away_since = time.monotonic()
        try:
            runs = [engine.data("POST", "/v2/actors/~sleeper/runs?memory=128", {"seconds": 0})
                    for _ in range(2)]

            def shown(run):
                return engine.data("GET", "/v2/actor-runs/" + run["id"])

            for run in runs:
                self.until(lambda run=run: "out of reach since 20"
                           in (shown(run)["statusMessage"] or ""), "it does not say why it waits")
            engine.data("POST", f"/v2/actor-runs/{runs[1]['id']}/abort")
            aborted = self.finished(engine, runs[1])
            self.assertEqual((aborted["status"], aborted["exitCode"]), ("ABORTED", None))
            # Longer than any call's patience.
            self.until(lambda: time.monotonic() > away_since + 21, "time stands still")
            self.assertEqual(shown(runs[0])["status"], "READY")
        finally:
            self.dockerd("start")
        run = self.finished(engine, runs[0])
        self.assertEqual((run["status"], run["exitCode"]), ("SUCCEEDED", 0), run)
        self.assertEqual(self.containers_made(), before + 2 * each,
                         "one container, for the one that runs")
        log = self.log(engine, run)
        self.assertEqual(log.count("ACTOR: Container started."), 1, log)

    def test_the_other_runtime_is_refused_while_there_are_containers(self):
        run, engine = self.start_sleeper(60, 0)
        engine.stop()
        refused = self.run_folder(example("sleeper"), "--runtime", "oci")
        self.assert_says(refused, 69, "containers of --runtime docker are still here")
        engine = self.engine()
        engine.data("POST", f"/v2/actor-runs/{run['id']}/abort")
        self.assertEqual(self.finished(engine, run)["status"], "ABORTED")

    def test_a_daemon_that_is_not_there_is_named_with_the_cure(self):
        data = os.path.join(self.root, "other")
        nowhere = {"DOCKER_HOST": "unix:///var/empty/docker.sock"}
        refused = actuary("run", "--data", data, "--runtime", "docker", example("hello"),
                          env=nowhere)
        self.assert_says(refused, 69, "Docker does not answer at /var/empty/docker.sock",
                         "systemctl start docker", "DOCKER_HOST")
        wrong = actuary("run", "--data", data, "--runtime", "rkt", example("hello"))
        self.assertEqual(wrong.returncode, 64)


if __name__ == "__main__":
    unittest.main()
