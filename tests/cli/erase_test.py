"""`actuary erase`: who asked for a run is unreadable for ever, and nothing else changes."""
import json
import os
import shutil
import subprocess

from program import SOURCE, Case, Engine, actuary, everything_in, example


class Erase(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        done = actuary("run", "--data", cls.data, example("hello"), "--json")
        assert done.returncode == 0, done.stderr
        actor = json.loads(done.stdout)["run"]["actId"]
        engine = Engine(cls.data, listen=None)
        path = "/v2/acts/" + actor + "/runs?waitForFinish=30"
        # By a client that has an address and an agent.
        cls.kept, cls.run_id = (engine.data("POST", path, {})["id"] for _ in range(2))
        assert engine.stop()[0] == 0

    def meta(self, data=None, run_id=None):
        engine = Engine(data or self.data, listen=None if data is None else "127.0.0.1:0")
        shown = engine.data("GET", "/v2/actor-runs/" + (run_id or self.run_id))["meta"]
        self.assertEqual(engine.stop()[0], 0)
        return shown

    def journal(self, command, *arguments, data=None):
        return actuary("journal", command, "--data", data or self.data, *arguments)

    def test_what_is_sealed_is_shown_and_is_nowhere_in_plain(self):
        agent = self.meta(run_id=self.kept)["userAgent"].encode()
        exported = self.journal("export").stdout
        created = next(record for record in map(json.loads, exported.splitlines())
                       if record["event"]["type"] == "RunCreated"
                       and record["stream"]["id"] == self.kept)
        self.assertTrue(created["event"]["meta"]["user_agent"].startswith("personal:v1:"))
        for folder in ("journal", "views", "keys", "logs", "storages"):
            for name, content in everything_in(os.path.join(self.data, folder)).items():
                self.assertFalse(agent in content, folder + "/" + name)

    def test_an_erased_run_shows_null_and_every_proof_still_verifies(self):
        backup = os.path.join(self.root, "before.tar")
        self.assertEqual(actuary("backup", "-o", backup, "--data", self.data).returncode, 0)
        done = actuary("erase", self.run_id, "--reason", "asked for", "--data", self.data, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["kind"], "run")
        shown = self.meta()
        self.assertIsNone(shown["clientIp"])
        self.assertIsNone(shown["userAgent"])
        self.assertTrue(shown["personalDataErasedAt"])
        history = actuary("history", self.run_id, "--data", self.data).stdout
        self.assertIn("PersonalDataErased  reason=asked for", history)
        self.assertEqual(self.journal("verify").returncode, 0)
        replayed = actuary("replay", self.data, "--check")
        self.assertEqual(replayed.returncode, 0, replayed.stdout + replayed.stderr)
        proof = os.path.join(self.root, "erased.proof")
        made = actuary("audit", "prove", self.run_id, "-o", proof, "--data", self.data)
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertEqual(actuary("audit", "verify", proof).returncode, 0)
        second = subprocess.run(["python3", "-B", os.path.join(SOURCE, "tools", "audit-verify"),
                                 proof], capture_output=True, check=False, timeout=60)
        self.assertEqual(second.returncode, 0, second.stderr)
        self.restored_is_not_silent(backup)

    def restored_is_not_silent(self, backup):
        again = os.path.join(self.root, "again")
        restored = actuary("restore", backup, "--data", again)
        self.assertEqual(restored.returncode, 0, restored.stderr)
        self.assertIn("what was erased later can be read again", restored.stderr)
        self.assertTrue(self.meta(again)["userAgent"])
        self.assertEqual(actuary("erase", self.run_id, "--data", again).returncode, 0)
        self.assertIsNone(self.meta(again)["userAgent"])

    def test_bad_input_is_one_line(self):
        self.assert_says(actuary("erase", "NoSuchRunAtAll001", "--data", self.data), 1, "not found")
        self.assertEqual(actuary("erase").returncode, 64)
