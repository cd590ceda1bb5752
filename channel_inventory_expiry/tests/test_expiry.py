# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields
from odoo.tests import Form, tagged

from odoo.addons.channel_inventory_base.tests.common_position import PositionCase


@tagged("post_install", "-at_install")
class TestExpiry(PositionCase):
    """10 pieces without a lot; a lot of 5 that is removed in 10 days, expires in 20."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tracked = cls.make_product(
            cls.env, 2, tracking="lot", use_expiration_date=True
        )
        cls.make_listing(cls.env, cls.channel, cls.tracked, 2)
        cls.lot = cls.make_lot(20)
        cls.put(cls.lot, 5)

    @classmethod
    def make_lot(cls, days, removal=10):
        now = fields.Datetime.now()
        return cls.env["stock.lot"].create(
            {
                "name": f"LOT-{days}",
                "product_id": cls.tracked.id,
                "expiration_date": now + timedelta(days=days),
                "removal_date": now + timedelta(days=days - removal),
            }
        )

    @classmethod
    def put(cls, lot, quantity, location=None, **values):
        cls.env["stock.quant"]._update_available_quantity(
            cls.tracked,
            location or cls.warehouse.lot_stock_id,
            quantity,
            lot_id=lot,
            **values,
        )

    def in_days(self, days):
        return fields.Datetime.now() + timedelta(days=days)

    def see(self, **expected):
        position = self.position_at(self.warehouse, self.tracked)
        for name, value in expected.items():
            self.assertEqual(position[name], value, name)

    def target(self):
        self.plan()
        return self.tracked.channel_listing_ids.level_ids.target

    # ---------------------------------------------------------------- policy
    def test_lot_is_sold_until_its_removal_date(self):
        self.see(on_hand=5, expired=0)
        self.lot.removal_date = self.in_days(-1)
        self.see(on_hand=0, expired=5, available=0)

    def test_lot_without_a_removal_date_is_sold_until_it_expires(self):
        self.lot.removal_date = False
        self.see(on_hand=5)
        self.lot.expiration_date = self.in_days(-1)
        self.lot.removal_date = False
        self.see(on_hand=0, expired=5)

    def test_warehouse_that_sells_until_expiration(self):
        self.lot.removal_date = self.in_days(-1)
        self.warehouse.channel_expiry_basis = "expiration"
        self.see(on_hand=5, expired=0)

    def test_days_before_the_date(self):
        self.warehouse.channel_expiry_days = 9
        self.see(on_hand=5)
        self.warehouse.channel_expiry_days = 11
        self.see(on_hand=0, expired=5)
        self.warehouse.channel_expiry_basis = "expiration"
        self.see(on_hand=5)

    def deliver(self, quantity, days=0):
        """A delivery that leaves in ``days``, reserved as far as Odoo does it."""
        self.product = self.tracked
        move = self.sell(quantity).order_line.move_ids
        move.date = self.in_days(days)
        move._do_unreserve()
        move._action_assign()
        return move

    def test_what_is_sold_until_it_expires_is_reserved_until_then(self):
        """Odoo leaves it out from its removal date on: the delivery of what was sold
        would wait, and nothing would be short."""
        self.lot.removal_date = self.in_days(-1)
        self.assertEqual(self.deliver(2).state, "confirmed")
        self.warehouse.channel_expiry_basis = "expiration"
        self.see(on_hand=5, allocated=2)
        self.assertEqual(self.deliver(2).state, "assigned")
        self.lot.write({"expiration_date": self.in_days(-1)})
        self.assertEqual(self.deliver(1).state, "confirmed")

    def test_what_goes_off_before_it_leaves_is_not_sold(self):
        """Odoo reserves no lot that is to be removed before the delivery's date."""
        self.see(available=5)
        self.tracked.sale_delay = 12
        self.see(on_hand=0, expired=5, available=0)
        self.assertEqual(self.deliver(1, days=12).state, "confirmed")
        self.tracked.sale_delay = 9
        self.see(on_hand=5, expired=0)
        self.assertEqual(self.deliver(1, days=9).state, "assigned")

    def test_changed_lead_time_is_planned(self):
        self.assertEqual(self.target(), 5)
        for statement, expected in (
            ("UPDATE product_template SET sale_delay = 12 WHERE id = %s", 0),
            ("UPDATE product_template SET sale_delay = 0 WHERE id = %s", 5),
        ):
            self.env.flush_all()
            self.env.cr.execute(statement, [self.tracked.product_tmpl_id.id])
            self.env.invalidate_all()
            self.assertEqual(self.target(), expected)

    def test_each_warehouse_has_its_own_policy(self):
        other = self.make_warehouse(self.env, "CH2")
        self.put(self.lot, 3, other.lot_stock_id)
        other.channel_expiry_days = 11
        self.see(on_hand=5)
        self.assertEqual(self.position_at(other, self.tracked).expired, 3)

    def test_stock_without_a_lot_or_a_date_does_not_expire(self):
        self.warehouse.channel_expiry_days = 3650
        self.check(on_hand=10, expired=0)

    def test_damaged_and_consigned_stock_stays_what_it_is(self):
        quarantine = self.env["stock.location"].create(
            {
                "name": "Quarantine",
                "location_id": self.warehouse.lot_stock_id.id,
                "own_stock_state": "damaged",
            }
        )
        owner = self.env["res.partner"].create({"name": "Owner"})
        self.put(self.lot, 2, quarantine)
        self.put(self.lot, 3, owner_id=owner)
        self.lot.removal_date = self.in_days(-1)
        self.see(expired=5, damaged=2, consigned=3, on_hand=0)

    def test_goods_being_received_expire_too(self):
        self.warehouse.reception_steps = "two_steps"
        self.put(self.lot, 4, self.warehouse.wh_input_stock_loc_id)
        self.see(in_transit=4, backorderable=4)
        self.lot.removal_date = self.in_days(-1)
        self.see(in_transit=0, backorderable=0, expired=9)

    # --------------------------------------------------------------- changes
    def test_changed_date_and_policy_are_planned(self):
        self.assertEqual(self.target(), 5)
        self.lot.removal_date = self.in_days(-1)
        self.assertEqual(self.target(), 0)
        self.lot.removal_date = self.in_days(5)
        self.assertEqual(self.target(), 5)
        with Form(self.warehouse) as form:
            form.channel_expiry_days = 6
        self.assertEqual(self.target(), 0)

    def test_changes_by_sql_are_noticed(self):
        self.assertEqual(self.target(), 5)
        for statement, expected in (
            ("UPDATE stock_lot SET removal_date = now() - interval '1 day'", 0),
            ("UPDATE stock_lot SET removal_date = now() + interval '3 days'", 5),
            ("UPDATE stock_warehouse SET channel_expiry_days = 4", 0),
            ("UPDATE stock_warehouse SET channel_expiry_basis = 'expiration'", 5),
        ):
            with self.subTest(statement):
                self.env.cr.execute(statement)
                self.env.invalidate_all()
                self.assertEqual(self.target(), expected)

    def pass_time(self, days):
        """Let ``days`` go by: shift everything into the past that stands in a lot.

        The triggers would see that, and time is what no trigger sees.
        """
        self.env.flush_all()
        self.env.cr.execute("ALTER TABLE stock_lot DISABLE TRIGGER USER")
        self.env.cr.execute(
            """
            UPDATE stock_lot SET removal_date = removal_date - %(by)s,
                   expiration_date = expiration_date - %(by)s
             WHERE product_id = %(product)s
            """,
            {"by": timedelta(days=days), "product": self.tracked.id},
        )
        self.env.cr.execute("ALTER TABLE stock_lot ENABLE TRIGGER USER")
        self.env.cr.execute(
            "UPDATE stock_warehouse SET channel_expiry_checked "
            "= channel_expiry_checked - %s",
            (timedelta(days=days),),
        )
        self.env.invalidate_all()

    def test_lot_that_comes_to_its_limit_is_planned_and_nothing_else(self):
        late = self.make_lot(40)
        self.put(late, 7)
        self.assertEqual(self.target(), 12)
        self.env["stock.warehouse"]._recover_expiry()
        self.assertFalse(self.env["channel.change"].search([]))
        self.pass_time(11)
        self.assertEqual(self.target(), 12)
        self.env["channel.channel"]._cron_recover()
        changes = self.env["channel.change"].search([])
        self.assertEqual(changes.product_id, self.tracked)
        self.assertEqual(self.target(), 7)
        self.env["stock.warehouse"]._recover_expiry()
        self.assertFalse(self.env["channel.change"].search([]))
        self.pass_time(20)
        self.env["stock.warehouse"]._recover_expiry()
        self.assertEqual(self.target(), 0)

    def test_break_of_any_length_skips_no_lot(self):
        self.plan()
        self.pass_time(400)
        self.env["stock.warehouse"]._recover_expiry()
        self.assertEqual(self.target(), 0)

    def test_delivery_of_good_lots_still_counts(self):
        self.put(self.make_lot(5, removal=6), 4)
        self.see(on_hand=5, expired=4)
        self.product = self.tracked
        self.sell(2)
        self.see(on_hand=5, allocated=2, available=3)
