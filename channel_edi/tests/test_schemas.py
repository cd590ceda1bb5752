# SPDX-License-Identifier: AGPL-3.0-or-later
import dataclasses
import typing

from odoo.addons.channel_inventory_base.schemas import dump, load

from .. import schemas
from ..lib import codec
from . import test_pure_orders
from .common import PureCase, edifact, only, x12
from .test_pure_mutations import BODIES, MESSAGES
from .test_pure_shipments import NOTICE


class TestSchemas(PureCase):
    """What is read is stored as JSON by the base's functions, and read back."""

    def check(self, value):
        self.assertEqual(load(type(value), dump(value)), value)

    def test_what_is_read_survives_being_stored(self):
        kinds = set()
        files = [x12(body, kind=kind, group=group) for kind, group, body in BODIES]
        files += [edifact(body, kind=kind) for kind, body in MESSAGES]
        for data in files:
            for document in only(data).documents:
                value = codec.parse(document)
                kinds.add(type(value))
                self.check(value)
                self.check(document.head)
            self.check(only(data).head)
        self.assertEqual(len(kinds), 10)

    def test_odd_characters_are_the_same_when_they_are_stored(self):
        """An order that comes again is known again: with what was read first, or with
        what was stored of it."""
        for text in (
            "a\tb",
            "a\r\nb",
            "\x85x",
            "\u202e1001",
            "\ufeffA",
            "a\u00a0b",
            "a\x7fb",
        ):
            body = "BEG*00*SA*1~PO1*1*1*EA***VN*@~PID*F****@~N1*ST*@~"
            data = x12(body).replace(b"@", text.encode())
            self.check(codec.parse(only(data).documents[0]))
            body = "BGM+220+1+9'\nNAD+DP+++@'\nLIN+1++@:SA'\nQTY+21:1'"
            data = edifact(body).replace(b"@", text.encode())
            self.check(codec.parse(only(data).documents[0]))

    def test_what_is_written_survives_being_stored(self):
        self.check(NOTICE)
        self.check(test_pure_orders.TestWritten.ORDER)

    def test_faults_survive_being_stored(self):
        (document,) = only(x12("BEG*00*SA*1~PO1*1*x*EA~")).documents
        try:
            codec.parse(document)
        except codec.BadDocument as error:
            for fault in error.faults:
                self.check(fault)

    def test_every_field_is_of_a_kind_that_can_be_stored(self):
        for name in dir(schemas):
            cls = getattr(schemas, name)
            if not dataclasses.is_dataclass(cls):
                continue
            self.assertTrue(cls.__dataclass_params__.frozen, name)
            for hint in typing.get_type_hints(cls).values():
                self.assertNotIn("dict", str(hint), name)
                self.assertNotIn("date'", str(hint), name)
