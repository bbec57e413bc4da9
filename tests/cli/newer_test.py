"""A journal that tomorrow's program went on with: shown as it was, never written, and nothing of it
is touched."""
import json
import os
import shutil
import subprocess
import unittest

from program import Case, Engine, actuary, everything_in, example

WORDS = ("read-only", "type 200", "use the program that wrote it", "by actuary of tomorrow")


def but_for_its_lock(path):
    return {name: content for name, content in everything_in(path).items()
            if os.path.basename(name) != "LOCK"}


class Newer(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.newer = os.path.join(cls.root, "newer")
        shutil.copytree(cls.data, cls.newer, ignore=shutil.ignore_patterns("*.sock"))
        cls.journal = os.path.join(cls.newer, "journal")
        subprocess.run([os.environ["APPEND_NEWER"], cls.journal], check=True, timeout=60)
        cls.before = but_for_its_lock(cls.newer)

    def tearDown(self):
        # Not with assertEqual: it would print both.
        now = but_for_its_lock(self.newer)
        self.assertEqual([name for name in self.before.keys() | now.keys()
                          if self.before.get(name) != now.get(name)], [])

    def test_looking_tools_go_past_what_they_do_not_know(self):
        self.assert_says(actuary("replay", self.newer), 74, "type 200")
        verified = actuary("journal", "verify", "--data", self.newer)
        self.assertEqual(verified.returncode, 0, verified.stderr)
        self.assertIn("1 records were not understood", verified.stdout)
        self.assertIn("type 200", verified.stdout)
        for command in (("export",), ("tail", "--json"), ("tail",)):
            shown = actuary("journal", *command, "--data", self.newer)
            self.assertEqual(shown.returncode, 0, shown.stderr)
            self.assertIn("unknown", shown.stdout.splitlines()[-1])
            self.assertIn("type 200", shown.stderr)
        exported = actuary("journal", "export", "--data", self.newer)
        record = json.loads(exported.stdout.splitlines()[-1])
        self.assertEqual(record["event"]["number"], 200)
        self.assertTrue(record["stored"])
        shown = actuary("journal", "show", str(record["position"]), "--data", self.newer)
        self.assertIn('"unknown"', shown.stdout)
        stats = json.loads(actuary("journal", "stats", "--json", "--data", self.newer).stdout)
        self.assertEqual(stats["byEvent"]["unknown"]["records"], 1)

    def test_a_command_by_itself_is_refused(self):
        for command in (("token", "list"), ("run", example("hello")), ("drain",)):
            done = actuary(*command, "--data", self.newer)
            self.assert_says(done, 74, "looked at and not written", "type 200")

    def test_serve_answers_what_was_and_refuses_every_command(self):
        engine = Engine(self.newer, listen=None)
        try:
            self.assertEqual(engine.data("GET", "/v2/users/me")["username"], "admin")
            self.assertEqual(engine.totals(), [0, 0, 0])
            for method, path in (("POST", "/v2/actors"), ("DELETE", "/v2/actor-runs/none"),
                                 ("PUT", "/v2/users/me"), ("POST", "/v2/key-value-stores")):
                status, answer = engine.call(method, path, {})
                if status != 405:
                    self.assertEqual(status, 503, answer)
                    for word in WORDS:
                        self.assertIn(word, answer["error"]["message"])
            self.assertEqual(engine.call("GET", "/v2/users/me", token="x")[0], 401)
            listed = actuary("token", "list", "--data", self.newer)
            self.assertEqual(listed.returncode, 0, listed.stderr)
            made = actuary("token", "create", "--data", self.newer)
            self.assert_says(made, 1, *WORDS)
        finally:
            code, said = engine.stop()
        self.assertEqual(code, 74, "the exit code tells it apart from a service")
        self.assertTrue(all(word in said for word in WORDS), said)
        self.assertIn("nothing is taken, started, stopped or deleted", said)

    def test_a_token_that_was_revoked_by_what_is_not_shown_opens_nothing(self):
        data = os.path.join(self.root, "revoked")
        shutil.copytree(self.data, data, ignore=shutil.ignore_patterns("*.sock"))
        engine = Engine(data, listen=None)
        token = engine.token
        engine.stop()
        subprocess.run([os.environ["APPEND_NEWER"], os.path.join(data, "journal"), "revoke"],
                       check=True, timeout=60)
        served = subprocess.Popen([os.environ["ACTUARY"], "serve", "--data", data],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(served.wait)
        self.addCleanup(served.terminate)
        line = next(line for line in served.stderr if "Serving at" in line)
        engine.url = line.split("Serving at ")[1].split(",")[0]
        self.assertEqual(engine.call("GET", "/v2/users/me", token=token)[0], 401)
        served.terminate()
        self.assertEqual(served.communicate(timeout=60)[0], "", "no token is offered")

    def test_a_journal_of_a_newer_format_is_still_refused(self):
        data = os.path.join(self.root, "format")
        shutil.copytree(self.newer, data, ignore=shutil.ignore_patterns("*.sock"))
        store = os.path.join(data, "journal", "store")
        subprocess.run([os.environ["SET_FORMAT"], store, "7"], check=True)
        self.assert_says(actuary("serve", "--data", data), 74, "is in format 7")


class Live(Case):
    """A container that runs while its journal is one of tomorrow."""

    def test_its_container_is_not_touched_and_the_run_is_shown_as_it_was(self):
        engine = Engine(self.data, listen=None)
        self.run_folder(example("sleeper"), "--input", '{"seconds": 0}', "--memory", "128")
        path = "/v2/actors/~sleeper/runs?memory=128"
        run = engine.data("POST", path, {"seconds": 25})
        while engine.data("GET", "/v2/actor-runs/" + run["id"])["status"] == "READY":
            engine.data("GET", f"/v2/actor-runs/{run['id']}?waitForFinish=1")
        engine.stop()
        journal = os.path.join(self.data, "journal")
        kept = journal + ".kept"
        shutil.copytree(journal, kept)
        subprocess.run([os.environ["APPEND_NEWER"], journal], check=True, timeout=60)
        shown = Engine(self.data, listen=None)
        was = shown.data("GET", "/v2/actor-runs/" + run["id"])
        self.assertEqual(was["status"], "RUNNING")
        self.assertEqual(shown.call("POST", f"/v2/actor-runs/{run['id']}/abort")[0], 503)
        store = f"/v2/key-value-stores/{was['defaultKeyValueStoreId']}/records/INPUT"
        self.assertEqual(shown.call("GET", store), (200, {"seconds": 25}))
        self.assertEqual(shown.call("PUT", store, {"seconds": 1})[0], 503)
        self.assertIn("second 1 of 25", shown.call("GET", "/v2/logs/" + run["id"])[1])
        self.assertEqual(shown.stop()[0], 74)
        # Whoever understands the journal finds the run as it left it.
        shutil.rmtree(journal)
        os.rename(kept, journal)
        engine = self.with_engine()
        ended = engine.data("GET", f"/v2/actor-runs/{run['id']}?waitForFinish=60")
        self.assertEqual((ended["status"], ended["exitCode"]), ("SUCCEEDED", 0))
        self.assertEqual(ended["stats"].get("restartCount", 0), 0)


if __name__ == "__main__":
    unittest.main()
