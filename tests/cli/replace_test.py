"""Reboot and metamorph on real containers: the same run and storages, another container."""
import time
import unittest

from program import SECONDS_MAX, TERMINAL, Case, example

START = "ACTOR: Container started."


class Replace(Case):
    def setUp(self):
        for name in ("sleeper", "crasher"):
            self.run_folder(example(name), "--memory", "128", "--input",
                            '{"seconds":0,"exitCode":0}')
        self.engine = self.with_engine()
        self.run_ = self.engine.data("POST", "/v2/actors/~sleeper/runs?memory=128",
                                     {"seconds": 600})
        self.path = f"/v2/actor-runs/{self.run_['id']}"
        self.eventually(lambda: "second 1 of" in self.log())

    def log(self):
        return self.engine.call("GET", f"/v2/logs/{self.run_['id']}")[1]

    def eventually(self, done):
        deadline = time.monotonic() + SECONDS_MAX
        while not done():
            self.assertLess(time.monotonic(), deadline, self.log())
            time.sleep(0.1)

    def test_a_reboot_is_a_new_container_of_the_same_run(self):
        rebooted = self.engine.data("POST", self.path + "/reboot")
        self.assertEqual(rebooted["status"], "RUNNING")
        self.assertEqual(self.engine.call("POST", self.path + "/reboot")[0], 200, "in flight")
        self.eventually(lambda: self.log().count(START) == 2)
        self.eventually(lambda: self.log().count("second 1 of") == 2)
        run = self.engine.data("GET", self.path)
        self.assertEqual(run["stats"]["rebootCount"], 1)
        self.assertEqual(run["status"], "RUNNING")
        self.assertEqual(run["defaultDatasetId"], self.run_["defaultDatasetId"])
        self.engine.data("POST", self.path + "/abort")
        self.engine.data("GET", self.path + "?waitForFinish=30")
        status, answer = self.engine.call("POST", self.path + "/reboot")
        self.assertEqual((status, answer["error"]["type"]), (400, "job-finished"))
        self.assertIn("already finished", answer["error"]["message"])

    def test_a_metamorph_goes_on_as_the_other_actor(self):
        became = self.engine.data("POST", self.path + "/metamorph?targetActorId=~crasher",
                                  {"exitCode": 5})
        self.assertEqual(became["status"], "RUNNING")
        run = self.engine.data("GET", self.path + "?waitForFinish=60")
        self.assertIn(run["status"], TERMINAL, self.log())
        self.assertEqual((run["status"], run["exitCode"]), ("FAILED", 5))
        self.assertEqual(run["actId"], self.run_["actId"])
        self.assertEqual(run["stats"]["metamorph"], 1)
        self.assertEqual([each["inputKey"] for each in run["metamorphs"]], ["INPUT-METAMORPH-1"])
        store = f"/v2/key-value-stores/{run['defaultKeyValueStoreId']}/records/"
        self.assertEqual(self.engine.call("GET", store + "INPUT-METAMORPH-1")[1], {"exitCode": 5})
        self.assertEqual(self.engine.call("GET", store + "INPUT")[1], {"seconds": 600})

    def test_an_actor_that_is_not_there_changes_nothing(self):
        status, answer = self.engine.call("POST", self.path + "/metamorph?targetActorId=~nobody")
        self.assertEqual((status, answer["error"]["type"]), (404, "record-not-found"))
        status, answer = self.engine.call("POST", self.path + "/metamorph")
        self.assertEqual(status, 400)
        self.assertIn("targetActorId", answer["error"]["message"])
        self.assertEqual(self.engine.data("GET", self.path)["status"], "RUNNING")
        self.engine.data("POST", self.path + "/abort")
        self.engine.data("GET", self.path + "?waitForFinish=30")


if __name__ == "__main__":
    unittest.main()
