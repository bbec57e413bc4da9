#!/usr/bin/env python3
"""Each rule of `evolution.py` can fail: changes are planted in a copy of the real schema."""
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import evolution  # noqa: E402

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
SCHEMA = (REPOSITORY / "journal/schema/released/record-1.fbs").read_text()


class Planted(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        for path in ("journal/schema/released", "journal/codec"):
            (self.folder / path).mkdir(parents=True)
        (self.folder / "journal/schema/released/record-1.fbs").write_text(SCHEMA)
        self.say(SCHEMA, 1)

    def say(self, schema, number):
        (self.folder / "journal/schema/record.fbs").write_text(schema)
        (self.folder / "journal/codec/record_codec.h").write_text(
            f"inline constexpr std::uint16_t kSchema = {number};\n")

    def plant(self, old, new, number=2, base=SCHEMA):
        self.assertEqual(base.count(old), 1, old)
        self.say(base.replace(old, new), number)
        return list(evolution.faults(self.folder))

    def assert_found(self, faults, words):
        self.assertTrue(any(words in fault for fault in faults), f"{words!r} not in {faults}")

    def test_the_same_schema_has_no_fault(self):
        self.assertEqual(list(evolution.faults(self.folder)), [])

    def test_growth_is_no_fault(self):
        self.assertEqual(self.plant("  user_agent:string (id: 2);",
                                    "  user_agent:string (id: 2);\n  city:string (id: 3);"), [])
        self.assertEqual(self.plant("Test, Webhook, Actor, Standby, Mcp,",
                                    "Test, Webhook, Actor, Standby, Mcp, Phone,"), [])

    def test_growth_without_a_new_number_is_found(self):
        faults = self.plant("  user_agent:string (id: 2);",
                            "  user_agent:string (id: 2);\n  city:string (id: 3);", 1)
        self.assert_found(faults, "raise kSchema")

    def test_a_number_that_shrank_is_found(self):
        shutil.copy(self.folder / "journal/schema/record.fbs",
                    self.folder / "journal/schema/released/record-2.fbs")
        self.assert_found(list(evolution.faults(self.folder)), "record-2.fbs was released")

    def test_no_released_copy_is_found(self):
        (self.folder / "journal/schema/released/record-1.fbs").unlink()
        self.assert_found(list(evolution.faults(self.folder)), "holds no copy")

    def test_a_changed_type_is_found_by_flatc_and_by_us(self):
        faults = self.plant("  input_bytes:ulong (id: 12);", "  input_bytes:uint (id: 12);")
        self.assert_found(faults, "flatc --conform")
        self.assert_found(faults, "input_bytes: type changed from ULong to UInt")

    def test_a_changed_default_is_found(self):
        faults = self.plant("  max_items:ulong = null (id: 5);", "  max_items:ulong = 9 (id: 5);")
        self.assert_found(faults, "max_items")

    def test_a_moved_id_is_found(self):
        faults = self.plant("  client_ip:string (id: 1);\n  user_agent:string (id: 2);",
                            "  client_ip:string (id: 2);\n  user_agent:string (id: 1);")
        self.assert_found(faults, "client_ip: renamed to user_agent")

    def test_a_changed_base_is_found(self):
        faults = self.plant("enum Outcome : ubyte", "enum Outcome : ushort")
        self.assert_found(faults, "numbers changed from UByte to UShort")

    # What flatc lets pass.
    def test_a_removed_last_field_is_found(self):
        faults = self.plant("  user_agent:string (id: 2);\n", "")
        self.assert_found(faults, "Meta.user_agent: removed")
        self.assertFalse([f for f in faults if "flatc" in f], "then our own rule is not needed")

    def test_a_removed_enumerator_is_found(self):
        faults = self.plant(" Standby, Mcp,", " Standby,")
        self.assert_found(faults, "Origin.Mcp: removed")

    def test_a_swapped_enumerator_is_found(self):
        faults = self.plant("{ Succeeded, Failed, TimedOut, Aborted }",
                            "{ Failed, Succeeded, TimedOut, Aborted }")
        self.assert_found(faults, "Outcome.Failed: its number changed from 1 to 0")

    def test_a_removed_event_is_found(self):
        faults = self.plant("  StorageChanged, StorageDeleted,\n}", "  StorageChanged,\n}")
        self.assert_found(faults, "Event.StorageDeleted: removed")

    def test_an_event_in_the_middle_is_found(self):
        faults = self.plant("  TermClaimed, CommandNoted,", "  TermClaimed, Image, CommandNoted,")
        self.assert_found(faults, "Event.CommandNoted: its number changed from 2 to 3")

    def test_a_field_that_became_required_is_found(self):
        faults = self.plant("  client_ip:string (id: 1);", "  client_ip:string (id: 1, required);")
        self.assert_found(faults, "client_ip: became required")

    def test_a_new_required_field_is_found(self):
        faults = self.plant("  user_agent:string (id: 2);",
                            "  user_agent:string (id: 2);\n  city:string (id: 3, required);")
        self.assert_found(faults, "city: new and required")

    def test_a_renamed_field_is_found(self):
        faults = self.plant("  user_agent:string (id: 2);", "  agent:string (id: 2);")
        self.assert_found(faults, "user_agent: renamed to agent")

    def test_a_field_that_is_no_longer_deprecated_is_found(self):
        deprecated = SCHEMA.replace("  user_agent:string (id: 2);",
                                    "  user_agent:string (id: 2, deprecated);")
        (self.folder / "journal/schema/released/record-1.fbs").write_text(deprecated)
        self.say(SCHEMA, 2)
        self.assert_found(list(evolution.faults(self.folder)), "user_agent: is no longer depr")

    def test_a_changed_file_identifier_is_found(self):
        faults = self.plant("root_type Record;", 'root_type Record;\nfile_identifier "ACTR";')
        self.assert_found(faults, "identifier changed")

    def test_a_removed_table_is_found(self):
        faults = self.plant("root_type Record;", "root_type Meta;")
        self.assert_found(faults, "root changed")

    def test_banned_features_are_found(self):
        faults = self.plant("  event:Event (id: 12);",
                            "  event:Event (id: 12);\n  more:[Event] (id: 14);")
        self.assert_found(faults, "Record.more: a vector of unions")
        faults = self.plant("  command:[ubyte] (id: 9);",
                            '  command:[ubyte] (id: 9, nested_flatbuffer: "Meta");')
        self.assert_found(faults, "nested_flatbuffer")

    def test_banned_code_is_found(self):
        (self.folder / "engine").mkdir()
        (self.folder / "engine/bad.cc").write_text("\nflatbuffers::GenerateText(parser, x, &y);\n")
        self.assert_found(list(evolution.faults(self.folder)), "engine/bad.cc:2: GenerateText")


if __name__ == "__main__":
    unittest.main()
