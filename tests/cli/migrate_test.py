"""Migration, drain and holds on real containers: told, stopped, and on with the same storages."""
import json
import re
import time
import unittest

from program import SECONDS_MAX, Case, Started, actuary, example

START = "ACTOR: Container started."
# Counts from what it saved last. Saves and asks for its next container once it is told to go; the
# events websocket is spoken by hand, because an image without an SDK has no other way.
SAVER = r"""
store=$APIFY_API_BASE_URL/v2/key-value-stores/$ACTOR_DEFAULT_KEY_VALUE_STORE_ID/records/count
auth="Authorization: Bearer $APIFY_TOKEN"
count=$(wget -q -O - --header "$auth" "$store") || count=0
echo "goes on from $count"
url=${ACTOR_EVENTS_WEBSOCKET_URL#ws://}
at=${url%%/*}
ask() {
  printf 'GET /%s HTTP/1.1\r\nHost: %s\r\n' "${url#*/}" "$at"
  printf 'Upgrade: websocket\r\nConnection: Upgrade\r\n'
  printf 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n'
  sleep 600
}
ask | nc "${at%:*}" "${at#*:}" > /tmp/heard &
while :; do
  count=$((count + 1))
  if grep -q '"name":"migrating"' /tmp/heard; then
    wget -q -O /dev/null --method PUT --header "$auth" --header "Content-Type: text/plain" \
      --body-data "$count" "$store" || exit 99
    echo "saved $count"
    wget -q -O /dev/null --method POST --header "$auth" \
      "$APIFY_API_BASE_URL/v2/actor-runs/$ACTOR_RUN_ID/reboot"
    sleep 600
  fi
  sleep 0.1
done
"""
DOCKERFILE = 'FROM localhost/actuary/base\nCOPY main.sh /main.sh\nCMD ["sh", "/main.sh"]\n'


class Migrate(Case):
    def setUp(self):
        self.engine = self.with_engine()

    def start(self, actor, body=None):
        run = self.engine.data("POST", f"/v2/actors/{actor}/runs?memory=128&timeout=600", body)
        self.path = f"/v2/actor-runs/{run['id']}"
        return run

    def sleeper(self):
        self.run_folder(example("sleeper"), "--memory", "128", "--input", '{"seconds":0}')
        run = self.start("~sleeper", {"seconds": 600})
        self.wait_for("second 1 of")
        return run

    def log(self, path=None):
        return self.engine.call("GET", (path or self.path) + "/log")[1]

    def wait_for(self, pattern, times=1, path=None):
        """Until the log says so that often; the last match."""
        deadline = time.monotonic() + SECONDS_MAX
        while len(found := list(re.finditer(pattern, self.log(path)))) < times:
            self.assertLess(time.monotonic(), deadline, self.log(path))
            time.sleep(0.1)
        return found[-1]

    def run_now(self):
        return self.engine.data("GET", self.path)

    def end(self):
        self.engine.data("POST", self.path + "/abort")
        return self.engine.data("GET", self.path + "?waitForFinish=60")

    def test_an_actor_that_hears_of_it_saves_and_goes_on_where_it_was(self):
        folder = self.folder("saver", Dockerfile=DOCKERFILE, **{"main.sh": SAVER})
        building = Started("run", folder, "--data", self.data, "--memory", "128")
        building.wait_for("goes on from 0")
        newest = self.engine.data("GET", "/v2/actor-runs?desc=1")["items"][0]
        self.path = f"/v2/actor-runs/{newest['id']}"
        run = self.run_now()
        began = time.monotonic()
        moved = actuary("migrate", run["id"], "--within", "60", "--data", self.data, "--json")
        self.assert_says(moved, 0, "goes on in another container")
        self.assertLess(time.monotonic() - began, 30, "it need not use its window")
        saved = self.wait_for(r"saved (\d+)")[1]
        self.wait_for(f"goes on from {saved}")
        now = self.run_now()
        self.assertEqual(json.loads(moved.stdout)["id"], run["id"])
        self.assertEqual((now["stats"]["migrationCount"], now["stats"]["rebootCount"]), (1, 1))
        for same in ("id", "defaultKeyValueStoreId", "defaultDatasetId", "startedAt", "buildId"):
            self.assertEqual(now[same], run[same])
        self.end()
        self.assertEqual(building.end(), 3)

    def test_an_actor_that_does_not_is_stopped_when_its_window_is_over(self):
        run = self.sleeper()
        moved = actuary("migrate", run["id"], "--within", "1", "--data", self.data)
        self.assert_says(moved, 0, "told to save")
        self.wait_for("second 1 of", 2)
        self.assertEqual(self.log().count(START), 2)
        ended = self.end()
        self.assertEqual((ended["status"], ended["stats"]["migrationCount"]), ("ABORTED", 1))
        with_gap = self.intervals(run["id"])
        self.assertEqual(len(with_gap), 2)
        self.assertAlmostEqual(ended["stats"]["durationMillis"], sum(with_gap) / 1000, delta=1)

        late = actuary("migrate", run["id"], "--data", self.data)
        self.assert_says(late, 1, "already finished")
        self.assert_says(actuary("migrate", "A" * 17, "--data", self.data), 1, "not found")
        self.assert_says(actuary("migrate", run["id"], "--within", "61"), 64, "--within")

    def intervals(self, run_id):
        """Microseconds that each container ran, from the journal."""
        records = json.loads(actuary("history", run_id, "--data", self.data, "--json").stdout)
        return [record["event"]["active_micros"] for record in records
                if record["event"]["type"] == "AttemptEnded"]

    def test_a_drained_host_is_empty_and_stays_so_until_the_drain_ends(self):
        run = self.sleeper()
        drained = actuary("drain", "--within", "1", "--reason", "new kernel", "--data", self.data)
        self.assert_says(drained, 0, "drained: nothing runs here", "1 wait")
        self.assertEqual(self.run_now()["status"], "RUNNING")
        self.assertEqual(self.log().count(START), 1)
        again = actuary("migrate", run["id"], "--within", "1", "--data", self.data)
        self.assert_says(again, 0, "no container of its own")
        moved = self.path
        waiting = self.start("~sleeper", {"seconds": 0})
        self.assertEqual(waiting["status"], "READY")

        self.engine.stop()
        self.engine = self.with_engine()
        status = actuary("drain", "--status", "--json", "--data", self.data)
        shown = json.loads(status.stdout)
        self.assertEqual((shown["draining"], shown["drained"], shown["runsWaiting"]),
                         (True, True, 2), "a restart of the engine is not the end of a drain")
        self.assertIn("being drained", self.run_now()["statusMessage"])

        self.assert_says(actuary("drain", "--end", "--data", self.data), 0, "not draining")
        self.assertEqual(self.engine.data("GET", self.path + "?waitForFinish=60")["status"],
                         "SUCCEEDED")
        self.wait_for("second 1 of", 2, path=moved)
        self.path = moved
        self.assertEqual(self.run_now()["stats"]["migrationCount"], 1)
        self.end()

    def test_a_run_on_hold_is_not_deleted(self):
        done = self.run_folder(example("crasher"), "--input", '{"exitCode":0}', "--json")
        run = json.loads(done.stdout)["run"]
        policy = ("--delete-runs-after", "0", "--keep-runs", "0", "--data", self.data, "--json")
        planned = lambda: [item["id"] for item in
                           json.loads(actuary("retention", "plan", *policy).stdout)["items"]]
        self.assertIn(run["id"], planned())
        hold = ("hold", run["id"], "--data", self.data, "--reason")
        self.assert_says(actuary(*hold, "evidence"), 0, "on hold")
        self.assertNotIn(run["id"], planned())
        status, answer = self.engine.call("DELETE", f"/v2/actor-runs/{run['id']}")
        self.assertEqual(status, 403)
        self.assertIn("evidence", answer["error"]["message"])
        self.assert_says(actuary(*hold, "case closed", "--lift"), 0, "nothing holds it")
        self.assertIn(run["id"], planned())
        self.assertEqual(self.engine.call("DELETE", f"/v2/actor-runs/{run['id']}")[0], 204)


if __name__ == "__main__":
    unittest.main()
