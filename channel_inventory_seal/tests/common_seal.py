# SPDX-License-Identifier: AGPL-3.0-or-later
import base64
import os
from contextlib import contextmanager
from unittest.mock import patch

from odoo.tools import SQL

from odoo.addons.channel_inventory_base.tests.common import ChannelCase
from odoo.addons.channel_inventory_base.tools import options

from .. import verify
from ..db.guard import TABLES
from ..lib.signing import ENVIRONMENT_VARIABLE, OPTION, Signer


def key(number):
    """A key of the server's configuration."""
    return base64.urlsafe_b64encode(bytes([number]) * 32).decode()


def public(number):
    return Signer(bytes([number]) * 32).public


@contextmanager
def keys(*numbers):
    text = ",".join(map(key, numbers))

    def read(path, option, original=options.read):
        return "" if option == OPTION else original(path, option)

    with (
        patch.dict(os.environ, {ENVIRONMENT_VARIABLE: text}),
        patch.object(options, "read", read),
    ):
        yield


class SealCase(ChannelCase):
    """A trail whose every row so far is in the first seal."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sealer = cls.env["channel.audit.sealer"]
        cls.exporter = cls.env["channel.audit.exporter"]
        cls.seals = cls.env["channel.audit.seal"]
        cls.enterClassContext(keys(1))
        # a first seal that has everything: what is older and appears later is late
        cls.env["channel.audit"]._log("channel", cls.channel, "Before all tests")
        cls.sealer._seal_all()

    def log(self, *messages, **values):
        rows = self.env["channel.audit"]
        for message in messages:
            rows |= rows._log("channel", self.channel, message, **values)
        self.env.flush_all()
        return rows

    def seal(self, *messages):
        """Log and seal.

        :return: (rows, the seal)
        """
        rows = self.log(*messages)
        self.sealer._seal_all()
        self.env.invalidate_all()
        return rows, self.seals._get_last()

    def tamper(self, statement, *values):
        """As a superuser who has dropped the triggers."""
        self.env.flush_all()
        for verb in ("DISABLE", "ENABLE"):
            for table in ("channel_audit", *TABLES):
                self.env.cr.execute(
                    SQL(
                        "ALTER TABLE %s %s TRIGGER USER",
                        SQL.identifier(table),
                        SQL(verb),
                    )
                )
            if verb == "DISABLE":
                self.env.cr.execute(statement, values)
        self.env.invalidate_all()

    def forget_seals(self, number):
        """Cut the chain off, from this seal on."""
        self.tamper("DELETE FROM channel_audit_leaf WHERE seal_number >= %s", number)
        self.tamper("DELETE FROM channel_audit_seal WHERE number >= %s", number)

    def verify(self, anchors=(), known=()):
        self.env.flush_all()
        exporter = self.exporter
        return verify.verify(
            exporter._iter_seals(),
            exporter._iter_rows(),
            exporter._iter_loose(),
            exporter._get_removed(),
            anchors,
            known,
        )

    def anchor(self):
        """The last seal, as somebody outside keeps it."""
        return verify.read_anchor(self.seals._get_last()._prepare_anchor())

    def assertFound(self, report, kind, *words):
        found = [text for each, text in report.findings if each == kind]
        self.assertTrue(found, f"no {kind} in {report.findings}")
        for word in words:
            self.assertTrue(any(str(word) in text for text in found), (word, found))
        return found

    def assertOnly(self, report, *kinds):
        self.assertEqual(set(report.counts), set(kinds), report.findings)
