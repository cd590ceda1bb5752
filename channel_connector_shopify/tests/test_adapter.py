# SPDX-License-Identifier: AGPL-3.0-or-later
from freezegun import freeze_time

from odoo.tests import tagged
from odoo.tools import file_open

from odoo.addons.channel_inventory_base import exceptions
from odoo.addons.channel_inventory_base.lib import errors
from odoo.addons.channel_inventory_base.tests.common_adapter import AdapterCase

from ..const import API_VERSIONS, SCOPES
from . import common
from .common import FakeResponse, FakeSession


@tagged("post_install", "-at_install")
class TestAdapter(AdapterCase):
    """What the adapter makes of settings and errors; no store is needed for that."""

    @classmethod
    def make_channel(cls, env, code="CHT", **values):
        channel = super().make_channel(
            env,
            code,
            channel_type="shopify",
            base_url=common.SHOP,
            shopify_auth_kind="static",
            **values,
        )
        channel.shopify_access_token = common.TOKEN
        return channel

    def setUp(self):
        super().setUp()
        self.adapter = self.env["channel.adapter.shopify"]
        self.patch(type(self.adapter), "_sleep", lambda adapter, seconds: None)

    def answer(self, *answers):
        self.session = FakeSession(*answers)
        self.patch(type(self.channel), "_http_session", lambda channel: self.session)

    def shop_answer(self, **values):
        shop = {
            "id": "gid://shopify/Shop/77",
            "name": "My Shop",
            "myshopifyDomain": "my-shop.myshopify.com",
            "currencyCode": "USD",
            "plan": {"partnerDevelopment": False},
            **values,
        }
        scopes = [{"handle": scope} for scope in (*SCOPES, "read_all_orders")]
        installation = {"accessScopes": scopes}
        return common.answer({"shop": shop, "currentAppInstallation": installation})

    # -------------------------------------------------------------- address
    def test_token_is_never_sent_to_an_unsafe_address(self):
        self.answer(self.shop_answer())
        for address in (
            "http://my-shop.myshopify.com",
            "my-shop.myshopify.com",
            "ftp://my-shop.myshopify.com",
            "",
            False,
        ):
            self.channel.base_url = address
            with (
                self.subTest(address),
                self.assertRaises(exceptions.ConfigurationError),
            ):
                self.adapter._test_connection(self.channel)
        self.assertEqual(self.session.sent, [])

    def test_plain_http_is_for_this_machine_and_test_channels(self):
        self.channel.base_url = "http://127.0.0.1:9100/"
        self.assertEqual(self.adapter._base_url(self.channel), "http://127.0.0.1:9100")
        self.channel.write({"base_url": "http://sandbox:9100", "environment": "test"})
        self.assertEqual(self.adapter._base_url(self.channel), "http://sandbox:9100")

    def test_path_that_was_pasted_along_is_dropped(self):
        self.channel.base_url = f" {common.SHOP}/admin/products?x=1 "
        self.assertEqual(self.adapter._base_url(self.channel), common.SHOP)

    def test_page_of_an_order(self):
        ref = "gid://shopify/Order/12"
        page = self.adapter._get_order_page(self.channel, ref)
        self.assertEqual(page, f"{common.SHOP}/admin/orders/12")
        self.channel.base_url = "javascript:alert(1)"
        self.assertEqual(self.adapter._get_order_page(self.channel, ref), "")

    def test_missing_credentials_are_named(self):
        for kind, words in (
            ("static", "Access Token"),
            ("client_credentials", "Client Secret"),
            ("offline", "Client Secret"),
        ):
            self.channel.write(
                {"shopify_auth_kind": kind, "shopify_access_token": False}
            )
            with self.assertRaisesRegex(exceptions.ConfigurationError, words):
                self.adapter._test_connection(self.channel)

    # --------------------------------------------------------------- errors
    def test_every_error_has_a_class_and_words(self):
        for error, kind in (
            (errors.Throttled("x", retry_after=3), exceptions.ThrottledError),
            (errors.Throttled("x", uncertain=True), exceptions.UncertainError),
            (errors.Unavailable("x"), exceptions.UnavailableError),
            (errors.Unavailable("x", uncertain=True), exceptions.UncertainError),
            (errors.Unauthorized("x"), exceptions.AuthError),
            (errors.Forbidden("x"), exceptions.AuthError),
            (errors.Misconfigured("x", code="404"), exceptions.ConfigurationError),
            (errors.Misconfigured("x"), exceptions.ConfigurationError),
            (errors.Refused("x"), exceptions.RejectedError),
            (errors.Busy("x"), exceptions.UncertainError),
            (errors.BurntKey("x"), exceptions.StaleKeyError),
            (errors.Malformed("x", path="a.b"), exceptions.MalformedDataError),
        ):
            found = self.adapter._translate(error)
            self.assertIs(type(found), kind)
            self.assertGreater(len(str(found)), 5)

    def test_support_gets_its_request_id_and_the_audit_the_code(self):
        found = self.adapter._translate(
            errors.Refused("no", code="BAD_REQUEST", request_id="r-1", detail="{}")
        )
        self.assertIn("r-1", str(found))
        self.assertEqual((found.code, found.detail), ("BAD_REQUEST", "{}"))

    def test_secret_of_another_server_is_a_setting_to_correct(self):
        self.env["channel.secret"].search([]).value = "gAAAA-not-ours"
        with self.assertRaises(exceptions.ConfigurationError):
            self.adapter._test_connection(self.channel)

    def test_no_error_shows_the_token(self):
        self.answer(FakeResponse(401, f"bad token {common.TOKEN}".encode()))
        try:
            self.adapter._test_connection(self.channel)
        except exceptions.AuthError as error:
            self.assertNotIn(common.TOKEN, str(error))

    # ------------------------------------------------------------- warnings
    def test_warnings_of_a_connection(self):
        self.channel.shopify_webhook_secret = "secret"
        self.answer(self.shop_answer())
        self.assertEqual(self.adapter._test_connection(self.channel).warnings, ())
        late = FakeResponse(
            body=self.shop_answer(plan={"partnerDevelopment": True}),
            headers={"X-Shopify-API-Version": "2026-10"},
        )
        self.answer(late)
        info = self.adapter._test_connection(self.channel)
        self.assertEqual(info.version, "2026-10")
        self.assertEqual(len(info.warnings), 2)

    def test_end_of_a_version_is_told_in_time(self):
        self.channel.shopify_api_version = "2026-07"
        for today, word in (
            ("2027-04-30", None),
            ("2027-05-02", "ends"),
            ("2027-07-01", "ended"),
        ):
            with freeze_time(today):
                self.channel.invalidate_recordset()
                found = self.channel.shopify_version_warning
                self.assertIn(word, found) if word else self.assertFalse(found)

    def test_version_in_use_and_its_end_are_on_the_channel(self):
        self.channel.shopify_api_version = "2026-07"
        self.assertEqual(self.channel.api_versions, "2026-07")
        self.assertEqual(str(self.channel.api_version_ends_on), "2027-07-01")
        self.channel.shopify_api_version = "2026-10"
        self.assertEqual(str(self.channel.api_version_ends_on), "2027-10-01")

    def test_order_of_an_export_is_the_order_of_the_api(self):
        found = self.adapter._get_order_ref("5123456789")
        self.assertEqual(found, "gid://shopify/Order/5123456789")
        self.assertEqual(self.adapter._get_order_ref(found), found)

    def test_versions_to_choose_are_those_that_are_tested(self):
        field = self.channel._fields["shopify_api_version"]
        self.assertEqual(tuple(field.get_values(self.env)), API_VERSIONS)

    # ----------------------------------------------------------------- form
    def test_form_hides_other_types_fields_and_shows_no_secret(self):
        view = self.env["channel.channel"].get_view(view_type="form")["arch"]
        from lxml import etree

        for node in etree.fromstring(view).xpath("//field"):
            name = node.get("name")
            if not name.startswith("shopify_") or name == "shopify_version_warning":
                continue
            self.assertIn("channel_type != 'shopify'", node.get("invisible"))
            if name in self.channel._secret_fields():
                self.assertEqual(node.get("password"), "True", name)

    def test_users_do_not_see_the_credentials(self):
        user = self.env["res.users"].create(
            {
                "name": "User",
                "login": "channel-user",
                "group_ids": [
                    (4, self.env.ref("channel_inventory_base.group_channel_user").id)
                ],
            }
        )
        names = self.channel.with_user(user).fields_get()
        for name in (*self.channel._secret_fields(), "shopify_client_id"):
            self.assertNotIn(name, names)

    # ----------------------------------------------------------------- copy
    def test_neutralized_copy_has_no_credentials_and_no_address(self):
        self.channel.shopify_client_id = "id"
        with self.channel._shared_state("token") as state:
            state["access"] = "sealed"
        self.env.flush_all()
        with file_open("channel_connector_shopify/data/neutralize.sql") as file:
            self.env.cr.execute(file.read())
        self.env.invalidate_all()
        self.assertFalse(self.channel._get_secret("shopify_access_token"))
        self.assertFalse(self.channel.shopify_client_id)
        self.assertEqual(self.channel._get_shared_state("token"), {})
        self.assertIn("invalid", self.channel.base_url)
        self.assertEqual(self.channel.state, "paused")
