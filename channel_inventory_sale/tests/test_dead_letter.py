# SPDX-License-Identifier: AGPL-3.0-or-later
import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.channel_inventory_base.schemas import InboundEvent
from odoo.addons.channel_inventory_base.tests.common import ChannelCase


@tagged("post_install", "-at_install")
class TestDeadLetter(ChannelCase):
    def setUp(self):
        super().setUp()
        self.go_live(shown=10)
        self.operator = new_test_user(
            self.env, "dead_op", groups="channel_inventory_base.group_channel_operator"
        )

    def store(self, key, body):
        event = InboundEvent(key, "order", "order", body)
        self.env["channel.inbox.event"]._store(self.channel, [event], "webhook")
        self.intake()
        return self.env["channel.inbox.event"].search([("key", "=", key)])

    def letters(self, user=None):
        self.env.flush_all()
        letters = self.env["channel.dead.letter"]
        letters.invalidate_model()
        return letters.with_user(user or self.operator).search(
            [("channel_id", "=", self.channel.id)]
        )

    def broken(self, name, quantity):
        """An order whose body lies about a quantity."""
        body = json.loads(self.fake.event(name).body)
        body["lines"][0]["quantity"] = quantity
        return self.store(f"bad-{name}", json.dumps(body))

    def dead_message(self):
        name = self.fake.sell(1)
        self.capture(name)
        self.intake()
        message = self.env["channel.message"].create(
            {
                "channel_id": self.channel.id,
                "order_id": self.order(name).id,
                "kind": "cancel",
                "source": "test",
                "key": "dead-1",
                "payload": json.dumps(
                    {"order_ref": name, "lines": [], "reason": "other"}
                ),
                "state": "dead",
                "error": "order 17 is unknown",
            }
        )
        self.env["channel.exception"]._report(
            self.channel, "message", key="m", message="dead", record=message
        )
        return message

    def dead_publication(self):
        return self.env["channel.publication"].create(
            {
                "channel_id": self.channel.id,
                "key": "dead-2",
                "trace": "t",
                "payload": "[]",
                "state": "dead",
                "error": "location 4711 is gone",
            }
        )

    # ------------------------------------------------------------- one place
    def test_all_that_failed_for_good_is_in_one_place(self):
        self.store("bad", "{")
        self.dead_message()
        self.dead_publication()
        self.assertEqual(
            sorted(self.letters().mapped("res_model")),
            ["channel.inbox.event", "channel.message", "channel.publication"],
        )

    def test_letters_of_one_cause_are_one_group(self):
        for quantity in (-1, -2, -77):
            self.broken(self.fake.sell(1), quantity)
        self.store("other", "{")
        groups = self.env["channel.dead.letter"]._read_group(
            [("channel_id", "=", self.channel.id)], ["cause"], ["__count"]
        )
        self.assertEqual(sorted(count for _cause, count in groups), [1, 3])

    def test_negative_quantity_is_a_dead_letter_that_names_the_place(self):
        event = self.broken(self.fake.sell(1), -1)
        self.assertEqual(event.state, "dead")
        self.assertIn("lines[0].quantity", event.error)
        self.assertIn("-1", event.error)

    def test_another_company_sees_none(self):
        self.store("bad", "{")
        company = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = new_test_user(
            self.env,
            "dead_stranger",
            groups="channel_inventory_base.group_channel_operator",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        self.assertFalse(self.letters(stranger))

    # ----------------------------------------------------------------- retry
    def test_retry_in_bulk_takes_in_what_has_healed(self):
        name = self.fake.sell(1)
        parse = self.fake._parse_order
        self.fake._parse_order = lambda channel, body: 1 / 0
        with self.assertLogs("odoo.addons.channel_inventory_base", "ERROR"):
            self.store("k1", self.fake.event(name).body)
        self.fake._parse_order = parse
        self.store("k2", "{")
        letters = self.letters()
        self.assertEqual(len(letters), 2)
        letters.action_retry()
        self.intake()
        self.assertEqual(self.order(name).state, "imported")
        self.assertEqual(
            self.letters().error,
            "Expecting property name enclosed in "
            "double quotes: line 1 column 2 (char 1)",
        )

    def test_retry_of_each_kind_is_its_own(self):
        message, publication = self.dead_message(), self.dead_publication()
        self.letters().action_retry()
        self.assertEqual(message.state, "ready")
        self.assertEqual(message.key, "dead-1")
        self.assertEqual(publication.state, "void")
        self.assertFalse(self.letters())

    def test_user_who_is_no_operator_may_look_and_not_act(self):
        self.store("bad", "{")
        user = new_test_user(
            self.env, "dead_user", groups="channel_inventory_base.group_channel_user"
        )
        letters = self.letters(user)
        self.assertTrue(letters.error)
        with self.assertRaises(AccessError):
            letters.action_retry()
        with self.assertRaises(AccessError):
            letters._discard("no")

    # --------------------------------------------------------------- discard
    def discard(self, letters, reason):
        action = letters.action_discard()
        wizard = (
            self.env[action["res_model"]]
            .with_user(self.operator)
            .with_context(**action["context"])
            .create({"reason": reason})
        )
        self.assertEqual(wizard.letter_count, len(letters))
        wizard.action_confirm()

    def test_discard_in_bulk_keeps_the_reason_and_closes_the_exceptions(self):
        event = self.store("bad", "{")
        message, publication = self.dead_message(), self.dead_publication()
        self.discard(self.letters(), "the shop's developer played")
        self.assertFalse(self.letters())
        for record in (event, message, publication):
            self.assertIn("developer played", record.discard_reason)
        self.assertEqual(event.body, "{")
        self.assertFalse(
            self.env["channel.exception"].search(
                [
                    ("channel_id", "=", self.channel.id),
                    ("state", "=", "open"),
                    ("category", "in", ("malformed", "message")),
                ]
            )
        )
        audit = self.env["channel.audit"].search(
            [("message", "ilike", "developer played")]
        )
        self.assertEqual(len(audit), 3)

    # ------------------------------------------------------------------ edit
    def edit(self, letter, change):
        action = letter.action_edit()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        wizard = wizard.with_user(self.operator)
        content = json.loads(wizard.content)
        change(content)
        wizard.content = json.dumps(content)
        wizard.action_confirm()

    def test_corrected_event_is_taken_in_and_the_original_stays(self):
        name = self.fake.sell(2)
        event = self.broken(name, -2)
        body = event.body
        self.edit(self.letters(), lambda order: order["lines"][0].update(quantity=2))
        self.intake()
        self.assertEqual(self.order(name).state, "imported")
        self.assertEqual((event.state, event.body), ("ignored", body))
        corrected = self.env["channel.inbox.event"].search(
            [("corrects_id", "=", event.id)]
        )
        self.assertEqual((corrected.state, corrected.source), ("done", "edited"))
        self.assertEqual(corrected.trace, event.trace)

    def test_correction_that_cannot_be_read_is_refused_at_once(self):
        event = self.broken(self.fake.sell(2), -2)
        with self.assertRaisesRegex(UserError, "quantity"):
            self.edit(
                self.letters(), lambda order: order["lines"][0].update(quantity=-3)
            )
        self.assertEqual(event.state, "dead")

    def test_corrected_message_goes_out_under_a_key_of_its_own(self):
        message = self.dead_message()
        later = message.copy(
            {
                "key": "later",
                "source": "later",
                "state": "ready",
                "after_id": message.id,
            }
        )
        self.edit(self.letters(), lambda data: data.update(reason="fraud"))
        self.assertEqual(message.state, "void")
        corrected = later.after_id
        self.assertNotIn(corrected.key, (False, message.key))
        self.assertEqual(corrected._get_data().reason, "fraud")
        self.assertEqual(corrected.state, "ready")

    def test_numbers_of_a_publication_are_not_edited_by_hand(self):
        self.dead_publication()
        with self.assertRaisesRegex(UserError, "recomputed"):
            self.letters().action_edit()
