"""What `cmake --install` gives: a program that runs, and a package that other trees build with."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cli"))
os.environ.setdefault("ACTUARY", "")
from program import SOURCE, example, leftovers  # noqa: E402

BUILD = os.environ["BUILD"]
GREETINGS = [f'{{"greeting":"Hello, World","number":{number}}}' for number in (1, 2, 3)]


def succeed(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    said = done.stdout + done.stderr
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{said}"
    return done.stdout


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix="actuary-install-")
        cls.prefix = os.path.join(cls.root, "prefix")
        succeed("cmake", "--install", BUILD, "--prefix", cls.prefix)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.root, ignore_errors=True)

    def test_the_program_runs_from_the_prefix(self):
        data = os.path.join(self.root, "program")
        program = os.path.join(self.prefix, "bin", "actuary")
        said = succeed(program, "run", "--data", data, example("hello"))
        self.assertEqual(said.splitlines(), GREETINGS)
        self.assertEqual(list(leftovers(data)), [])

    def test_a_host_outside_the_tree_runs_a_container_on_its_own_loop_which_then_ends(self):
        source, build = os.path.join(self.root, "host"), os.path.join(self.root, "host", "build")
        shutil.copytree(example("host"), source, ignore=shutil.ignore_patterns("build"))
        succeed("cmake", "-S", source, "-B", build, "-G", "Ninja",
                "-DCMAKE_PREFIX_PATH=" + self.prefix)
        succeed("cmake", "--build", build)
        data = os.path.join(self.root, "data")
        said = succeed(os.path.join(build, "host"), data, example("hello"))
        self.assertEqual([line for line in said.splitlines() if line], GREETINGS)
        self.assertEqual(list(leftovers(data)), [])

    def test_the_package_says_nothing_of_the_source_tree(self):
        for place, _, files in os.walk(os.path.join(self.prefix, "lib", "cmake")):
            for name in files:
                with open(os.path.join(place, name), encoding="utf-8") as file:
                    self.assertNotIn(SOURCE + "/", file.read(), name)


if __name__ == "__main__":
    unittest.main()
