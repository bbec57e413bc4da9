"""The program as a user meets it: its commands, its engine as a process, what it leaves behind."""
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

ACTUARY = os.environ["ACTUARY"]
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EXAMPLES = os.path.join(SOURCE, "tools", "examples")
TERMINAL = {"SUCCEEDED", "FAILED", "TIMED-OUT", "ABORTED"}
SECONDS_MAX = 60


def actuary(*arguments, stdin="", env=None, prefix=()):
    """Runs one command to its end."""
    return subprocess.run([*prefix, ACTUARY, *arguments], input=stdin, capture_output=True,
                          text=True, check=False, timeout=SECONDS_MAX,
                          env={**os.environ, **(env or {})})


def example(name):
    return os.path.join(EXAMPLES, name)


def said_so_far(stream, until=None, seconds=SECONDS_MAX):
    """What a pipe holds now; with `until`, what comes until it holds it, within `seconds`."""
    os.set_blocking(stream.fileno(), False)
    said, deadline = "", time.monotonic() + (seconds if until else 1)
    while until is None or until not in said:
        if not select.select([stream], [], [], max(deadline - time.monotonic(), 0))[0]:
            break
        chunk = os.read(stream.fileno(), 65536)
        if not chunk:
            break
        said += chunk.decode(errors="replace")
    os.set_blocking(stream.fileno(), True)
    return said


class Started:
    """A command in a process group of its own, as a terminal would start it."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([ACTUARY, *arguments], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, start_new_session=True)
        os.set_blocking(self.process.stderr.fileno(), False)
        self.stderr = ""

    def wait_for(self, text):
        deadline = time.monotonic() + SECONDS_MAX
        while text not in self.stderr:
            left = deadline - time.monotonic()
            ready = select.select([self.process.stderr], [], [], max(left, 0))[0]
            chunk = self.process.stderr.read() if ready else b""
            if not chunk:
                raise AssertionError(f"no {text!r} in:\n{self.stderr}")
            self.stderr += chunk.decode()

    def interrupt(self):
        os.killpg(self.process.pid, signal.SIGINT)

    def end(self):
        """Its exit code; all of stderr is read then."""
        os.set_blocking(self.process.stderr.fileno(), True)
        self.stdout, rest = self.process.communicate(timeout=SECONDS_MAX)
        self.stderr += rest.decode()
        return self.process.returncode


class Engine:
    """`actuary serve` on a free port, and its API."""

    def __init__(self, data, listen="127.0.0.1:0", options=(), env=None):
        listening = ("--listen", listen) if listen else ()
        self.process = subprocess.Popen([ACTUARY, "serve", "--data", data, *listening, *options],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        start_new_session=True,
                                        env={**os.environ, **(env or {})})
        patience = threading.Timer(SECONDS_MAX, self.process.kill)
        patience.start()
        self.lines = [self.process.stdout.readline().rstrip("\n") for _ in range(3)]
        patience.cancel()
        exports = dict(line.removeprefix("export ").split("=", 1) for line in self.lines if line)
        if "APIFY_TOKEN" not in exports:
            # What it started may hold its stderr open: nothing here waits for the end of that.
            self.process.kill()
            said = said_so_far(self.process.stderr)
            raise AssertionError("the engine did not start: " + said)
        self.token, self.url = exports["APIFY_TOKEN"], exports["APIFY_API_BASE_URL"]

    def call(self, method, path, body=None, token=None):
        """Status and JSON (or text) of the answer."""
        headers = {"Authorization": "Bearer " + (token or self.token),
                   "Content-Type": "application/json"}
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, content, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=SECONDS_MAX) as response:
                status, text = response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read().decode()
        try:
            return status, json.loads(text)
        except ValueError:
            return status, text

    def data(self, method, path, body=None):
        status, answer = self.call(method, path, body)
        assert status < 300, answer
        return answer["data"]

    def totals(self):
        """How many Actors, builds and runs there are."""
        return [self.data("GET", path)["total"]
                for path in ("/v2/actors?my=1", "/v2/actor-builds", "/v2/actor-runs")]

    def stop(self):
        """SIGTERM; its exit code, and what it said."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            _, said = self.process.communicate(timeout=SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        return self.process.returncode, said


class Case(unittest.TestCase):
    """Tests that share one DATA folder; when they are done, the machine holds nothing of it."""

    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix="actuary-cli-")
        cls.data = os.path.join(cls.root, "data")
        # From now on the folder has a port that nobody else wants.
        assert Engine(cls.data).stop()[0] == 0

    @classmethod
    def tearDownClass(cls):
        left = list(leftovers(cls.data))
        shutil.rmtree(cls.root, ignore_errors=True)
        if left:
            raise AssertionError("left behind: " + ", ".join(left))

    def folder(self, name, **files):
        """A new folder of that name; `Dockerfile="..."`."""
        path = os.path.join(tempfile.mkdtemp(dir=self.root), name)
        os.makedirs(path)
        for file, text in files.items():
            os.makedirs(os.path.dirname(os.path.join(path, file)), exist_ok=True)
            with open(os.path.join(path, file), "w", encoding="utf-8") as out:
                out.write(text)
        return path

    def run_folder(self, folder, *arguments, **how):
        return actuary("run", "--data", self.data, folder, *arguments, **how)

    def with_engine(self):
        engine = Engine(self.data, listen=None)
        self.addCleanup(engine.stop)
        return engine

    def assert_says(self, result, code, *words):
        """That exit code, and one line on stderr that holds every word."""
        self.assertEqual(result.returncode, code, result.stderr)
        lines = [line for line in result.stderr.splitlines() if all(word in line for word in words)]
        self.assertTrue(lines, f"no line with {words} in:\n{result.stderr}")


def leftovers(data):
    """Mounts, bridges and processes that belong to the folder."""
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        yield from (line.split()[4] for line in mounts if line.split()[4].startswith(data))
    with open(os.path.join(data, "installation"), encoding="utf-8") as installation:
        name = installation.read().strip()
    for bridge in ("act-" + name, "acd-" + name):
        if os.path.exists("/sys/class/net/" + bridge):
            yield bridge
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as command:
                if data in command.read():
                    yield f"process {pid}"
        except OSError:
            pass


def hold(data):
    """Holds a DATA folder as an engine would that does not answer: the open file keeps the lock."""
    os.makedirs(data, exist_ok=True)
    lock = open(os.path.join(data, "LOCK"), "w", encoding="utf-8")
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


def everything_in(folder):
    """Every file with its bytes, to see that nothing was written."""
    found = {}
    for place, _, files in os.walk(folder):
        for name in files:
            path = os.path.join(place, name)
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    found[os.path.relpath(path, folder)] = file.read()
    return found
