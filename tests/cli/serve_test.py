"""`actuary serve`: its address, its directions, and runs that outlive it."""
import os
import socket
import time

from program import TERMINAL, Case, Engine, actuary, example, leftovers


class Serve(Case):
    def test_it_prints_how_clients_are_aimed_at_it(self):
        engine = Engine(self.data, listen=None)
        names = ["APIFY_TOKEN", "APIFY_CLIENT_BASE_URL", "APIFY_API_BASE_URL"]
        self.assertEqual([line.split("=")[0] for line in engine.lines],
                         ["export " + name for name in names])
        self.assertRegex(engine.token, r"^apify_api_\w{20,}$")
        self.assertEqual(engine.call("GET", "/v2/users/me")[1]["data"]["username"], "admin")
        code, said = engine.stop()
        self.assertEqual(code, 0)
        script = f"new ApifyClient({{ baseUrl: '{engine.url}', token: '{engine.token}' }})"
        self.assertIn(script, said)

    def test_address_and_token_are_the_same_after_a_restart(self):
        first = Engine(self.data, listen=None)
        first.stop()
        second = self.with_engine()
        self.assertEqual((second.url, second.token), (first.url, first.token))

    def test_the_token_file_is_for_its_owner_only(self):
        self.with_engine()
        for key in os.scandir(os.path.join(self.data, "keys")):
            self.assertEqual(key.stat().st_mode & 0o077, 0, key.name)

    def test_a_taken_address_names_its_holder(self):
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))
            holder.listen()
            address = "127.0.0.1:%d" % holder.getsockname()[1]
            fresh = os.path.join(self.root, "fresh")
            done = actuary("serve", "--data", fresh, "--listen", address)
            self.assertNotEqual(done.returncode, 0)
            self.assert_says(done, done.returncode, address, str(os.getpid()))
            self.assertEqual(done.stdout, "")
            self.assertEqual(list(leftovers(fresh)), [])

    def test_a_second_engine_in_the_same_folder_is_refused(self):
        engine = self.with_engine()
        done = actuary("serve", "--data", self.data)
        self.assert_says(done, 75, "is in use by process ", str(engine.process.pid))
        self.assertEqual(engine.call("GET", "/v2/users/me")[0], 200)

    def test_an_address_that_is_none_is_a_usage_error(self):
        for address in ("somewhere", "127.0.0.1:", "127.0.0.1:99999", "not-an-address:80"):
            with self.subTest(address=address):
                done = actuary("serve", "--data", self.data, "--listen", address)
                self.assert_says(done, 64, "--listen")

    def test_run_uses_the_engine_that_serves_the_folder(self):
        engine = self.with_engine()
        before = engine.data("GET", "/v2/actor-runs")["total"]
        done = self.run_folder(example("crasher"), "--input", '{"exitCode":0}')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(engine.data("GET", "/v2/actor-runs")["total"], before + 1)


class Restart(Case):
    def test_a_run_goes_on_without_the_engine_and_the_next_one_knows_how_it_ended(self):
        for seconds_away, code, status in ((0, 7, "FAILED"), (4, 42, "FAILED")):
            with self.subTest(seconds_away=seconds_away, code=code):
                self.assertEqual(self.survive(seconds_away, code), (status, code))

    def survive(self, seconds_away, code):
        """Status and exit code of a run of three seconds whose engine is away for so long."""
        built = self.run_folder(example("sleeper"), "--input", '{"seconds":0}')
        self.assertEqual(built.returncode, 0, built.stderr)
        engine = Engine(self.data, listen=None)
        run = engine.data("POST", "/v2/actors/~sleeper/runs", {"seconds": 3, "exitCode": code})
        while "second 1 of 3" not in engine.call("GET", "/v2/logs/" + run["id"])[1]:
            time.sleep(0.05)
        self.assertEqual(engine.stop()[0], 0)
        time.sleep(seconds_away)  # the container ends while nobody watches
        engine = Engine(self.data, listen=None)
        try:
            while run["status"] not in TERMINAL:
                run = engine.data("GET", f"/v2/actor-runs/{run['id']}?waitForFinish=10")
            log = engine.call("GET", "/v2/logs/" + run["id"])[1]
        finally:
            engine.stop()
        self.assertEqual(log.count("ACTOR: Container started."), 1)
        self.assertIn(f"done, exit code {code}", log)
        return run["status"], run["exitCode"]
