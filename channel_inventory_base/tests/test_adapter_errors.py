# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.exceptions import UserError
from odoo.tests import TransactionCase, tagged

from .. import exceptions
from ..lib import errors


@tagged("post_install", "-at_install")
class TestAdapterErrors(TransactionCase):
    """What goes wrong in a client has one meaning for all channels."""

    def translated(self, error):
        try:
            with self.env["channel.adapter"]._translated():
                raise error
        except exceptions.ChannelError as found:
            self.assertTrue(str(found))
            return found

    def test_words_of_a_channel_stay_on_their_line(self):
        evil = "down\r\n2026-11-30 00:00:00 CRITICAL FORGED\u2028\u202e"
        for error in (
            errors.Refused(evil, code=evil, request_id=evil, detail=evil),
            errors.Malformed(evil, path=evil),
            ValueError(evil),
        ):
            found = self.translated(error)
            for text in (str(found), found.code or "", found.detail or ""):
                self.assertNotRegex(text, "[\x00-\x1f\u2028\u202e]")
            self.assertIn("FORGED", str(found))

    def test_private_address_says_what_to_do(self):
        for kind, meaning in (
            (errors.Misconfigured, exceptions.ConfigurationError),
            (errors.Unavailable, exceptions.UnavailableError),
        ):
            for adapter in ("channel.adapter", *self.adapters()):
                with self.assertRaisesRegex(meaning, "allow_private_addresses"):
                    with self.env[adapter]._translated():
                        raise kind("10.0.0.1 is private", code="PRIVATE")

    def adapters(self):
        found = (f"channel.adapter.{name}" for name in ("shopify", "woocommerce"))
        return [name for name in found if name in self.env]

    def test_each_kind_has_its_meaning(self):
        for kind, meaning in (
            (errors.Throttled, exceptions.ThrottledError),
            (errors.Unavailable, exceptions.UnavailableError),
            (errors.Unauthorized, exceptions.AuthError),
            (errors.Forbidden, exceptions.AuthError),
            (errors.Misconfigured, exceptions.ConfigurationError),
            (errors.Refused, exceptions.RejectedError),
            (errors.NotFound, exceptions.RejectedError),
            (errors.BurntKey, exceptions.StaleKeyError),
            (errors.Forged, exceptions.ForgedError),
            (errors.Malformed, exceptions.MalformedDataError),
        ):
            with self.subTest(kind.__name__):
                self.assertIs(type(self.translated(kind("why"))), meaning)

    def test_what_may_have_been_carried_out_is_uncertain_whatever_it_is(self):
        for kind in (errors.Unavailable, errors.Throttled, errors.Refused):
            found = self.translated(kind("lost", uncertain=True))
            self.assertIs(type(found), exceptions.UncertainError)

    def test_a_time_that_the_channel_names_is_waited_for(self):
        found = self.translated(errors.Throttled("later", retry_after=7))
        self.assertEqual(found.retry_after, 7)

    def test_code_answer_request_and_place_are_kept(self):
        found = self.translated(
            errors.Refused("no", code="E7", detail="{}", request_id="r-1")
        )
        self.assertEqual((found.code, found.detail), ("E7", "{}"))
        self.assertIn("r-1", str(found))
        found = self.translated(errors.Malformed("is none", path="lines[3]"))
        self.assertEqual((found.path, str(found)), ("lines[3]", "lines[3]: is none"))

    def test_words_for_a_user_are_a_matter_of_settings(self):
        found = self.translated(UserError("no key"))
        self.assertIs(type(found), exceptions.ConfigurationError)
        self.assertEqual(str(found), "no key")
