"""What is deleted because it is old: the plan that is shown is the plan that is worked off."""
import json
import time

from program import Case, Engine, actuary, example, said_so_far

POLICY = ("--delete-runs-after", "0", "--keep-runs", "1", "--delete-builds-after", "0")

TEN_YEARS_AHEAD = {"LD_PRELOAD": "/usr/$LIB/faketime/libfaketime.so.1", "FAKETIME": "+10y",
                   "DONT_FAKE_MONOTONIC": "1"}

FORTY_DAYS_AHEAD = {**TEN_YEARS_AHEAD, "FAKETIME": "+40d"}


class Patient(Case):
    def wait_until_gone(self, engine, path):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            status, answer = engine.call("GET", path)
            if status != 200:
                return status, answer
            time.sleep(0.2)
        self.fail(f"{path} is still there")


class Retention(Patient):
    def plan(self, *options):
        done = actuary("retention", "plan", "--data", self.data, "--json", *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)["items"]

    def test_runs_and_builds_go_as_planned_and_say_why(self):
        runs = []
        for _ in range(3):
            done = self.run_folder(example("crasher"), "--input", '{"exitCode":0}', "--json")
            self.assertEqual(done.returncode, 0, done.stderr)
            runs.append(json.loads(done.stdout)["run"])
        old, newest = runs[:2], runs[2]
        self.assertEqual(self.plan(), [], "nothing is deleted unless somebody said so")
        planned = self.plan(*POLICY)
        self.assertEqual([item["id"] for item in planned], [run["id"] for run in old])

        engine = Engine(self.data, listen=None, options=POLICY)
        self.addCleanup(engine.stop)
        for run in old:
            status, answer = self.wait_until_gone(engine, f"/v2/actor-runs/{run['id']}")
            self.assertEqual((status, answer["error"]["type"]), (404, "record-not-found"))
            self.assertEqual(answer["error"]["data"]["status"], "SUCCEEDED")
            self.assertIn("retention: ended more than", answer["error"]["data"]["reason"])
            self.assertEqual(engine.call("GET", f"/v2/datasets/{run['defaultDatasetId']}")[0], 404)
        self.assertEqual(engine.data("GET", f"/v2/actor-runs/{newest['id']}")["status"],
                         "SUCCEEDED")
        builds = [item["id"] for item in self.plan()]
        self.assertEqual(sorted(builds), sorted(run["buildId"] for run in old),
                         "no run is left of them, and the tag has moved on")
        engine.stop()

        again = Engine(self.data, listen=None, options=POLICY)
        self.addCleanup(again.stop)
        for build in builds:
            self.assertEqual(self.wait_until_gone(again, f"/v2/actor-builds/{build}")[0], 404)
        self.assertEqual(again.data("GET", f"/v2/actor-builds/{newest['buildId']}")["status"],
                         "SUCCEEDED")
        self.assertEqual(self.plan(), [])

    def test_a_policy_that_is_none_names_its_flag(self):
        done = actuary("retention", "plan", "--data", self.data, "--delete-runs-after", "-1")
        self.assert_says(done, 64, "--delete-runs-after")

    def test_everything_is_kept_by_default_and_the_plan_says_how_to_change_that(self):
        done = actuary("retention", "plan", "--data", self.data)
        self.assert_says(done, 0, "actuary serve --delete-runs-after")


class UnnamedStorages(Patient):
    def serve(self, *options, env=None):
        engine = Engine(self.data, listen=None, options=options, env=env)
        self.addCleanup(engine.stop)
        return engine

    def test_go_once_nobody_uses_them_and_named_ones_stay(self):
        engine = self.serve()
        unused, used, named = (engine.data("POST", "/v2/datasets" + name)["id"]
                               for name in ("", "", "?name=kept"))
        self.assertEqual(engine.call("POST", f"/v2/datasets/{unused}/items", [{"a": 1}])[0], 201)
        engine.stop()
        plan = actuary("retention", "plan", "--data", self.data, "--json",
                       "--delete-storages-after", "30")
        planned = json.loads(plan.stdout)["items"]
        self.assertEqual([(item["kind"], item["id"]) for item in planned],
                         [("storage", unused), ("storage", used)])
        self.assertIn("unused for more than 30 days", planned[0]["reason"])

        later = self.serve(env=FORTY_DAYS_AHEAD)
        self.assertEqual(later.call("GET", f"/v2/datasets/{used}/items")[1], [])
        later.stop()
        engine = self.serve("--delete-storages-after", "30", "--clock-is-right",
                            env=FORTY_DAYS_AHEAD)
        # A list is no use of what is in it.
        deadline = time.monotonic() + 60
        while unused in (left := [each["id"] for each in
                                  engine.data("GET", "/v2/datasets?unnamed=1")["items"]]):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.2)
        self.assertEqual(left, [used, named])
        status, answer = engine.call("GET", f"/v2/datasets/{unused}")
        self.assertEqual((status, answer["error"]["type"]), (404, "record-not-found"))
        self.assertEqual(answer["error"]["data"]["reason"],
                         "retention: " + planned[0]["reason"])


class ClockAhead(Patient):
    def test_a_clock_ten_years_ahead_deletes_nothing_until_somebody_vouches_for_it(self):
        done = self.run_folder(example("crasher"), "--input", '{"exitCode":0}', "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        path = f"/v2/actor-runs/{json.loads(done.stdout)['run']['id']}"
        policy = ("--delete-runs-after", "30", "--keep-runs", "0")
        for _ in ("the first start", "and its own records do not make the next one believe it"):
            wrong = Engine(self.data, listen=None, options=policy, env=TEN_YEARS_AHEAD)
            self.addCleanup(wrong.stop)
            self.wait_until_said(wrong, "nothing is deleted for a day")
            self.assertEqual(wrong.data("GET", path)["status"], "SUCCEEDED")
            wrong.stop()
        vouched = Engine(self.data, listen=None, options=(*policy, "--clock-is-right"),
                         env=TEN_YEARS_AHEAD)
        self.addCleanup(vouched.stop)
        self.assertEqual(self.wait_until_gone(vouched, path)[0], 404)

    def wait_until_said(self, engine, text):
        self.assertIn(text, said_so_far(engine.process.stderr, until=text))


if __name__ == "__main__":
    import unittest
    unittest.main()
