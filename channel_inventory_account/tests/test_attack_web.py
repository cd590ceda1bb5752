# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged
from odoo.tests.common import get_db_name

from .attack.case import AttackCase


@tagged("post_install", "-at_install")
class TestAttackOverTheWeb(AttackCase, HttpCase):
    """The same over HTTP with an API key: an address guards no better than a record."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keys = {
            role: cls.make_key(cls.people[role])
            for role in ("manager", "auditor", "sales", "plain")
        }

    @classmethod
    def make_key(cls, user):
        keys = cls.env["res.users.apikeys"].with_user(user)
        return keys._generate(
            "rpc", "attack", fields.Datetime.now() + timedelta(days=0.5)
        )

    def call(self, role, model, method, **values):
        type(self).tries += 1
        return self.url_open(
            f"/json/2/{model}/{method}",
            json=values,
            headers={
                "Authorization": f"bearer {self.keys[role]}",
                "X-Odoo-Database": get_db_name(),
            },
        )

    def test_an_own_record_is_read(self):
        """Or all that is refused below would prove nothing."""
        channel = self.mine.one("channel.channel")
        answer = self.call(
            "manager", "channel.channel", "read", ids=channel.ids, fields=["name"]
        )
        self.assertEqual(answer.status_code, 200, answer.text)
        self.assertIn(self.mine.mark, answer.text)

    def test_nothing_of_another_company_is_read_or_written(self):
        faults = []
        with self.quiet():
            for name in sorted(self.models(self.env)):
                record = self.theirs.one(name)
                for role in self.keys:
                    for method, values in self._calls(record):
                        answer = self.call(role, name, method, **values)
                        if self.theirs.mark in answer.text:
                            faults.append(f"{role} {method} {name}: {answer.text[:99]}")
                hits = [each for each in self.tripwire.hits() if self.is_foreign(each)]
                faults += [f"{name}: wrote {hit}" for hit in hits]
                self.tripwire.forget()
        self.no_faults(faults)

    def _calls(self, record):
        yield "search_read", {"domain": []}
        if record:
            yield "read", {"ids": record.ids}
            yield "unlink", {"ids": record.ids}
            if "name" in record._fields:
                yield "write", {"ids": record.ids, "vals": {"name": "attacked"}}

    def test_a_private_method_is_none(self):
        answer = self.call(
            "manager",
            "channel.channel",
            "_set_secret",
            ids=self.mine.one("channel.channel").ids,
            name="token",
            value="x",
        )
        self.assertNotEqual(answer.status_code, 200)
