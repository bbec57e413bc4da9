#!/usr/bin/env python3
"""Proves that each rule of tidy.py can fail, and that it does not cry wolf."""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tidy  # noqa: E402
import purity  # noqa: E402


def rules(path, text):
    return [message.split(":")[0] for _, message in tidy.check_text(path, text)]


def function(lines, head="int work()"):
    return head + " {\n" + "  step();\n" * (lines - 2) + "}\n"


class Includes(unittest.TestCase):
    def test_a_floor_must_not_include_one_to_its_right(self):
        for below, above in zip(tidy.FLOORS, tidy.FLOORS[1:]):
            self.assertIn("back-include", rules(f"{below}/a.cc", f'#include "{above}/b.h"\n'))
            self.assertEqual([], rules(f"{above}/a.cc", f'#include "{below}/b.h"\n'))

    def test_no_floor_includes_tests(self):
        self.assertIn("back-include", rules("tools/a.cc", '#include "tests/support/b.h"\n'))
        self.assertEqual([], rules("tests/a/a.cc", '#include "tests/support/b.h"\n'))

    def test_one_adapter_must_not_include_another(self):
        text = '#include "adapters/oci/b.h"\n'
        self.assertIn("adapter-include", rules("adapters/http/a.cc", text))
        for target in ("adapters/http/b.h", "adapters/reactor/loop.h", "adapters/containers/b.h"):
            self.assertEqual([], rules("adapters/http/a.cc", f'#include "{target}"\n'))
        for own, target in (("containers", "oci"), ("reactor", "containers")):
            self.assertIn("adapter-include",
                          rules(f"adapters/{own}/a.cc", f'#include "adapters/{target}/b.h"\n'))
        self.assertEqual([], rules("adapters/host/a.cc", '#include "adapters/oci/b.h"\n'))

    def test_a_comment_includes_nothing(self):
        self.assertEqual([], rules("journal/a.cc", '/*\n#include "engine/b.h"\n*/\n'))

    def test_the_engine_has_neither_threads_nor_libraries(self):
        for header in ("thread", "random", "rocksdb/db.h", "uv.h"):
            self.assertIn("engine-purity", rules("engine/a.cc", f"#include <{header}>\n"))
        self.assertEqual([], rules("engine/a.cc", "#include <tl/expected.hpp>\n#include <map>\n"))

    def test_the_own_header_comes_first(self):
        with tempfile.TemporaryDirectory() as root:
            os.makedirs(f"{root}/engine")
            before = os.getcwd()
            os.chdir(root)
            try:
                open("engine/a.h", "w").close()
                text = '#include <map>\n\n#include "engine/a.h"\n'
                self.assertIn("own-header", rules("engine/a.cc", text))
                self.assertEqual([], rules("engine/a.cc", '#include "engine/a.h"\n'))
            finally:
                os.chdir(before)


class Sizes(unittest.TestCase):
    def test_a_file_has_at_most_500_lines(self):
        self.assertEqual([], rules("engine/a.cc", "int x;\n" * 500))
        self.assertEqual(["file-size"], rules("engine/a.cc", "int x;\n" * 501))

    def test_a_line_has_at_most_100_columns(self):
        self.assertEqual([], rules("engine/a.cc", "//" + "é" * 98 + "\n"))
        self.assertEqual(["columns"], rules("engine/a.cc", "//" + "é" * 99 + "\n"))

    def test_a_function_has_at_most_70_lines(self):
        self.assertEqual([], rules("engine/a.cc", function(70)))
        self.assertEqual(["function-size"], rules("engine/a.cc", function(71)))

    def test_long_functions_are_found_wherever_they_stand(self):
        heads = [
            "TEST(Subject, Claim)",
            "template <class T>\nResult<T> Thing<T>::work(const T& t) const noexcept",
            "Thing::Thing(int a)\n    : a_{a}, b_(a), c_{{1, 2}}",
            "auto work() -> std::map<int, int>",
            "struct Thing* work(struct Other other)",
            "bool operator==(const A& a, const B& b)",
        ]
        for head in heads:
            self.assertIn("function-size", rules("tests/a.cc", function(90, head)), head)
            inside = "namespace a {\nstruct B {\n" + function(90, head) + "};\n}  // namespace a\n"
            self.assertIn("function-size", rules("tests/a.cc", inside), head)

    def test_long_scopes_and_tables_are_no_functions(self):
        body = "  int x;\n" * 90
        self.assertEqual([], rules("engine/a.cc", "namespace a {\n" + body + "}\n"))
        text = "class A final : public B<int(int)> {\n" + body + "};\n"
        self.assertEqual([], rules("engine/a.cc", text))
        table = "constexpr Row kTable[] = {\n" + "  {\"a{b\", 1},\n" * 90 + "};\n"
        self.assertEqual([], rules("engine/a.cc", table))

    def test_braces_in_text_and_comments_do_not_count(self):
        text = ('int a() { return f("{"); }  // {\nint b() { return \'{\'; }\n'
                'auto c = R"(\n{\n)";\n')
        self.assertEqual([], rules("engine/a.cc", text + function(70)))
        self.assertEqual(["function-size"], rules("engine/a.cc", text + function(71)))


class Words(unittest.TestCase):
    def test_exceptions_stay_in_the_listed_files(self):
        for text in ("void f() { throw 1; }\n", "void f() {\n  try {\n  } catch (...) {\n  }\n}\n"):
            self.assertIn("exceptions", rules("journal/a.cc", text))
            self.assertEqual([], rules("tests/a.cc", text))
        self.assertEqual([], rules("journal/a.cc", '// we throw and catch\nauto a = "throw";\n'))

    def test_a_listed_file_that_needs_it_no_more_is_a_breach(self):
        before, tidy.MAY_THROW_OR_CATCH = tidy.MAY_THROW_OR_CATCH, {"journal/a.cc"}
        try:
            self.assertEqual([], rules("journal/a.cc", "void f() { throw 1; }\n"))
            self.assertEqual(["exceptions"], rules("journal/a.cc", "void f() {}\n"))
        finally:
            tidy.MAY_THROW_OR_CATCH = before

    def test_no_file_names_a_place_outside_the_project(self):
        self.assertEqual(["private-path"], rules("README.md", "see /" + "work/main\n"))
        self.assertEqual(["private-path"], rules("README.md", "see `/" + "work/main`\n"))
        self.assertEqual(["private-path"], rules("a.cc", "// source: spec" + "/api.md\n"))
        self.assertEqual([], rules("README.md", "see a/work/b and https://x.org/work/\n"))

    def test_a_header_has_pragma_once(self):
        self.assertEqual(["pragma-once"], rules("engine/a.h", "int x;\n"))


class Tree(unittest.TestCase):
    def test_each_floor_has_a_short_readme(self):
        with tempfile.TemporaryDirectory() as root:
            self.assertEqual(7, len(list(tidy.check_readmes(root))))
            for floor in tidy.FLOORS + tidy.ABOVE_ALL:
                os.makedirs(f"{root}/{floor}")
                with open(f"{root}/{floor}/README.md", "w") as file:
                    file.write("line\n" * 40)
            self.assertEqual([], list(tidy.check_readmes(root)))
            with open(f"{root}/bench/README.md", "w") as file:
                file.write("line\n" * 41)
            self.assertEqual(1, len(list(tidy.check_readmes(root))))

    def test_each_fault_names_tests_that_are_there(self):
        with tempfile.TemporaryDirectory() as root:
            os.makedirs(f"{root}/tests")
            with open(f"{root}/tests/a_test.cc", "w") as file:
                file.write("TEST_F(Suite, Holds) {}\nTYPED_TEST_P(Contract, Holds) {}\n")
            with open(f"{root}/tests/b_test.py", "w") as file:
                file.write("class B:\n    def test_it(self):\n        pass\n")
            with open(f"{root}/tests/FAULTS.md", "w") as file:
                file.write("`Suite.Holds` `Contract.Holds` `test_it`\n`Suite.Gone` `test_gone`\n")
            self.assertEqual(["tests/FAULTS.md:2: faults: no test Suite.Gone",
                              "tests/FAULTS.md:2: faults: no test test_gone"],
                             list(tidy.check_faults(root)))

    def test_the_walk_leaves_built_and_downloaded_files_alone(self):
        with tempfile.TemporaryDirectory() as root:
            for folder in ("build/dev", "tests/clients/node_modules", "engine"):
                os.makedirs(f"{root}/{folder}")
                open(f"{root}/{folder}/a.cc", "w").close()
            self.assertEqual(["engine/a.cc"], [path for path, _ in tidy.texts(root)])


class Purity(unittest.TestCase):
    def test_symbols_of_the_outside_world_are_found(self):
        listing = ("decider.cc.o:\n                 U clock_gettime\n                 U memcpy\n"
                   "                 U _ZNSt6chrono3_V212system_clock3nowEv\n")
        self.assertEqual(["_ZNSt6chrono3_V212system_clock3nowEv", "clock_gettime"],
                         purity.impure(listing))

    def test_versions_and_prefixes_do_not_hide_or_accuse(self):
        self.assertEqual(["time"], purity.impure("U time@GLIBC_2.2.5\n"))
        self.assertEqual([], purity.impure("U timer_of_ours\nU strtime\n"))


if __name__ == "__main__":
    unittest.main()
