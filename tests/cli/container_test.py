"""What a container sees, and what is seen of it: environment, secrets, web server, samples."""
import json
import time
import urllib.error
import urllib.request

from program import SECONDS_MAX, TERMINAL, Case, Engine

DOCKERFILE = 'FROM localhost/actuary/base\nCOPY main.sh /main.sh\nCMD ["sh", "/main.sh"]\n'


class Container(Case):
    def setUp(self):
        self.engine = self.with_engine()

    def actor(self, name, script, variables=()):
        """Makes and builds an Actor that runs `script` in a shell."""
        files = [{"name": "Dockerfile", "format": "TEXT", "content": DOCKERFILE},
                 {"name": "main.sh", "format": "TEXT", "content": script}]
        version = {"versionNumber": "0.1", "sourceType": "SOURCE_FILES", "buildTag": "beta",
                   "sourceFiles": files, "envVars": list(variables)}
        actor = self.engine.data("POST", "/v2/actors", {"name": name, "versions": [version]})
        build = self.engine.data("POST", f"/v2/actors/{actor['id']}/builds?version=0.1")
        build = self.wait("actor-builds", build)
        self.assertEqual(build["status"], "SUCCEEDED", self.log(build))
        return actor

    def wait(self, kind, job):
        deadline = time.monotonic() + SECONDS_MAX
        while job["status"] not in TERMINAL:
            self.assertLess(time.monotonic(), deadline, self.log(job))
            job = self.engine.data("GET", f"/v2/{kind}/{job['id']}?waitForFinish=10")
        return job

    def log(self, job):
        return self.engine.call("GET", "/v2/logs/" + job["id"])[1]

    def run_actor(self, actor, query="", content=None):
        query = "build=beta&" + query
        return self.engine.data("POST", f"/v2/actors/{actor['id']}/runs?{query}", content or {})

    def when(self, run, condition, what):
        """The run as soon as `condition` holds of it."""
        deadline = time.monotonic() + SECONDS_MAX
        while True:
            run = self.engine.data("GET", "/v2/actor-runs/" + run["id"])
            if condition(run):
                return run
            self.assertNotIn(run["status"], TERMINAL, what + "\n" + self.log(run))
            self.assertLess(time.monotonic(), deadline, what + "\n" + self.log(run))
            time.sleep(0.1)

    def environment(self, run):
        """What the Actor's `env` printed last."""
        lines = self.log(run).split("begin of env\n")[-1].splitlines()
        return dict(line[25:].split("=", 1) for line in lines if "=" in line[25:])


class Environment(Container):
    SAME = {"ACTOR_ID": ("APIFY_ACTOR_ID", "APIFY_ACT_ID"),
            "ACTOR_RUN_ID": ("APIFY_ACTOR_RUN_ID", "APIFY_ACT_RUN_ID"),
            "ACTOR_BUILD_ID": ("APIFY_ACTOR_BUILD_ID",),
            "ACTOR_BUILD_NUMBER": ("APIFY_ACTOR_BUILD_NUMBER",),
            "ACTOR_TASK_ID": ("APIFY_ACTOR_TASK_ID",),
            "ACTOR_DEFAULT_DATASET_ID": ("APIFY_DEFAULT_DATASET_ID",),
            "ACTOR_DEFAULT_KEY_VALUE_STORE_ID": ("APIFY_DEFAULT_KEY_VALUE_STORE_ID",),
            "ACTOR_DEFAULT_REQUEST_QUEUE_ID": ("APIFY_DEFAULT_REQUEST_QUEUE_ID",),
            "ACTOR_INPUT_KEY": ("APIFY_INPUT_KEY",),
            "ACTOR_MEMORY_MBYTES": ("APIFY_MEMORY_MBYTES",),
            "ACTOR_STARTED_AT": ("APIFY_STARTED_AT",),
            "ACTOR_TIMEOUT_AT": ("APIFY_TIMEOUT_AT",),
            "ACTOR_EVENTS_WEBSOCKET_URL": ("APIFY_ACTOR_EVENTS_WS_URL",),
            "ACTOR_WEB_SERVER_PORT": ("APIFY_CONTAINER_PORT",),
            "ACTOR_WEB_SERVER_URL": ("APIFY_CONTAINER_URL",)}

    def test_it_is_complete_under_new_and_old_names_and_refreshed_by_a_resurrection(self):
        actor = self.actor("env", "echo 'begin of env'; env\n",
                           [{"name": "MINE", "value": "of the version"},
                            {"name": "ACTOR_WEB_SERVER_PORT", "value": "8080"}])
        run = self.wait("actor-runs", self.run_actor(actor, "memory=512&timeout=100"))
        seen = self.environment(run)
        for name, aliases in self.SAME.items():
            self.assertIn(name, seen)
            if name != "ACTOR_WEB_SERVER_PORT":
                for alias in aliases:
                    self.assertEqual(seen.get(alias), seen[name], alias)
        expected = {"ACTOR_ID": actor["id"], "ACTOR_RUN_ID": run["id"],
                    "ACTOR_FULL_NAME": "admin/env", "ACTOR_BUILD_ID": run["buildId"],
                    "ACTOR_BUILD_NUMBER": "0.1.1", "ACTOR_BUILD_TAGS": "beta",
                    "ACTOR_DEFAULT_DATASET_ID": run["defaultDatasetId"],
                    "ACTOR_INPUT_KEY": "INPUT", "ACTOR_MEMORY_MBYTES": "512",
                    "ACTOR_STARTED_AT": run["startedAt"], "ACTOR_WEB_SERVER_PORT": "8080",
                    "APIFY_CONTAINER_PORT": "4321", "ACTOR_WEB_SERVER_URL": run["containerUrl"],
                    "ACTOR_STANDBY_PORT": "4321", "ACTOR_PERMISSION_LEVEL": "FULL_PERMISSIONS",
                    "ACTOR_MAX_PAID_DATASET_ITEMS": "", "ACTOR_MAX_TOTAL_CHARGE_USD": "",
                    "APIFY_USER_ID": run["userId"], "APIFY_USER_IS_PAYING": "1",
                    "APIFY_IS_AT_HOME": "1", "APIFY_HEADLESS": "1", "APIFY_META_ORIGIN": "API",
                    "APIFY_DEDICATED_CPUS": "0.125", "APIFY_WORKFLOW_KEY": run["id"],
                    "MINE": "of the version"}
        self.assertEqual({name: seen.get(name) for name in expected}, expected)
        stores = json.loads(seen["ACTOR_STORAGES_JSON"])
        self.assertEqual(stores["datasets"]["default"], run["defaultDatasetId"])
        self.assertRegex(seen["ACTOR_EVENTS_WEBSOCKET_URL"],
                         r"^ws://127\.0\.0\.1:\d+/" + run["id"] + "$")
        self.assertRegex(seen["APIFY_API_BASE_URL"], r"^http://10\.")
        for name in ("ACTOR_TEST_PAY_PER_EVENT", "ACTOR_USE_CHARGING_LOG_DATASET"):
            self.assertNotIn(name, seen)
        again = self.engine.data("POST", f"/v2/actor-runs/{run['id']}/resurrect?timeout=0")
        again = self.wait("actor-runs", again)
        self.assertEqual(self.environment(again)["ACTOR_TIMEOUT_AT"], "", "no timeout any more")
        again = self.engine.data("POST", f"/v2/actor-runs/{run['id']}/resurrect?timeout=100")
        self.wait("actor-runs", again)
        later = self.environment(again)
        self.assertGreater(later["ACTOR_TIMEOUT_AT"], seen["ACTOR_TIMEOUT_AT"])
        self.assertEqual(later["ACTOR_STARTED_AT"], seen["ACTOR_STARTED_AT"])

    def test_secrets_and_the_runs_token_never_reach_the_log(self):
        secrets = [{"name": "PASSWORD", "value": "correct horse battery", "isSecret": True},
                   {"name": "KEY", "value": "-----BEGIN KEY-----\nMIIB0123456789\n",
                    "isSecret": True}]
        script = ('echo "it is $PASSWORD, it is $PASSWORD."; echo "$KEY"; echo "$APIFY_TOKEN"\n'
                  # Across the place where a line without an end is cut.
                  'head -c 65500 /dev/zero | tr "\\0" x; printf "%s" "$PASSWORD"\n'
                  'head -c 70000 /dev/zero | tr "\\0" y; echo; echo "${#PASSWORD} bytes"\n')
        run = self.wait("actor-runs", self.run_actor(self.actor("secretive", script, secrets)))
        log = self.log(run)
        self.assertIn("Z it is ***, it is ***.\n", log)
        self.assertIn("Z 21 bytes\n", log)
        for secret in ("correct", "battery", "BEGIN KEY", "MIIB", "apify_run_"):
            self.assertNotIn(secret, log)
        self.assertEqual(run["status"], "SUCCEEDED")


class WebServer(Container):
    def get(self, url, **headers):
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers=headers),
                                        timeout=SECONDS_MAX) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def test_a_container_is_reached_through_its_url_and_by_nobody_who_guesses(self):
        script = ('mkdir /tmp/www\n'
                  'echo "hello from inside" > /tmp/www/page.html; echo ready; sleep 2\n'
                  'httpd -f -p "$ACTOR_WEB_SERVER_PORT" -h /tmp/www\n')
        actor = self.actor("server", script)
        run = self.run_actor(actor)
        self.assertFalse(run["isContainerServerReady"])
        self.when(run, lambda _: "Z ready" in self.log(run), "it never started")
        status, text = self.get(run["containerUrl"] + "/page.html")
        self.assertEqual(status, 502, text)
        run = self.when(run, lambda now: now["isContainerServerReady"], "it never listened")
        url = run["containerUrl"]
        self.assertEqual(self.get(url + "/page.html"), (200, "hello from inside\n"))
        self.assertEqual(self.get(url + "/no-such-page")[0], 404)
        for wrong in (url[:-1] + ("0" if url[-1] != "0" else "1"), url[:-32], url[:-33], url + "0"):
            self.assertEqual(self.get(wrong + "/page.html")[0], 404, wrong)
        self.visit_from_another_run(url)
        restarted = self.restart_engine()
        self.assertEqual(self.get(url + "/page.html"), (200, "hello from inside\n"))
        restarted.data("POST", f"/v2/actor-runs/{run['id']}/abort")
        self.wait("actor-runs", run)
        self.assertEqual(self.get(url + "/page.html")[0], 502)

    def visit_from_another_run(self, url):
        """Containers do not reach each other; through the engine, with the address, they do."""
        visitor = self.actor("visitor", (
            'store="$APIFY_API_BASE_URL/v2/key-value-stores/$ACTOR_DEFAULT_KEY_VALUE_STORE_ID"\n'
            'url="$(wget -q -O - "$store/records/INPUT?token=$APIFY_TOKEN" | cut -d \'"\' -f 4)"\n'
            'echo "it said: $(wget -q -O - "$url/page.html")"\n'
            'wget -q -O - "${url%????}0000/page.html" || echo "and nothing to one who guesses"\n'))
        run = self.wait("actor-runs", self.run_actor(visitor, content={"url": url}))
        log = self.log(run)
        self.assertIn("it said: hello from inside\n", log)
        self.assertIn("and nothing to one who guesses\n", log)

    def restart_engine(self):
        self.engine.stop()
        self.engine = Engine(self.data, listen=None)
        self.addCleanup(self.engine.stop)
        return self.engine


class Samples(Container):
    def test_stats_are_there_from_the_start_and_stay_after_the_end(self):
        script = ('head -c 41943040 /dev/zero | tail -c 41943040 | { sleep 3; cat >/dev/null; }\n'
                  'wget -q -O /dev/null "$APIFY_API_BASE_URL/v2/actor-runs?token=$APIFY_TOKEN"\n'
                  'sleep 1\n')
        run = self.run_actor(self.actor("samples", script), "memory=256")
        names = ["memAvgBytes", "memMaxBytes", "memCurrentBytes", "cpuAvgUsage", "cpuMaxUsage",
                 "cpuCurrentUsage", "netRxBytes", "netTxBytes", "inputBodyLen", "restartCount",
                 "resurrectCount", "durationMillis", "runTimeSecs", "computeUnits"]
        for name in names:
            self.assertIsInstance(run["stats"][name], (int, float), name)
        self.when(run, lambda now: now["stats"]["memCurrentBytes"] > 41943040, "no such sample")
        run = self.wait("actor-runs", run)
        self.assertEqual(run["status"], "SUCCEEDED", self.log(run))
        stats = run["stats"]
        self.assertGreater(stats["memMaxBytes"], 41943040)
        self.assertLess(stats["memMaxBytes"], 256 << 20)
        self.assertGreater(stats["memAvgBytes"], 0)
        self.assertGreater(stats["cpuMaxUsage"], 0)
        self.assertGreater(stats["cpuAvgUsage"], 0)
        self.assertGreater(stats["netRxBytes"], 0)
        self.assertGreater(stats["netTxBytes"], 0)
        self.assertEqual((stats["memCurrentBytes"], stats["cpuCurrentUsage"]), (0, 0))
