"""`restartOnError` on real containers: the same run, a new container, at most three times."""
import unittest

from program import TERMINAL, Case

DOCKERFILE = 'FROM localhost/actuary/base\nCOPY main.sh /main.sh\nCMD ["sh", "/main.sh"]\n'
# Counts its starts in the run's own store, and ends well from the third on.
COUNTS = """
store=$APIFY_API_BASE_URL/v2/key-value-stores/$ACTOR_DEFAULT_KEY_VALUE_STORE_ID/records/starts
auth="Authorization: Bearer $APIFY_TOKEN"
starts=$(wget -q -O - --header "$auth" "$store") || starts=0
starts=$((starts + 1))
wget -q -O /dev/null --method PUT --header "$auth" --header "Content-Type: text/plain" \\
  --body-data "$starts" "$store" || exit 99
echo "start $starts"
[ "$starts" -ge 3 ] || exit 9
"""


class Restart(Case):
    def finished(self, name, script, options):
        """A run of that script, when it has ended."""
        folder = self.folder(name, Dockerfile=DOCKERFILE, **{"main.sh": script})
        self.run_folder(folder, "--memory", "128")
        self.engine = self.with_engine()
        start = f"/v2/actors/~{name}/runs?memory=128&waitForFinish=60&{options}"
        run = self.engine.data("POST", start)
        self.assertIn(run["status"], TERMINAL)
        return run

    def starts(self, run):
        log = self.engine.call("GET", f"/v2/logs/{run['id']}")[1]
        return log.count("ACTOR: Container started.")

    def test_a_process_that_fails_is_started_again_with_its_storages(self):
        run = self.finished("counts", COUNTS, "restartOnError=1")
        self.assertEqual((run["status"], run["exitCode"]), ("SUCCEEDED", 0))
        self.assertEqual(run["stats"]["restartCount"], 2)
        self.assertEqual(self.starts(run), 3)

    def test_after_three_restarts_its_exit_code_stands(self):
        run = self.finished("fails", "exit 7\n", "restartOnError=1")
        self.assertEqual((run["status"], run["exitCode"]), ("FAILED", 7))
        self.assertEqual(run["stats"]["restartCount"], 3)
        self.assertEqual(self.starts(run), 4)

    def test_without_the_option_it_ends_at_once(self):
        run = self.finished("fails-once", "exit 7\n", "restartOnError=0")
        self.assertEqual((run["status"], run["exitCode"]), ("FAILED", 7))
        self.assertEqual(run["stats"]["restartCount"], 0)


if __name__ == "__main__":
    unittest.main()
