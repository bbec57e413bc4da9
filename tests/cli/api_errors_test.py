"""Errors over HTTP: the type that clients branch on, in one envelope, and nothing changed."""
from program import Case, Engine

UNKNOWN = "AAAAAAAAAAAAAAAAA"
DOCKERFILE = 'FROM localhost/actuary/base\nCMD ["true"]\n'
SOURCE = {"versionNumber": "0.1", "sourceType": "SOURCE_FILES", "buildTag": "latest",
          "sourceFiles": [{"name": "Dockerfile", "format": "TEXT", "content": DOCKERFILE}]}


class ApiErrors(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.engine = Engine(cls.data, listen=None)
        actor = cls.engine.data("POST", "/v2/actors", {"name": "bad-input", "versions": [SOURCE]})
        cls.actor = actor["id"]
        builds = f"/v2/actors/{cls.actor}/builds"
        build = cls.engine.data("POST", builds + "?version=0.1&waitForFinish=60")
        assert build["status"] == "SUCCEEDED", build

    @classmethod
    def tearDownClass(cls):
        cls.engine.stop()
        super().tearDownClass()

    def refused(self, status, kind, method, path, body=None, token=None):
        before = self.engine.totals()
        got, answer = self.engine.call(method, path, body, token)
        self.assertEqual(got, status, answer)
        self.assertEqual(sorted(answer), ["error"])
        self.assertEqual(answer["error"]["type"], kind)
        self.assertTrue(answer["error"]["message"])
        self.assertEqual(self.engine.totals(), before)
        return answer["error"]["message"]

    def test_an_invalid_token(self):
        for path in ("/v2/users/me", "/v2/actor-runs", f"/v2/actors/{self.actor}"):
            self.refused(401, "user-or-token-not-found", "GET", path, token="apify_api_nonsense")

    def test_an_unknown_build_tag(self):
        runs = f"/v2/actors/{self.actor}/runs"
        self.refused(404, "unknown-build-tag", "POST", runs + "?build=nightly", {})

    def test_memory_that_is_not_a_power_of_two(self):
        runs = f"/v2/actors/{self.actor}/runs"
        said = self.refused(400, "invalid-value", "POST", runs + "?memory=100", {})
        self.assertIn("power of two", said)
        self.refused(400, "invalid-value", "POST", runs + "?memory=much", {})

    def test_a_malformed_json_body(self):
        for method, path in (("POST", "/v2/actors"), ("PUT", f"/v2/actors/{self.actor}"),
                             ("POST", f"/v2/actors/{self.actor}/versions")):
            self.refused(400, "invalid-request", method, path, b'{"name": ')

    def test_ids_that_do_not_exist(self):
        for path in ("actor-runs", "actor-builds", "key-value-stores", "datasets"):
            self.refused(404, "record-not-found", "GET", f"/v2/{path}/{UNKNOWN}")
            self.refused(404, "record-not-found", "GET", f"/v2/{path}/nonsense")
        self.refused(404, "record-not-found", "GET", f"/v2/logs/{UNKNOWN}")
        self.refused(404, "record-not-found", "POST", f"/v2/actor-runs/{UNKNOWN}/abort")
        self.refused(404, "record-not-found", "POST", f"/v2/actor-runs/{UNKNOWN}/resurrect")
        self.refused(404, "record-not-found", "GET", f"/v2/actors/{UNKNOWN}")

    def test_a_page_that_does_not_exist(self):
        self.refused(404, "page-not-found", "GET", "/v2/nonsense")

    def test_a_name_that_is_taken(self):
        self.refused(409, "actor-name-not-unique", "POST", "/v2/actors", {"name": "bad-input"})
