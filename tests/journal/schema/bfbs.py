"""Reads a binary FlatBuffers schema (`flatc -b --schema`) into plain dictionaries."""
import struct

# The slots of reflection.fbs that are read here.
SCHEMA_OBJECTS, SCHEMA_ENUMS, SCHEMA_IDENTIFIER, SCHEMA_ROOT = 0, 1, 2, 4
OBJECT_NAME, OBJECT_FIELDS, OBJECT_IS_STRUCT = 0, 1, 2
FIELD_NAME, FIELD_TYPE, FIELD_ID, FIELD_INTEGER, FIELD_REAL = 0, 1, 2, 4, 5
FIELD_DEPRECATED, FIELD_REQUIRED, FIELD_OPTIONAL = 6, 7, 11
ENUM_NAME, ENUM_VALUES, ENUM_IS_UNION, ENUM_TYPE = 0, 1, 2, 3
VALUE_NAME, VALUE_NUMBER = 0, 1
TYPE_BASE, TYPE_ELEMENT, TYPE_INDEX = 0, 1, 2

BASES = ["None", "UType", "Bool", "Byte", "UByte", "Short", "UShort", "Int", "UInt", "Long",
         "ULong", "Float", "Double", "String", "Vector", "Obj", "Union", "Array"]


class Table:
    def __init__(self, data, at):
        self.data, self.at = data, at
        self.vtable = at - struct.unpack_from("<i", data, at)[0]
        self.size = struct.unpack_from("<H", data, self.vtable)[0]

    def place(self, slot):
        entry = 4 + 2 * slot
        offset = struct.unpack_from("<H", self.data, self.vtable + entry)[0] \
            if entry < self.size else 0
        return self.at + offset if offset else None

    def number(self, slot, form, default=0):
        place = self.place(slot)
        return default if place is None else struct.unpack_from("<" + form, self.data, place)[0]

    def follow(self, place):
        return place + struct.unpack_from("<I", self.data, place)[0]

    def text(self, slot):
        place = self.place(slot)
        if place is None:
            return ""
        start = self.follow(place)
        length = struct.unpack_from("<I", self.data, start)[0]
        return self.data[start + 4:start + 4 + length].decode()

    def table(self, slot):
        place = self.place(slot)
        return None if place is None else Table(self.data, self.follow(place))

    def tables(self, slot):
        place = self.place(slot)
        if place is None:
            return []
        start = self.follow(place)
        count = struct.unpack_from("<I", self.data, start)[0]
        return [Table(self.data, self.follow(start + 4 + 4 * i)) for i in range(count)]


def read(data):
    """{tables: {name: {is_struct, fields}}, enums: {name: {is_union, base, values}}, identifier,
    root}; a field is {id, type, integer, real, deprecated, required, optional}."""
    schema = Table(data, struct.unpack_from("<I", data, 0)[0])
    objects = schema.tables(SCHEMA_OBJECTS)
    enums = schema.tables(SCHEMA_ENUMS)

    def spell(of):
        base = BASES[of.number(TYPE_BASE, "b")]
        element = BASES[of.number(TYPE_ELEMENT, "b")]
        index = of.number(TYPE_INDEX, "i", -1)
        inner = element if base in ("Vector", "Array") else base
        named = ""
        if index >= 0:
            named = " " + (objects if inner == "Obj" else enums)[index].text(OBJECT_NAME)
        return f"{base} of {element}{named}" if inner is element else base + named

    def fields(table):
        return {each.text(FIELD_NAME): {
            "id": each.number(FIELD_ID, "H"),
            "type": spell(each.table(FIELD_TYPE)),
            "integer": each.number(FIELD_INTEGER, "q"),
            "real": each.number(FIELD_REAL, "d"),
            "deprecated": bool(each.number(FIELD_DEPRECATED, "B")),
            "required": bool(each.number(FIELD_REQUIRED, "B")),
            "optional": bool(each.number(FIELD_OPTIONAL, "B")),
        } for each in table.tables(OBJECT_FIELDS)}

    root = schema.table(SCHEMA_ROOT)
    return {
        "tables": {each.text(OBJECT_NAME): {
            "is_struct": bool(each.number(OBJECT_IS_STRUCT, "B")),
            "fields": fields(each)} for each in objects},
        "enums": {each.text(ENUM_NAME): {
            "is_union": bool(each.number(ENUM_IS_UNION, "B")),
            "base": BASES[each.table(ENUM_TYPE).number(TYPE_BASE, "b")],
            "values": {value.text(VALUE_NAME): value.number(VALUE_NUMBER, "q")
                       for value in each.tables(ENUM_VALUES)}} for each in enums},
        "identifier": schema.text(SCHEMA_IDENTIFIER),
        "root": root.text(OBJECT_NAME) if root else "",
    }
