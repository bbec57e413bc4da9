"""Bad input: one clear line that names the cure, an exit code of its own, and nothing changed."""
import os
import shutil
import subprocess

from program import ACTUARY, Case, Engine, actuary, everything_in, example, hold

DOCKERFILE = 'FROM localhost/actuary/base\nCMD ["true"]\n'


class BadInput(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.engine = Engine(cls.data, listen=None)

    @classmethod
    def tearDownClass(cls):
        cls.engine.stop()
        super().tearDownClass()

    def good(self):
        return self.folder("good", Dockerfile=DOCKERFILE)

    def refused(self, code, words, *arguments):
        before = self.engine.totals()
        done = self.run_folder(*arguments)
        self.assert_says(done, code, *words)
        self.assertEqual(done.stdout, "")
        self.assertEqual(self.engine.totals(), before)

    def test_a_folder_without_a_dockerfile(self):
        self.refused(64, ["No Dockerfile in ", "put one there"], self.folder("bare", README="no"))

    def test_a_folder_that_is_not_there(self):
        self.refused(64, ["/nonexistent is not a folder"], "/nonexistent")

    def test_memory_that_is_not_a_power_of_two(self):
        folder = self.good()
        for memory in ("100", "1000", "64", "65536", "-1", "much"):
            with self.subTest(memory=memory):
                self.refused(64, ["--memory"], folder, "--memory", memory)

    def test_a_timeout_that_is_not_a_number(self):
        self.refused(64, ["--timeout"], self.good(), "--timeout", "soon")

    def test_input_that_is_not_json(self):
        self.refused(64, ["--input is not JSON", "@FILE"], self.good(), "--input", "{name:")

    def test_an_input_file_that_is_not_there(self):
        words = ["--input: cannot read /nonexistent"]
        self.refused(64, words, self.good(), "--input", "@/nonexistent")

    def test_an_unknown_flag(self):
        self.refused(64, ["--bogus"], self.good(), "--bogus")

    def test_an_unknown_command_and_none(self):
        self.assertEqual(actuary("frobnicate").returncode, 64)
        self.assertEqual(actuary().returncode, 64)

    def test_a_damaged_actor_json(self):
        folder = self.folder("damaged", **{"Dockerfile": DOCKERFILE, ".actor/actor.json": "{"})
        self.refused(64, ["actor.json is not a JSON object"], folder)

    def test_a_failing_build_step_is_exit_code_65_with_its_log(self):
        failing = "FROM localhost/actuary/base\nRUN echo before-it; exit 3\n"
        folder = self.folder("broken", Dockerfile=failing)
        runs = self.engine.totals()[2]
        done = self.run_folder(folder)
        self.assert_says(done, 65, "build 0.1.1 ended FAILED")
        self.assertIn("before-it", done.stderr)
        self.assertEqual(self.engine.totals()[2], runs)

    def test_a_bad_folder_makes_no_data_folder(self):
        fresh = os.path.join(self.root, "fresh")
        self.assertEqual(actuary("run", "--data", fresh, "/nonexistent").returncode, 64)
        self.assertFalse(os.path.exists(fresh))


class Help(Case):
    def test_help_of_every_command_teaches(self):
        wanted = {(): "actuary run DIR", ("run",): "Exit codes: 0 SUCCEEDED",
                  ("serve",): "--listen", ("history",): "Example: actuary history",
                  ("token",): "revoke", ("token", "create"): "--user",
                  ("token", "list"): "--json", ("token", "revoke"): "TOKEN"}
        for command, teaching in wanted.items():
            with self.subTest(command=command):
                done = actuary(*command, "--help")
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIn(teaching, done.stdout)

    def test_the_version_is_shown(self):
        self.assertRegex(actuary("--version").stdout, r"^\d+\.\d+\.\d+\n$")


class DataFolder(Case):
    def copy(self, name):
        path = os.path.join(self.root, name)
        shutil.copytree(self.data, path, ignore=shutil.ignore_patterns("*.sock"))
        return path

    def all_refuse(self, data, code, *words):
        before = self.contents(data)
        for command in (["run", "--data", data, example("hello")], ["serve", "--data", data],
                        ["token", "list", "--data", data]):
            with self.subTest(command=command[0]):
                self.assert_says(actuary(*command), code, *words)
        after = self.contents(data)
        self.assertEqual(sorted(before), sorted(after))
        self.assertEqual([name for name in before if before[name] != after[name]], [])

    def contents(self, data):
        """All files but those that say who holds the folder."""
        return {name: text for name, text in everything_in(data).items()
                if os.path.basename(name) != "LOCK"}

    def test_a_folder_that_another_engine_holds_names_its_process(self):
        data = self.copy("held")
        with hold(data):
            self.all_refuse(data, 75, "is in use by process ", str(os.getpid()))

    def test_a_journal_of_another_format_is_refused(self):
        for format_number in (0, 7):
            with self.subTest(format=format_number):
                data = self.copy(f"format-{format_number}")
                store = os.path.join(data, "journal", "store")
                subprocess.run([os.environ["SET_FORMAT"], store, str(format_number)], check=True)
                words = f"is in format {format_number}; this program knows formats "
                self.all_refuse(data, 74, words)

    def test_a_damaged_journal_is_refused(self):
        data = self.copy("damaged")
        os.remove(os.path.join(data, "journal", "store", "CURRENT"))
        self.all_refuse(data, 74, "journal/store holds no readable journal")

    def test_a_lost_journal_is_refused(self):
        data = self.copy("foreign")
        shutil.rmtree(os.path.join(data, "journal", "store"))
        with open(os.path.join(data, "journal", "notes.txt"), "w", encoding="utf-8") as notes:
            notes.write("not ours")
        self.all_refuse(data, 74, "notes.txt", "no journal")


class MissingRuntime(Case):
    def without(self, *programs):
        """In a mount namespace of its own where these programs cannot be executed."""
        empty = os.path.join(self.root, "not-a-program")
        with open(empty, "w", encoding="utf-8"):
            pass
        hide = "".join(f'p=$(command -v {name}) && mount --bind {empty} "$(realpath "$p")"; '
                       for name in programs)
        places = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        script = f'PATH={places}; {hide} exec "$@"'
        return ("unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh")

    def test_each_missing_program_is_named_with_its_package(self):
        wanted = {("crun", "runc"): "apt-get install crun", ("conmon",): "apt-get install conmon",
                  ("buildah",): "apt-get install buildah"}
        for programs, cure in wanted.items():
            with self.subTest(missing=programs):
                done = self.run_folder(example("hello"), prefix=self.without(*programs))
                self.assert_says(done, 69, "actuary: ", cure)
        engine = self.with_engine()
        self.assertEqual(engine.totals(), [0, 0, 0])
        engine.stop()

    def test_actuary_init_must_be_there(self):
        alone = os.path.join(self.root, "far", "away", "actuary")
        os.makedirs(os.path.dirname(alone))
        shutil.copy(ACTUARY, alone)
        done = subprocess.run([alone, "run", "--data", self.data, example("hello")],
                              capture_output=True, text=True, check=False, timeout=60)
        self.assert_says(done, 69, "actuary-init was not found", "ACTUARY_INIT")
