from odoo.tests import HttpCase, new_test_user, tagged

from .common import ChannelSetup

BASE = "channel_inventory_base.group_channel_"


@tagged("post_install", "-at_install")
class TestTours(ChannelSetup, HttpCase):
    """The main screens in a browser, each with the least rights that it needs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.channel = cls.make_channel(cls.env, name="Tour Channel")
        cls.warehouse = cls.channel.node_ids.warehouse_ids
        cls.product = cls.make_product(cls.env, 1, 10, cls.warehouse)
        cls.listing = cls.make_listing(cls.env, cls.channel, cls.product)
        # nobody is left waiting by other data of the database
        cls.env["channel.listing"].search(
            [("state", "in", ("unmapped", "review"))]
        ).write({"state": "ignored"})

    def make_user(self, role):
        return new_test_user(self.env, login=f"channel_{role}", groups=BASE + role)

    def test_auditor_reads_why_this_number(self):
        self.make_rule(self.env, "fixed", 3, product_id=self.product.id)
        self.env.flush_all()
        self.env["channel.planner"]._run()
        self.env["channel.level.pending"].sudo().search([]).unlink()
        self.env.invalidate_all()
        self.make_user("auditor")
        self.start_tour(
            "/odoo/channels", "channel_why_this_number", login="channel_auditor"
        )

    def test_operator_accepts_a_suggestion(self):
        listing = self.make_listing(
            self.env,
            self.channel,
            self.env["product.product"],
            number=2,
            sku="OLD-2",
            state="review",
            suggested_product_id=self.product.id,
            match_reason="Same barcode",
        )
        self.make_user("operator")
        self.start_tour(
            "/odoo/channels", "channel_listing_review", login="channel_operator"
        )
        self.assertEqual(listing.state, "mapped")
        self.assertEqual(listing.product_id, self.product)

    def test_user_resolves_an_exception(self):
        exception = self.env["channel.exception"]._report(
            self.channel,
            "drift",
            key="tour",
            record=self.listing,
            message="Somebody changed 7 to 12",
            suggestion="Count the shelf.",
        )
        user = self.make_user("user")
        self.start_tour(
            "/odoo/channels", "channel_exception_resolve", login="channel_user"
        )
        self.assertEqual(exception.state, "resolved")
        self.assertEqual(exception.user_id, user)
