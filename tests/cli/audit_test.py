"""What the journal says is proven, on a folder that an engine used and beside a running one."""
import json
import os
import shutil
import stat
import subprocess
import tempfile
import unittest

from program import SOURCE, Case, actuary


class Audit(Case):
    def audit(self, *arguments):
        return actuary("audit", *arguments)

    def file(self, name):
        return os.path.join(self.root, name)

    def an_id(self, engine):
        """The id of an Actor made through the API: its history is what is proven."""
        return engine.data("POST", "/v2/acts", {"name": "proven-" + os.urandom(4).hex()})["id"]

    def second(self, *arguments):
        program = os.path.join(SOURCE, "tools", "audit-verify")
        return subprocess.run(["python3", "-B", program, *arguments], capture_output=True,
                              text=True, check=False, timeout=60)

    def key(self):
        result = self.audit("key", "--data", self.data)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout.strip()

    def test_a_history_is_proven_on_a_closed_folder_and_beside_an_engine(self):
        engine = self.with_engine()
        actor = self.an_id(engine)
        for name in ("running", "closed"):
            proof = self.file(name + ".proof")
            made = self.audit("prove", actor, "-o", proof, "--data", self.data)
            self.assertEqual(made.returncode, 0, made.stderr)
            verified = self.audit("verify", proof, "--key", self.key(), "--json")
            self.assertEqual(verified.returncode, 0, verified.stderr)
            answer = json.loads(verified.stdout)
            self.assertTrue(answer["verified"])
            self.assertEqual(answer["records"][0]["event"]["type"], "ActorCreated")
            self.assertEqual(self.second(proof, "--key", self.key()).returncode, 0)
            engine.stop()

    def test_a_changed_file_is_not_proven_by_either_verifier(self):
        engine = self.with_engine()
        proof = self.file("changed.proof")
        self.assertEqual(self.audit("prove", self.an_id(engine), "-o", proof, "--data",
                                    self.data).returncode, 0)
        with open(proof, "r+b") as file:
            content = file.read()
            at = content.index(b"ActorCreated")
            file.seek(at)
            file.write(b"B")
        self.assert_says(self.audit("verify", proof), 1, "NOT PROVEN")
        self.assertEqual(self.second(proof).returncode, 1)

    def test_the_key_is_secret_and_stays(self):
        mode = os.stat(os.path.join(self.data, "keys", "audit")).st_mode
        self.assertEqual(stat.S_IMODE(mode), 0o600)
        before = self.key()
        self.with_engine().stop()
        self.assertEqual(self.key(), before)

    def test_a_rollback_is_found_by_an_exported_checkpoint_and_by_the_engine(self):
        copy = os.path.join(tempfile.mkdtemp(dir=self.root), "journal")
        shutil.copytree(os.path.join(self.data, "journal"), copy)
        engine = self.with_engine()
        self.an_id(engine)
        exported = self.file("exported.checkpoint")
        copied = self.audit("checkpoint", "-o", exported, "--data", self.data)
        self.assertEqual(copied.returncode, 0, copied.stderr)
        self.assertEqual(engine.stop()[0], 0)
        self.assertEqual(self.audit("compare", exported, "--data", self.data).returncode, 0)
        newer = self.file("newer")
        shutil.copytree(self.data, newer, symlinks=True, ignore=lambda *_: ["engine.sock"])
        place = os.path.join(self.data, "journal")
        shutil.move(place, self.file("aside"))
        shutil.copytree(copy, place)
        self.assert_says(self.audit("compare", exported, "--data", self.data), 1, "older than")
        self.assert_says(self.audit("compare", newer, "--data", self.data), 1, "older than")
        # With the checkpoint that was signed since, the engine itself refuses the older journal.
        shutil.copy(os.path.join(self.file("aside"), "checkpoint"), place)
        self.assert_says(actuary("serve", "--data", self.data), 74, "older than the checkpoint")
        shutil.rmtree(place)
        shutil.move(self.file("aside"), place)

    def test_tiles_are_exported_for_other_tools(self):
        folder = self.file("log")
        result = self.audit("tiles", "-o", folder, "--entries", "--data", self.data)
        self.assertEqual(result.returncode, 0, result.stderr)
        with open(os.path.join(folder, "checkpoint"), encoding="utf-8") as file:
            origin, size = file.read().split("\n")[:2]
        self.assertTrue(origin.startswith("actuary/"))
        tile = os.path.join(folder, "tile", "0", "000.p", size)
        self.assertEqual(os.path.getsize(tile), 32 * int(size))


if __name__ == "__main__":
    unittest.main()
