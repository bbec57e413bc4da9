"""`actuary replay`, `state`, `fleet`, `diff` and `explain`: the past, from the journal alone."""
import json

from program import Case, actuary, everything_in, example

UNKNOWN = "AAAAAAAAAAAAAAAAA"


class Past(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.runs = []
        for memory in ("128", "256"):
            done = actuary("run", "--data", cls.data, example("hello"), "--memory", memory,
                           "--json")
            assert done.returncode == 0, done.stderr
            cls.runs.append(json.loads(done.stdout)["run"]["id"])
        cls.run_id = cls.runs[0]

    def ask(self, command, *arguments):
        return actuary(command, *arguments, "--data", self.data)

    def json_of(self, command, *arguments):
        done = self.ask(command, *arguments, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def positions(self):
        records = self.json_of("history", self.run_id)
        return {record["event"]["type"]: record["position"] for record in records}

    def test_a_real_journal_is_decided_again_and_its_views_are_equal(self):
        before = everything_in(self.data + "/journal")
        done = actuary("replay", self.data, "--check", "--json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        report = json.loads(done.stdout)
        self.assertIsNone(report["divergence"])
        self.assertEqual(report["comparison"]["stored"], report["comparison"]["rebuilt"])
        self.assertEqual(report["counts"]["events"], report["position"])
        self.assertEqual(report["counts"]["without_settings"] + report["counts"]["untold"], 0)
        self.assertGreater(report["counts"]["decided_again"], 15)
        self.assertEqual(everything_in(self.data + "/journal"), before)

    def test_it_works_beside_a_running_engine(self):
        self.with_engine()
        done = actuary("replay", self.data, "--check")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("The stored views are equal", done.stdout)
        self.assertEqual(self.json_of("state", self.run_id)["status"], "SUCCEEDED")

    def test_until_ends_it_there(self):
        done = actuary("replay", self.data, "--until", "5", "--json")
        self.assertEqual(json.loads(done.stdout)["position"], 5)
        self.assert_says(actuary("replay", self.data, "--until", "99999"), 64, "99999", "1 to ")
        self.assert_says(actuary("replay", self.data, "--until", "soon"), 64, "soon")

    def test_a_run_is_shown_as_it_was(self):
        at = self.positions()
        self.assertEqual(self.json_of("state", self.run_id)["status"], "SUCCEEDED")
        then = self.json_of("state", self.run_id, "--at", str(at["AttemptStarted"]))
        self.assertEqual(then["status"], "RUNNING")
        self.assertIsNone(then["exitCode"])
        self.assertEqual(then["asOf"]["position"], at["AttemptStarted"])
        self.assertEqual(then["attempts"][0]["epoch"], at["AttemptBegan"])
        again = self.json_of("state", self.run_id, "--at", then["startedAt"])
        self.assertEqual(again["status"], "READY")
        self.assertIn("RUNNING", self.ask("state", self.run_id, "--at",
                                          str(at["AttemptStarted"])).stdout)

    def test_what_cannot_be_shown_is_one_clear_line(self):
        for arguments, code, words in (
                ([UNKNOWN], 1, UNKNOWN), (["x"], 64, "17 letters"),
                ([self.run_id, "--at", "1"], 1, "did not exist yet"),
                ([self.run_id, "--at", "99999"], 64, "1 to "),
                ([self.run_id, "--at", "2001-01-01"], 1, "began only"),
                ([self.run_id, "--at", "2999-01-01"], 64, "not come yet"),
                ([self.run_id, "--at", "soon"], 64, "soon")):
            done = self.ask("state", *arguments)
            self.assertEqual((done.returncode, done.stdout), (code, ""), arguments)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
            self.assertIn(words, done.stderr)
        nothing = actuary("state", self.run_id, "--data", self.root + "/nothing")
        self.assert_says(nothing, 64, "holds no journal", "--data")

    def test_the_fleet_is_counted_then_and_now(self):
        at = self.positions()
        then = self.json_of("fleet", "--at", str(at["AttemptStarted"]), "--status", "RUNNING")
        self.assertEqual([run["id"] for run in then["runs"]], [self.run_id])
        now = self.json_of("fleet")
        self.assertEqual((now["runs"], now["counts"]), ([], [{"status": "SUCCEEDED", "runs": 2}]))
        self.assert_says(self.ask("fleet", "--status", "IDLE"), 64, "IDLE", "RUNNING")

    def test_two_runs_are_lined_up(self):
        diff = self.json_of("diff", *self.runs)
        self.assertIsNone(diff["first_divergence"])
        self.assertIn("memory_mbytes", [value["name"] for value in diff["options"]])
        self.assertIn("memory_mbytes", self.ask("diff", *self.runs).stdout)
        self.assert_says(self.ask("diff", self.run_id, UNKNOWN), 1, UNKNOWN)

    def test_a_run_is_explained_with_positions(self):
        at = self.positions()
        explanation = self.json_of("explain", self.run_id)
        told = {sentence["topic"]: sentence for sentence in explanation["sentences"]}
        self.assertIn(at["RunFinished"], told["end"]["positions"])
        self.assertIn("exit code 0", told["end"]["text"])
        self.assertIn("a build's own number", told["build"]["text"])
        self.assertIn(f"[{at['RunCreated']}", self.ask("explain", self.run_id).stdout)

    def test_help_shows_an_example(self):
        for command in ("replay", "state", "fleet", "diff", "explain"):
            done = actuary(command, "--help")
            self.assertEqual(done.returncode, 0)
            self.assertIn("Example: actuary " + command, done.stdout)

