"""Abort and resurrection on real containers: what stops how, and what goes on where it was."""
import re
import time
import unittest

from program import SECONDS_MAX, Case, example

# Counts in the run's own store, and ends when it sees that it is being aborted.
COUNTER = """
store=$APIFY_API_BASE_URL/v2/key-value-stores/$ACTOR_DEFAULT_KEY_VALUE_STORE_ID/records/count
auth="Authorization: Bearer $APIFY_TOKEN"
count=$(wget -q -O - --header "$auth" "$store") || count=0
echo "goes on from $count with $ACTOR_MEMORY_MBYTES MB in $ACTOR_BUILD_NUMBER"
while :; do
  count=$((count + 1))
  wget -q -O /dev/null --method PUT --header "$auth" --header "Content-Type: text/plain" \\
    --body-data "$count" "$store" || exit 99
  wget -q -O - --header "$auth" "$APIFY_API_BASE_URL/v2/actor-runs/$ACTOR_RUN_ID" |
    grep -q '"status":"ABORTING"' && { echo "saved $count"; exit 0; }
  sleep 0.2
done
"""
STUBBORN = "trap 'echo signalled' TERM INT HUP\nwhile :; do echo still here; sleep 0.2; done\n"
DOCKERFILE = 'FROM localhost/actuary/base\nCOPY main.sh /main.sh\nCMD ["sh", "/main.sh"]\n'


class Lifecycle(Case):
    def setUp(self):
        self.engine = self.with_engine()

    def actor(self, name, script):
        """A built Actor of that script; its path."""
        files = [{"name": file, "format": "TEXT", "content": text}
                 for file, text in (("Dockerfile", DOCKERFILE), ("main.sh", script))]
        version = {"versionNumber": "0.1", "sourceType": "SOURCE_FILES", "buildTag": "latest",
                   "sourceFiles": files}
        actor = self.engine.data("POST", "/v2/actors", {"name": name, "versions": [version]})
        path = f"/v2/actors/{actor['id']}"
        self.build(path)
        return path

    def build(self, actor):
        build = self.engine.data("POST", actor + "/builds?version=0.1&waitForFinish=60")
        self.assertEqual(build["status"], "SUCCEEDED")
        return build

    def start(self, actor, query):
        run = self.engine.data("POST", f"{actor}/runs?memory=128&{query}")
        self.path = f"/v2/actor-runs/{run['id']}"
        return run

    def log(self):
        return self.engine.call("GET", self.path + "/log")[1]

    def wait_for(self, pattern, times=1):
        """Until the log says so; the last match."""
        deadline = time.monotonic() + SECONDS_MAX
        while len(found := list(re.finditer(pattern, self.log()))) < times:
            self.assertLess(time.monotonic(), deadline, self.log())
            time.sleep(0.1)
        return found[-1]

    def finished(self):
        return self.engine.data("GET", self.path + "?waitForFinish=60")

    def abort(self, query=""):
        return self.engine.data("POST", self.path + "/abort" + query)["status"]

    def test_a_counter_goes_on_with_a_new_build_and_twice_the_memory(self):
        actor = self.actor("counter", COUNTER)
        run = self.start(actor, "timeout=600")
        self.wait_for("goes on from 0 with 128 MB in 0.1.1")
        began = time.monotonic()
        self.assertEqual(self.abort("?gracefully=1"), "ABORTING")
        aborted = self.finished()
        self.assertEqual((aborted["status"], aborted["exitCode"]), ("ABORTED", 0))
        self.assertLess(time.monotonic() - began, 20, "it ends as soon as the process does")
        saved = self.wait_for(r"saved (\d+)")[1]
        build = self.build(actor)
        again = self.engine.data("POST",
                                 self.path + "/resurrect?build=latest&memory=256&timeout=77")
        self.assertEqual((again["status"], again["exitCode"]), ("RUNNING", None))
        self.wait_for(f"goes on from {saved} with 256 MB in {build['buildNumber']}")
        now = self.engine.data("GET", self.path)
        for same in ("id", "defaultKeyValueStoreId", "defaultDatasetId", "startedAt"):
            self.assertEqual(now[same], run[same])
        self.assertEqual(now["options"]["timeoutSecs"], 77)
        self.assertEqual(now["buildId"], build["id"])
        self.assertEqual(self.abort(), "ABORTING")
        self.assertEqual(self.finished()["status"], "ABORTED")

    def test_no_signal_comes_before_the_deadline_but_a_second_abort_kills_at_once(self):
        self.start(self.actor("stubborn", STUBBORN), "timeout=600")
        self.wait_for("still here")
        self.assertEqual(self.abort("?gracefully=1"), "ABORTING")
        heard = self.log().count("still here")
        self.wait_for("still here", heard + 10)
        self.assertEqual(self.abort("?gracefully=1"), "ABORTING")
        began = time.monotonic()
        self.abort()
        killed = self.finished()
        self.assertLess(time.monotonic() - began, 10)
        self.assertEqual((killed["status"], killed["exitCode"]), ("ABORTED", 137))
        self.assertNotIn("signalled", self.log())

    def test_every_finished_run_is_resurrected_again_and_again(self):
        self.run_folder(example("sleeper"), "--memory", "128", "--input", '{"seconds":0}')
        run = self.start("/v2/actors/~sleeper", "timeout=1")
        self.assertEqual(self.finished()["status"], "TIMED-OUT")
        resurrect = self.path + "/resurrect"
        self.assertEqual(self.engine.data("POST", resurrect + "?timeout=600")["status"], "RUNNING")
        self.wait_for("second 3 of")
        self.abort()
        self.assertEqual(self.finished()["status"], "ABORTED")
        store = f"/v2/key-value-stores/{run['defaultKeyValueStoreId']}/records/INPUT"
        for code, status in ((3, "FAILED"), (0, "SUCCEEDED"), (0, "SUCCEEDED")):
            self.engine.call("PUT", store, {"seconds": 0, "exitCode": code})
            self.engine.data("POST", resurrect)
            ended = self.finished()
            self.assertEqual((ended["status"], ended["exitCode"]), (status, code))
        self.assertEqual(ended["stats"]["resurrectCount"], 4)
        self.assertEqual(ended["options"]["timeoutSecs"], 600)
        self.assertEqual(ended["startedAt"], run["startedAt"])


if __name__ == "__main__":
    unittest.main()
