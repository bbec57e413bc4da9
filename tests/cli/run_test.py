"""`actuary run`: what it prints where, and its exit codes."""
import json
import os
import time

from program import Case, Started, example, actuary


class Run(Case):
    def test_items_are_json_lines_on_stdout_and_the_log_is_on_stderr(self):
        done = self.run_folder(example("hello"), "--input", '{"name":"Ada","count":2}')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([json.loads(line) for line in done.stdout.splitlines()],
                         [{"greeting": "Hello, Ada", "number": number} for number in (1, 2)])
        for said in ("ACTOR: Container started.", "Hello, Ada (1 of 2)",
                     " SUCCEEDED, exit code 0, active "):
            self.assertIn(said, done.stderr)

    def test_json_is_one_document_with_the_apis_spelling(self):
        done = self.run_folder(example("hello"), "--json", "--memory", "256", "--timeout", "30",
                               "--input", "-", stdin='{"count":1}')
        self.assertEqual(done.returncode, 0, done.stderr)
        document = json.loads(done.stdout)
        self.assertEqual(sorted(document), ["items", "run"])
        self.assertEqual(document["items"], [{"greeting": "Hello, World", "number": 1}])
        run = document["run"]
        self.assertEqual((run["status"], run["exitCode"]), ("SUCCEEDED", 0))
        options = run["options"]
        self.assertEqual((options["memoryMbytes"], options["timeoutSecs"]), (256, 30))
        self.assertEqual(run["meta"]["origin"], "CLI")
        for key in ("id", "actId", "buildId", "startedAt", "finishedAt", "defaultDatasetId",
                    "defaultKeyValueStoreId", "defaultRequestQueueId", "containerUrl"):
            self.assertIsInstance(run[key], str, key)
        self.assertGreater(run["stats"]["durationMillis"], 0)

    def test_running_a_folder_again_makes_the_next_build(self):
        folder = self.folder("again", Dockerfile='FROM localhost/actuary/base\nCMD ["true"]\n')
        numbers = []
        for _ in range(2):
            done = self.run_folder(folder, "--json")
            self.assertEqual(done.returncode, 0, done.stderr)
            numbers.append(json.loads(done.stdout)["run"]["buildNumber"])
        self.assertEqual(numbers, ["0.1.1", "0.1.2"])

    def test_actor_json_gives_name_and_version(self):
        definition = '{"actorSpecification": 1, "name": "named-so", "version": "2.7"}'
        dockerfile = 'FROM localhost/actuary/base\nCMD ["true"]\n'
        files = {".actor/actor.json": definition, ".actor/Dockerfile": dockerfile}
        done = self.run_folder(self.folder("elsewhere", **files))
        self.assert_says(done, 0, "building named-so 2.7.1")

    def test_a_crash_is_exit_code_1(self):
        given = os.path.join(self.root, "input.json")
        with open(given, "w", encoding="utf-8") as file:
            file.write('{"exitCode": 7}')
        done = self.run_folder(example("crasher"), "--input", "@" + given)
        self.assert_says(done, 1, " FAILED, exit code 7")
        self.assertEqual(done.stdout, "")

    def test_a_timeout_is_exit_code_2(self):
        done = self.run_folder(example("sleeper"), "--timeout", "2")
        self.assert_says(done, 2, " TIMED-OUT, ")
        self.assertIn("second 1 of 30", done.stderr)

    def test_a_data_folder_may_come_from_the_environment(self):
        done = actuary("run", example("crasher"), "--input", '{"exitCode":0}',
                       env={"ACTUARY_DATA": self.data})
        self.assertEqual(done.returncode, 0, done.stderr)


class Interrupted(Case):
    def started(self, text):
        command = Started("run", "--data", self.data, example("sleeper"), "--input", text)
        command.wait_for("second 1 of")
        return command

    def test_a_first_interrupt_is_graceful_and_does_not_reach_the_container(self):
        command = self.started('{"seconds":4}')
        command.interrupt()
        self.assertEqual(command.end(), 3, command.stderr)
        self.assertIn("aborting gracefully", command.stderr)
        self.assertIn("done, exit code 0", command.stderr)
        self.assertIn(" ABORTED, exit code 0", command.stderr)

    def test_a_second_interrupt_aborts_at_once(self):
        command = self.started('{"seconds":60}')
        command.interrupt()
        command.wait_for("aborting gracefully")
        since = time.monotonic()
        command.interrupt()
        self.assertEqual(command.end(), 3, command.stderr)
        self.assertLess(time.monotonic() - since, 10)
        self.assertIn(" ABORTED, ", command.stderr)
        self.assertNotIn("second 30 of", command.stderr)

    def test_an_interrupt_ends_the_build(self):
        slow = "FROM localhost/actuary/base\nRUN echo working; sleep 50\n"
        folder = self.folder("slow", Dockerfile=slow)
        command = Started("run", "--data", self.data, folder)
        command.wait_for("working")
        since = time.monotonic()
        command.interrupt()
        command.interrupt()
        self.assertEqual(command.end(), 3, command.stderr)
        self.assertLess(time.monotonic() - since, 30)
