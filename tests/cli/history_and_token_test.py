"""`actuary history` and `actuary token`, with and without a running engine."""
import json

from program import Case, actuary, example

UNKNOWN = "AAAAAAAAAAAAAAAAA"


class History(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        done = actuary("run", "--data", cls.data, example("hello"), "--json")
        assert done.returncode == 0, done.stderr
        cls.run_id = json.loads(done.stdout)["run"]["id"]
        cls.build_id = json.loads(done.stdout)["run"]["buildId"]

    def history(self, *arguments):
        return actuary("history", "--data", self.data, *arguments)

    def test_it_tells_the_life_of_a_run(self):
        done = self.history(self.run_id)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        lines = done.stdout.splitlines()
        wanted = ["RunCreated", "AttemptBegan", "AttemptFenced", "AttemptStarted", "AttemptEnded",
                  "RunFinished"]
        self.assertEqual([line.split()[2] for line in lines], wanted)
        self.assertIn("outcome=SUCCEEDED", lines[-1])
        self.assertIn("exit_code=0", lines[-1])

    def test_it_tells_the_life_of_a_build(self):
        done = self.history(self.build_id)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("BuildCreated", done.stdout)

    def test_json_holds_whole_records_in_order(self):
        records = json.loads(self.history(self.run_id, "--json").stdout)
        positions = [record["position"] for record in records]
        self.assertEqual(positions, sorted(positions))
        versions = [record["version"] for record in records]
        self.assertEqual(versions, list(range(1, len(records) + 1)))
        self.assertEqual({record["stream"]["id"] for record in records}, {self.run_id})
        self.assertEqual(records[0]["event"]["type"], "RunCreated")

    def test_a_running_engine_tells_the_same(self):
        for arguments in ([self.run_id], [self.run_id, "--json"]):
            alone = self.history(*arguments)
            engine = self.with_engine()
            asked = self.history(*arguments)
            engine.stop()
            self.assertEqual((asked.returncode, asked.stdout), (alone.returncode, alone.stdout))

    def test_an_unknown_id_is_exit_code_1_and_one_line(self):
        alone = self.history(UNKNOWN)
        self.with_engine()
        for done in (alone, self.history(UNKNOWN)):
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
            self.assertRegex(done.stderr, "^actuary: ")

    def test_what_is_no_id_is_said_to_be_none(self):
        for engine in (False, True):
            if engine:
                self.with_engine()
            self.assert_says(self.history("../x"), 1, "actuary: ")

    def test_a_folder_without_a_journal_is_not_made_into_one(self):
        done = actuary("history", "--data", self.root + "/nothing", self.run_id)
        self.assert_says(done, 1, "holds no journal")


class Token(Case):
    def create(self, *arguments):
        done = actuary("token", "create", "--data", self.data, *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"^apify_api_\w+\n$")
        return done.stdout.strip()

    def user_of(self, engine, token):
        status, answer = engine.call("GET", "/v2/users/me", token=token)
        return answer["data"]["username"] if status == 200 else status

    def revoke(self, token):
        return actuary("token", "revoke", "--data", self.data, token)

    def listed(self):
        done = actuary("token", "list", "--data", self.data, "--json")
        return {token["id"]: token for token in json.loads(done.stdout)["items"]}

    def test_it_is_made_without_and_with_an_engine_and_opens_the_api(self):
        alone = self.create()
        engine = self.with_engine()
        for token in (alone, self.create()):
            self.assertEqual(self.user_of(engine, token), "admin")

    def test_a_new_name_makes_a_new_user_and_a_known_one_does_not(self):
        engine = self.with_engine()
        tokens = [self.create("--user", "ada.lovelace"), self.create("--user", "ada.lovelace")]
        self.assertEqual([self.user_of(engine, token) for token in tokens], ["ada.lovelace"] * 2)
        ids = {engine.call("GET", "/v2/users/me", token=token)[1]["data"]["id"]
               for token in tokens}
        self.assertEqual(len(ids), 1)

    def test_one_user_does_not_see_the_other_ones_actors(self):
        engine = self.with_engine()
        actor = engine.data("POST", "/v2/actors", {"name": "private-one"})
        stranger = self.create("--user", "stranger")
        self.assertEqual(engine.call("GET", "/v2/actors/" + actor["id"], token=stranger)[0], 404)
        seen = engine.call("GET", "/v2/actors?my=1", token=stranger)[1]["data"]
        self.assertEqual(seen["total"], 0)

    def test_a_revoked_token_is_worthless_at_once_and_after_a_restart(self):
        engine = self.with_engine()
        known = set(self.listed())
        token = self.create()
        (token_id,) = set(self.listed()) - known
        self.assertEqual(self.user_of(engine, token), "admin")
        self.assert_says(self.revoke(token_id), 0, "revoked " + token_id)
        self.assertEqual(self.user_of(engine, token), 401)
        engine.stop()
        self.assertEqual(self.user_of(self.with_engine(), token), 401)

    def test_list_never_shows_a_token(self):
        token = self.create()
        plain = actuary("token", "list", "--data", self.data)
        self.assertEqual(plain.returncode, 0, plain.stderr)
        self.assertEqual(len(plain.stdout.splitlines()), len(self.listed()))
        self.assertIn("admin", plain.stdout)
        self.assertNotIn(token, plain.stdout + json.dumps(self.listed()))

    def test_an_unknown_token_is_exit_code_1(self):
        for unknown in (UNKNOWN, "nonsense"):
            self.assert_says(self.revoke(unknown), 1, "actuary: ", "not found")

    def test_a_bad_user_name_is_a_usage_error_and_makes_nobody(self):
        before = self.listed()
        done = actuary("token", "create", "--data", self.data, "--user", "Bad Name!")
        self.assert_says(done, 64, "user name")
        self.assertEqual(self.listed(), before)
