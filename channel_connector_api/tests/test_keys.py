# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ..lib import credentials
from ..wizards.channel_api_key_new import TOKEN
from .common_api import ApiCase


@tagged("post_install", "-at_install")
class TestKeys(ApiCase):
    def account(self, token):
        return self.get("/account", token=token)

    def test_key_is_shown_once_and_kept_as_a_digest(self):
        manager = self.make_user(self.env, "manager", "api_manager")
        channel = self.channel.with_user(manager)
        action = channel.action_new_api_key()
        wizard = self.env[action["res_model"]].with_user(manager)
        wizard = wizard.browse(action["res_id"])
        shown = wizard.action_make()
        token = shown["context"][TOKEN]
        self.assertEqual(wizard.with_context(**shown["context"]).token, token)
        self.assertFalse(wizard.with_context(**{TOKEN: False}).token)
        self.good(self.account(token))
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT row_to_json(key)::text FROM channel_api_key key UNION ALL "
            "SELECT row_to_json(wizard)::text FROM channel_api_key_new wizard"
        )
        secret = token.rpartition("_")[2]
        for (text,) in self.env.cr.fetchall():
            self.assertNotIn(secret, text)
        key = self.env["channel.api.key"].search(
            [("prefix", "=", credentials.prefix_of(token))]
        )
        with self.assertRaises(AccessError):
            key.with_user(manager).read(["digest"])

    def test_only_managers_make_rotate_and_revoke(self):
        operator = self.make_user(self.env, "operator", "api_operator")
        for work in (
            lambda: self.channel.with_user(operator).action_new_api_key(),
            lambda: self.key.with_user(operator).action_rotate(),
            lambda: self.key.with_user(operator).action_revoke(),
            lambda: self.key.with_user(operator).write({"may_order": True}),
            lambda: self.key.with_user(operator).unlink(),
        ):
            with self.assertRaises(AccessError):
                work()

    def test_keys_that_do_not_count(self):
        self.good(self.account(self.token))
        self.refused(self.url_open("/channel/api/v1/account"), "key_missing")
        wrong = self.token[:-1] + ("A" if self.token[-1] != "A" else "B")
        for text in (wrong, "chk_x", "é", "x" * 5000):
            answer = self.account(text.encode().decode("latin-1"))
            self.refused(answer, "key_unknown")
            self.assertIn("Bearer", answer.headers["WWW-Authenticate"])
        self.key.expires_at = fields.Datetime.now() - timedelta(seconds=1)
        self.env.flush_all()
        self.refused(self.account(self.token), "key_expired")
        # who has only guessed the prefix is not told that it was one
        self.refused(self.account(wrong), "key_unknown")
        self.key.action_revoke()
        self.env.flush_all()
        self.refused(self.account(self.token), "key_revoked")

    def test_rotation_overlaps_and_ends(self):
        action = self.key.action_rotate()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        self.assertTrue(wizard.may_hold)
        wizard.overlap_hours = 1
        token = wizard.action_make()["context"][TOKEN]
        self.env.flush_all()
        self.good(self.account(self.token))
        self.good(self.account(token))
        self.assertTrue(self.key.next_id)
        self.assertLess(self.key.expires_at, fields.Datetime.now() + timedelta(hours=2))
        self.key.expires_at = fields.Datetime.now() - timedelta(seconds=1)
        self.env.flush_all()
        self.refused(self.account(self.token), "key_expired")
        self.good(self.account(token))

    def test_key_opens_one_channel_and_what_it_may(self):
        other = self.make_api_channel(self.env, "AP9", stocked=())
        _key, theirs = self.make_key(self.env, other)
        self.good(self.post("/orders", self.order_body("B-1")), 201)
        self.publish()
        self.refused(self.get("/orders/B-1", token=theirs), "unknown_order")
        answer = self.post("/orders/B-1/cancel", {}, token=theirs)
        self.refused(answer, "unknown_order")
        found = self.good(self.get("/availability?sku=SKU-1", token=theirs))
        self.assertEqual(found["items"][0]["status"], "unknown")
        body = {
            "reference": "H-1",
            "ttl": 60,
            "lines": [{"sku": "SKU-1", "quantity": 1}],
        }
        self.refused(self.post("/holds", body, token=theirs), "unknown_sku")
        self.good(self.post("/holds", body), 201)
        self.refused(self.get("/holds/H-1", token=theirs), "unknown_hold")
        answer = self.call("DELETE", "/holds/H-1", token=theirs)
        self.refused(answer, "unknown_hold")
        # the same reference is another order there
        self.good(self.post("/orders", self.order_body("B-1"), token=theirs), 201)
        _key, narrow = self.make_key(
            self.env, self.channel, may_order=False, may_hold=False, may_explain=False
        )
        self.good(self.get("/availability?sku=SKU-1", token=narrow))
        answer = self.post("/orders", self.order_body("B-2"), token=narrow)
        self.assertEqual(self.refused(answer, "scope_missing")["scope"], "orders")
        self.refused(self.get("/orders/B-1", token=narrow), "scope_missing")
        self.refused(self.post("/holds", body, token=narrow), "scope_missing")
        told = self.good(self.account(narrow))
        self.assertEqual(told["key"]["scopes"], ["read"])

    def test_too_many_requests_are_refused_and_counted_for_all_workers(self):
        key, token = self.make_key(self.env, self.channel, rate=2)
        answers = [self.account(token) for _each in range(6)]
        codes = [each.status_code for each in answers]
        self.assertEqual(codes[:4], [200] * 4)
        self.assertIn(429, codes)
        limited = answers[codes.index(429)]
        self.refused(limited, "rate_limited")
        self.assertEqual(limited.headers["Retry-After"], "1")
        # the others go on
        self.good(self.account(self.token))
        self.env.cr.execute(
            "SELECT relpersistence FROM pg_class WHERE relname = 'channel_api_bucket'"
        )
        self.assertEqual(self.env.cr.fetchone(), ("u",))
        self.assertTrue(key.last_used_at)

    def test_channel_that_is_stopped_takes_nothing(self):
        self.channel.write({"state": "draft"})
        self.env.flush_all()
        self.refused(self.get("/availability?sku=SKU-1"), "channel_stopped")
        self.refused(self.post("/orders", self.order_body("B-3")), "channel_stopped")
        self.assertIs(self.good(self.account(self.token))["live"], False)
        # a copy of the database, and the same keys
        self.channel.write({"state": "live", "home_database": "elsewhere"})
        self.env.flush_all()
        answer = self.post("/orders", self.order_body("B-3"))
        self.refused(answer, "channel_stopped")
        self.assertFalse(self.order("B-3"))

    def test_odd_lifetimes_are_refused(self):
        for days in (0, -1, 3660):
            with self.assertRaises(ValidationError):
                self.make_key(self.env, self.channel, days=days)
        with self.assertRaises(UserError):
            self.env["channel.api.key"]._make(self.channel, {"name": "None"}, 5)

    def test_key_of_another_company_is_not_seen(self):
        company = self.env["res.company"].create({"name": "Other"})
        stranger = self.make_user(self.env, "manager", "api_stranger")
        stranger.write({"company_ids": [(6, 0, company.ids)], "company_id": company.id})
        keys = self.env["channel.api.key"].with_user(stranger)
        self.assertFalse(keys.search([("id", "=", self.key.id)]))
        with self.assertRaises(AccessError):
            self.key.with_user(stranger).action_revoke()
        wizard = self.env["channel.api.key.new"].with_user(stranger)
        with self.assertRaises(AccessError):
            wizard.create({"channel_id": self.channel.id}).action_make()
