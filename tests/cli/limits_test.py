"""What one account may hold at once, on real containers: what exceeds it waits and says why."""
import json
import time
import unittest

from program import SECONDS_MAX, Case, Engine, actuary, example


class Limits(Case):
    def setUp(self):
        self.run_folder(example("sleeper"), "--memory", "128", "--input", '{"seconds":0}')

    def serve(self, *options):
        self.engine = Engine(self.data, listen=None, options=options)
        self.addCleanup(self.engine.stop)

    def start(self, options=""):
        return self.engine.call("POST", "/v2/actors/~sleeper/runs?memory=128&timeout=600" + options,
                                {"seconds": 600})

    def wait_for(self, run, wanted):
        deadline = time.monotonic() + SECONDS_MAX
        while time.monotonic() < deadline:
            now = self.engine.data("GET", f"/v2/actor-runs/{run['id']}")
            if wanted(now):
                return now
            time.sleep(0.1)
        self.fail(f"it is {now['status']}: {now['statusMessage']}")

    def abort(self, run):
        self.engine.data("POST", f"/v2/actor-runs/{run['id']}/abort")
        self.wait_for(run, lambda now: now["status"] == "ABORTED")

    def test_runs_wait_for_their_account_with_the_reason_and_the_urgent_one_comes_first(self):
        self.serve("--account-runs", "1", "--over-limit", "wait")
        first, second, urgent = (self.start(options)[1]["data"]
                                 for options in ("", "", "&priority=5"))
        self.wait_for(first, lambda now: now["status"] == "RUNNING")
        held = self.wait_for(urgent, lambda now: "of this account" in (now["statusMessage"] or ""))
        self.assertEqual(held["status"], "READY")
        told = actuary("explain", urgent["id"], "--data", self.data)
        self.assertIn("1 run is the most that it may have at once", told.stdout, told.stderr)
        shown = actuary("limits", "admin", "--data", self.data)
        self.assert_says(shown, 0, "1 runs, of 1; 2 wait; what exceeds the limits waits")
        self.abort(first)
        self.wait_for(urgent, lambda now: now["status"] == "RUNNING")
        self.assertEqual(self.engine.data("GET", f"/v2/actor-runs/{second['id']}")["status"],
                         "READY")
        raised = actuary("limits", "admin", "--runs", "2", "--reason", "quiet night", "--data",
                         self.data, "--json")
        self.assertEqual(json.loads(raised.stdout)["own"], {"memoryMbytes": None, "runs": 2})
        self.wait_for(second, lambda now: now["status"] == "RUNNING")
        self.abort(second)
        self.abort(urgent)

    def test_own_limits_outlive_a_restart_and_what_exceeds_them_is_refused(self):
        self.serve()
        done = actuary("limits", "admin", "--memory", "128", "--runs", "default", "--data",
                       self.data)
        self.assert_says(done, 0, "of 128", "no limit", "refused")
        self.engine.stop()
        self.serve()
        run = self.start()[1]["data"]
        status, answer = self.start()
        self.assertEqual((status, answer["error"]["type"]), (402, "actor-memory-limit-exceeded"))
        self.assertEqual(self.engine.data("GET", "/v2/users/me/limits")["limits"]
                         ["maxActorMemoryGbytes"], 0.125)
        self.abort(run)
        back = actuary("limits", "admin", "--memory", "default", "--data", self.data)
        self.assert_says(back, 0, "0 MB in use, no limit")

    def test_a_run_that_waits_too_long_fails_and_says_so(self):
        self.serve("--account-runs", "1", "--over-limit", "wait", "--queue-timeout", "2")
        first, second = (self.start()[1]["data"] for _ in range(2))
        failed = self.wait_for(second, lambda now: now["status"] == "FAILED")
        self.assertIn("no room for it became free in time", failed["statusMessage"])
        self.abort(first)

    def test_nonsense_is_refused_and_changes_nothing(self):
        self.assert_says(actuary("limits", "admin", "--runs", "many", "--data", self.data), 64,
                         "--runs", "many")
        self.assert_says(actuary("limits", "nobody", "--data", self.data), 1, "not found")
        self.assert_says(actuary("serve", "--over-limit", "perhaps", "--data", self.data), 64,
                         "--over-limit")


if __name__ == "__main__":
    unittest.main()
