"""A disk that runs full under a real engine: nothing that was acknowledged is lost, reads go on,
what runs ends with its real exit code, and with space back everything works without a restart."""
import os
import shutil
import subprocess
import tempfile
import time
import unittest

from program import SECONDS_MAX, TERMINAL, Engine, actuary, example, leftovers

MB = 1 << 20
RESERVE = 64
SHORT = f"free, reserve {RESERVE} MB"


class FullDisk(unittest.TestCase):
    """One file system of its own for DATA, gone afterwards."""

    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="actuary-disk-")
        self.disk = os.path.join(self.root, "disk")
        self.data = os.path.join(self.disk, "data")
        self.filler = os.path.join(self.disk, "filler")
        os.mkdir(self.disk)
        self.addCleanup(shutil.rmtree, self.root, ignore_errors=True)

    def mount_ext4(self, mbytes):
        image = os.path.join(self.root, "image")
        with open(image, "wb") as file:
            file.truncate(mbytes * MB)
        subprocess.run(["mkfs.ext4", "-q", "-m", "0", image], check=True)
        self.mount("-o", "loop", image)

    def mount(self, *words):
        subprocess.run(["mount", *words, self.disk], check=True)
        self.addCleanup(subprocess.run, ["umount", self.disk], check=True)
        self.addCleanup(lambda: self.assertEqual(list(leftovers(self.data)), []))

    def serve(self, listen=None):
        engine = Engine(self.data, listen, options=("--disk-reserve", str(RESERVE)))
        self.addCleanup(engine.stop)
        return engine

    def free(self):
        disk = os.statvfs(self.disk)
        return disk.f_bavail * disk.f_frsize

    def fill(self, leave):
        """Takes space until `leave` bytes are free."""
        with open(self.filler, "ab") as file:
            taken = os.fstat(file.fileno()).st_blocks * 512
            step = MB
            while step >= 4096 and self.free() > leave:
                try:  # the last of the free blocks hold no file: the file system needs them itself
                    os.posix_fallocate(file.fileno(), taken, min(step, self.free() - leave))
                    taken = os.fstat(file.fileno()).st_blocks * 512
                except OSError:
                    step //= 16

    def eventually(self, done):
        deadline = time.monotonic() + SECONDS_MAX
        while not done():
            self.assertLess(time.monotonic(), deadline, "it did not happen")
            time.sleep(0.1)

    def assert_refused(self, answer, text):
        status, body = answer
        self.assertEqual(status, 503, body)
        self.assertEqual(body["error"]["type"], "service-unavailable")
        self.assertIn(text, body["error"]["message"])

    def ended(self, engine, run):
        path = f"/v2/actor-runs/{run['id']}?waitForFinish=5"
        self.eventually(lambda: engine.data("GET", path)["status"] in TERMINAL)
        return engine.data("GET", path)

    def test_below_the_reserve_it_refuses_reads_on_and_recovers_by_itself(self):
        self.mount_ext4(1024)
        built = actuary("run", "--data", self.data, example("sleeper"), "--memory", "128",
                        "--input", '{"seconds":0}')
        self.assertEqual(built.returncode, 0, built.stderr)
        engine = self.serve(listen="127.0.0.1:0")
        start = "/v2/actors/~sleeper/runs?memory=128"
        store = engine.data("POST", "/v2/key-value-stores?name=kept")["id"]
        record = f"/v2/key-value-stores/{store}/records/answer"
        self.assertEqual(engine.call("PUT", record, {"value": 42})[0], 201)
        worker = engine.data("POST", start, {"seconds": 6, "exitCode": 7})
        sleeper = engine.data("POST", start, {"seconds": 600})
        self.eventually(lambda: engine.data("GET", f"/v2/actor-runs/{sleeper['id']}")["status"]
                        == "RUNNING")
        before = engine.totals()

        self.fill(leave=(RESERVE - 12) * MB)
        # A measurement is believed for a moment.
        self.eventually(lambda: engine.call("PUT", record, {"value": 42})[0] == 503)
        self.assert_refused(engine.call("POST", start, {"seconds": 0}), SHORT)
        self.assert_refused(engine.call("PUT", record, {"value": 43}), SHORT)
        self.assert_refused(engine.call("POST", "/v2/actors", {"name": "another"}), SHORT)
        dataset = worker["defaultDatasetId"]
        self.assert_refused(engine.call("POST", f"/v2/datasets/{dataset}/items", [{"a": 1}]), SHORT)
        self.assertEqual(engine.call("GET", record), (200, {"value": 42}))
        self.assertEqual(engine.totals(), before, "what was refused left nothing")
        self.assertEqual(engine.call("POST", f"/v2/actor-runs/{sleeper['id']}/abort")[0], 200,
                         "an abort gives space back")
        self.assertEqual(self.ended(engine, sleeper)["status"], "ABORTED")
        done = self.ended(engine, worker)
        self.assertEqual((done["status"], done["exitCode"]), ("FAILED", 7))

        os.unlink(self.filler)
        self.eventually(lambda: engine.call("PUT", record, {"value": 44})[0] < 300)
        last = self.ended(engine, engine.data("POST", start, {"seconds": 2, "exitCode": 3}))
        self.assertEqual((last["status"], last["exitCode"]), ("FAILED", 3))
        self.assertIsNone(engine.process.poll(), "it is the same engine")
        code, said = engine.stop()
        self.assertEqual(code, 0)
        self.assertIn(SHORT + "; commands are refused until there is room", said)
        self.assertIn("the disk has room again", said)

    def test_a_disk_without_a_byte_costs_the_ballast_once_and_loses_nothing(self):
        self.mount_ext4(1024)
        engine = self.serve(listen="127.0.0.1:0")
        ballast = os.path.join(self.data, "ballast")
        self.eventually(lambda: os.path.exists(ballast))
        self.assertEqual(os.stat(ballast).st_blocks * 512 // MB, 64)
        for number in range(20):
            engine.data("POST", f"/v2/datasets?name=acknowledged-{number}")
        engine.process.kill()
        engine.process.wait()

        self.fill(leave=0)
        self.assertLess(self.free(), MB)
        again = self.serve()
        self.assertFalse(os.path.exists(ballast))
        names = {each["name"] for each in again.data("GET", "/v2/datasets")["items"]}
        self.assertLessEqual({f"acknowledged-{number}" for number in range(20)}, names)
        # What the ballast gave back is taken too, but for a part of the reserve.
        self.fill(leave=(RESERVE - 12) * MB)
        self.eventually(lambda: again.call(
            "POST", f"/v2/datasets?name=perhaps-{time.monotonic_ns()}")[0] == 503)
        self.assert_refused(again.call("POST", "/v2/datasets?name=more"), "disk full: ")
        again.process.kill()
        again.process.wait()

        self.fill(leave=0)
        refused = actuary("serve", "--data", self.data)
        self.assertEqual(refused.returncode, 74, refused.stderr)
        self.assertIn("disk full: ", refused.stderr)
        self.assertIn("are needed to open; free some space and start again", refused.stderr)

        os.unlink(self.filler)
        last = self.serve()
        names = {each["name"] for each in last.data("GET", "/v2/datasets")["items"]}
        self.assertLessEqual({f"acknowledged-{number}" for number in range(20)}, names)
        self.assertNotIn("more", names)
        self.eventually(lambda: os.path.exists(ballast))
        self.eventually(lambda: last.call("POST", "/v2/datasets?name=more")[0] == 201)

    def test_a_disk_without_inodes_is_a_full_disk(self):
        self.mount("-t", "tmpfs", "-o", "size=1g,nr_inodes=2000", "tmpfs")
        engine = self.serve(listen="127.0.0.1:0")
        engine.data("POST", "/v2/datasets?name=acknowledged")
        store = engine.data("POST", "/v2/key-value-stores?name=probe")["id"]
        record = f"/v2/key-value-stores/{store}/records/probe"
        many = os.path.join(self.disk, "many")
        os.mkdir(many)
        while os.statvfs(self.disk).f_ffree > 80:
            with open(os.path.join(many, str(os.statvfs(self.disk).f_ffree)), "wb"):
                pass
        self.eventually(lambda: engine.call("PUT", record, {"value": 1})[0] == 503)
        self.assert_refused(engine.call("POST", "/v2/datasets?name=more"),
                            "files (inodes) free, reserve 100")
        listed = engine.data("GET", "/v2/datasets")["items"]
        self.assertEqual([each["name"] for each in listed], ["acknowledged"])
        shutil.rmtree(many)
        self.eventually(lambda: engine.call("POST", "/v2/datasets?name=more")[0] == 201)


if __name__ == "__main__":
    unittest.main()
