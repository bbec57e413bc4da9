"""`actuary journal`, `actuary backup` and `actuary restore`, with and without an engine."""
import concurrent.futures
import json
import os
import shutil
import signal
import subprocess

from program import ACTUARY, SECONDS_MAX, Case, Engine, actuary, everything_in, example


class JournalTools(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        done = actuary("run", "--data", cls.data, example("hello"), "--json")
        assert done.returncode == 0, done.stderr
        cls.run_id = json.loads(done.stdout)["run"]["id"]

    def journal(self, command, *arguments, data=None):
        return actuary("journal", command, "--data", data or self.data, *arguments)

    def lines(self, command, *arguments, data=None):
        done = self.journal(command, *arguments, data=data)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def exported(self, data=None):
        return self.journal("export", data=data).stdout

    def test_export_is_every_record_once_and_verify_agrees(self):
        records = [json.loads(line) for line in self.exported().splitlines()]
        self.assertEqual([record["position"] for record in records],
                         list(range(1, len(records) + 1)))
        (whole,) = self.lines("verify", "--json")
        self.assertEqual((whole["ok"], whole["records"]), (True, len(records)))
        (stats,) = self.lines("stats", "--json")
        self.assertEqual(stats["records"], len(records))
        self.assertEqual(sum(each["records"] for each in stats["byEvent"].values()), len(records))
        self.assertEqual(stats["byEvent"]["RunFinished"]["records"], 1)
        self.assertIn("by stream", self.journal("stats").stdout)

    def test_an_interrupted_export_is_continued_where_it_stopped(self):
        whole = self.exported()
        path = os.path.join(self.root, "events.jsonl")
        cut = whole[: len(whole) // 2]
        with open(path, "w", encoding="utf-8") as file:
            file.write(cut)
        done = self.journal("export", "-o", path)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read(), whole)
        with open(path, "w", encoding="utf-8") as file:
            file.write('{"position":1}\n')
        self.assert_says(self.journal("export", "-o", path), 64, "not exported from this journal")

    def test_tail_and_show_tell_the_same_records(self):
        records = [json.loads(line) for line in self.exported().splitlines()]
        self.assertEqual(self.lines("tail", "--json"), records[-10:])
        self.assertEqual(self.lines("tail", "-n", "3", "--json"), records[-3:])
        self.assertEqual(self.lines("tail", "--from", "4", "--json"), records[3:])
        about = self.lines("tail", "--from", "1", "--run", self.run_id, "--json")
        self.assertEqual(about[0]["event"]["type"], "RunCreated")
        self.assertTrue(any(r["event"]["type"] == "RunFinished" for r in about))
        self.assertEqual(self.lines("show", "3..5", "--json"), records[2:5])
        self.assertEqual(json.loads(self.journal("show", "2").stdout), records[1])
        self.assertIn("run/" + self.run_id, self.journal("tail").stdout)

    def test_what_does_not_exist_is_one_line(self):
        self.assert_says(self.journal("show", "999999"), 64, "no record 999999")
        self.assert_says(self.journal("show", "5..3"), 64, "neither a position nor a range")
        self.assert_says(self.journal("verify", data=self.root + "/none"), 64, "holds no journal")

    def test_looking_changes_nothing(self):
        before = everything_in(self.data)
        for command in ("verify", "stats", "tail", "export"):
            self.assertEqual(self.journal(command).returncode, 0)
        self.assertEqual(everything_in(self.data), before)

    def test_tail_follows_an_engine_and_its_successor(self):
        engine = self.with_engine()
        tail = subprocess.Popen([ACTUARY, "journal", "tail", "-f", "--from", "1", "--json",
                                 "--data", self.data], stdout=subprocess.PIPE, text=True)
        self.addCleanup(tail.wait, SECONDS_MAX)
        self.addCleanup(tail.kill)
        engine.data("POST", "/v2/actors", {"name": "followed"})
        engine.stop()
        engine = self.with_engine()
        engine.data("POST", "/v2/actors", {"name": "followed-on"})
        engine.stop()
        wanted = len(self.exported().splitlines())
        got = [json.loads(tail.stdout.readline())["position"] for _ in range(wanted)]
        self.assertEqual(got, list(range(1, wanted + 1)))
        tail.stdout.close()

    def test_a_damaged_journal_is_named_and_nothing_crashes(self):
        damaged = os.path.join(self.root, "damaged")
        shutil.copytree(os.path.join(self.data, "journal"), os.path.join(damaged, "journal"))
        store = os.path.join(damaged, "journal", "store")
        for name in sorted(os.listdir(store)):
            path = os.path.join(store, name)
            if name.startswith(("LOG", "OPTIONS", "LOCK", "IDENTITY")) or not os.path.getsize(path):
                continue
            with open(path, "rb") as file:
                whole = file.read()
            for at in (0, len(whole) // 3, len(whole) - 1):
                with open(path, "wb") as file:
                    file.write(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1:])
                for command in ("verify", "stats", "export", "tail"):
                    done = self.journal(command, data=damaged)
                    self.assertIn(done.returncode, (0, 1, 74), (name, at, command, done.stderr))
                    if done.returncode:
                        said = done.stderr + done.stdout
                        self.assertTrue("actuary: " in said or "damaged" in said, said)
            with open(path, "wb") as file:
                file.write(whole)


class Archive(Case):
    """The oldest records in a file of their own, and an engine that goes on with the rest."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        engine = Engine(cls.data, listen=None)
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            names = [f"actor-{i}" for i in range(300)]
            made = pool.map(lambda name: engine.data("POST", "/v2/actors", {"name": name}), names)
            cls.actors = [actor["id"] for actor in made]
        assert engine.stop()[0] == 0
        cls.file = os.path.join(cls.root, "old.tar")

    def call(self, *words):
        return actuary(*words, env={"ACTUARY_DATA": self.data})

    def exported(self):
        return self.call("journal", "export")

    def test_records_move_and_everything_goes_on_and_says_where_they_are(self):
        before = self.exported().stdout
        self.assert_says(self.call("journal", "archive", "--before", "100"), 64, "by 256")
        engine = self.with_engine()
        in_use = self.call("journal", "archive", "--before", "300", "-o", self.file)
        self.assert_says(in_use, 75, "in use by process")
        engine.stop()
        done = actuary("journal", "archive", self.data, "--before", "300", "-o", self.file,
                       "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        told = json.loads(done.stdout)
        self.assertEqual((told["first"], told["last"], told["where"]), (1, 256, self.file))
        # With the file in place nobody notices, and proofs of what was moved verify.
        self.assertTrue(self.exported().stdout.startswith(before))
        proof = os.path.join(self.root, "proof")
        engine = self.with_engine()
        engine.stop()
        proved = self.call("audit", "prove", self.actors[0], "-o", proof)
        self.assertEqual(proved.returncode, 0, proved.stderr)
        self.assertEqual(actuary("audit", "verify", proof).returncode, 0)
        # Without it the engine starts from its snapshot, and what needs the file names it.
        os.rename(self.file, self.file + ".away")
        engine = self.with_engine()
        self.assertEqual(engine.data("GET", "/v2/actors?my=1")["total"], 300)
        engine.data("POST", "/v2/actors", {"name": "later"})
        engine.stop()
        made = os.path.join(self.root, "without-archive")
        for words in (("journal", "show", "7"), ("journal", "export"),
                      ("history", self.actors[0]), ("fleet", "--at", "20"),
                      ("replay", "--check"), ("replay",), ("backup", "-o", made),
                      ("journal", "backup", "-o", made), ("erasures", "-o", made)):
            said = self.call(*words)
            self.assertNotEqual(said.returncode, 0, words)
            self.assertIn(self.file, said.stderr, words)
            self.assertIn("put it there, or into the folder archive", said.stderr, words)
        self.assertFalse(os.path.exists(made))
        verified = self.call("journal", "verify")
        self.assertEqual(verified.returncode, 0, verified.stdout)
        self.assertIn("records 1 to 256 are in archives that are not there", verified.stdout)
        os.rename(self.file + ".away", self.file)
        self.assertTrue(self.exported().stdout.startswith(before))


class Backup(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        done = actuary("run", "--data", cls.data, example("hello"), "--json")
        assert done.returncode == 0, done.stderr
        cls.told = json.loads(done.stdout)["run"]

    def path(self, name):
        return os.path.join(self.root, name)

    def backup(self, name):
        done = actuary("backup", "-o", self.path(name), "--data", self.data, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def restore(self, name, target):
        return actuary("restore", self.path(name), "--data", self.path(target), "--json")

    def test_a_backup_of_a_running_engine_restores_to_a_folder_that_serves(self):
        engine = self.with_engine()
        log = engine.call("GET", f"/v2/logs/{self.told['id']}")
        items = engine.call("GET", f"/v2/datasets/{self.told['defaultDatasetId']}/items")
        made = self.backup("online.tar")
        engine.data("POST", "/v2/actors", {"name": "lost-future"})
        engine.stop()
        done = self.restore("online.tar", "copy")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["position"], made["position"])
        verified = actuary("journal", "verify", "--data", self.path("copy"), "--json")
        self.assertEqual(json.loads(verified.stdout)["position"], made["position"])
        copy = Engine(self.path("copy"))
        self.addCleanup(copy.stop)
        token = engine.token  # the same keys and accounts
        self.assertEqual(copy.call("GET", "/v2/users/me", token=token)[0], 200)
        self.assertEqual(copy.call("GET", f"/v2/logs/{self.told['id']}"), log)
        self.assertEqual(copy.call("GET", f"/v2/datasets/{self.told['defaultDatasetId']}/items"),
                         items)
        names = [each["name"] for each in copy.data("GET", "/v2/actors?my=1")["items"]]
        self.assertNotIn("lost-future", names)
        copy.stop()
        self.assert_another_future(made["position"])

    def assert_another_future(self, position):
        """The terms claimed after the backup, here and there, share no nonce."""
        def claims(data):
            lines = actuary("journal", "export", "--from", str(position + 1), "--data", data)
            records = [json.loads(line) for line in lines.stdout.splitlines()]
            return {record["event"]["nonce"] for record in records
                    if record["event"]["type"] == "TermClaimed"}
        original = Engine(self.data, listen=None)
        original.stop()
        here, there = claims(self.data), claims(self.path("copy"))
        self.assertTrue(here and there)
        self.assertFalse(here & there)
        with open(os.path.join(self.data, "installation"), encoding="utf-8") as file:
            name = file.read()
        with open(os.path.join(self.path("copy"), "installation"), encoding="utf-8") as file:
            self.assertNotEqual(file.read(), name)

    def test_a_full_folder_is_refused_and_untouched(self):
        self.backup("full.tar")
        before = everything_in(os.path.join(self.data, "journal"))
        done = actuary("restore", self.path("full.tar"), "--data", self.data)
        self.assert_says(done, 64, "is not empty")
        self.assertEqual(everything_in(os.path.join(self.data, "journal")), before)
        self.assert_says(actuary("backup", "-o", self.path("full.tar"), "--data", self.data), 64,
                         "is there already")

    def test_a_damaged_backup_leaves_no_folder(self):
        self.backup("damaged.tar")
        with open(self.path("damaged.tar"), "r+b") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(size // 2)
            byte = file.read(1)
            file.seek(size // 2)
            file.write(bytes([byte[0] ^ 1]))
        self.assert_says(self.restore("damaged.tar", "never"), 74, "damaged")
        self.assertFalse(os.path.exists(self.path("never")))

    def test_killed_at_any_time_it_leaves_nothing_or_a_whole_thing(self):
        self.backup("whole.tar")
        for i in range(12):
            target = self.path(f"killed-{i}")
            for command, made in ((["backup", "-o", target + ".tar", "--data", self.data],
                                   target + ".tar"),
                                  (["restore", self.path("whole.tar"), "--data", target], target)):
                process = subprocess.Popen([ACTUARY, *command], stdout=subprocess.DEVNULL,
                                           stderr=subprocess.DEVNULL)
                try:
                    process.wait(timeout=0.01 * (i + 1))
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGKILL)
                    process.wait()
                if os.path.exists(made):
                    kind = made if made.endswith(".tar") else None
                    if kind:
                        done = actuary("restore", made, "--data", made + ".restored")
                    else:
                        done = actuary("journal", "verify", "--data", made)
                    self.assertEqual(done.returncode, 0, done.stderr)
                again = actuary(*command)
                self.assertIn(again.returncode, (0, 64), again.stderr)
                self.assertTrue(os.path.exists(made))

    def test_the_journal_alone_is_enough_for_an_audit(self):
        done = actuary("journal", "backup", "-o", self.path("journal.tar"), "--data", self.data)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_says(self.restore("journal.tar", "no"), 64, "journal alone")
        done = actuary("journal", "restore", self.path("journal.tar"), "--data", self.path("audit"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(os.listdir(self.path("audit")), ["journal"])
        exported = [actuary("journal", "export", "--data", data).stdout
                    for data in (self.data, self.path("audit"))]
        self.assertEqual(*exported)
