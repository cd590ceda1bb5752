# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import replace
from datetime import timedelta, timezone
from decimal import Decimal

from psycopg2.extras import Json

from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.channel_inventory_base import schemas

from .common_messages import Sold
from .common_order import NOON, OrderCase, tax
from .test_messages import MessageCase


class SoldCase(OrderCase, Sold):
    def setUp(self):
        super().setUp()
        # sold in the time of the first mapping
        self._shift_versions(NOON - timedelta(days=30))

    def _shift_versions(self, moment):
        """Have all mappings begun at ``moment`` that have begun in this transaction."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE channel_listing_version SET activated_at = %s "
                "WHERE activated_at >= now() AT TIME ZONE 'UTC' - interval '1 minute'",
                moment.replace(tzinfo=None),
            )
        )
        self.env.invalidate_all()

    def _remap(self, listing, **values):
        listing.write(values)
        self.env.invalidate_all()

    def _product(self, name, stock=0, **values):
        product = self.env["product.product"].create(
            {"name": name, "default_code": name, "is_storable": True, **values}
        )
        if stock:
            self.env["stock.quant"]._update_available_quantity(
                product, self.warehouse.lot_stock_id, stock
            )
        return product

    def _sold(self, order):
        """(product, stock units) of what the sale order has."""
        return [
            (
                line.product_id,
                line.product_uom_id._compute_quantity(
                    line.product_uom_qty, line.product_id.uom_id
                ),
            )
            for line in order.sale_order_id.order_line
            if line.channel_order_line_id and line.product_uom_qty
        ]

    def _held(self, order):
        return [
            (hold.product_id, hold.stock_quantity)
            for hold in order.line_ids.hold_ids
            if hold.state == "active"
        ]

    def _deducted(self, listing):
        return sum(
            self.env["channel.deduction"]
            .search([("listing_id", "=", listing.id)])
            .mapped("quantity")
        )

    def _available(self, product):
        self.env.flush_all()
        positions = self.env["channel.position"].search(
            [
                ("product_id", "=", product.id),
                ("warehouse_id", "=", self.warehouse.id),
            ]
        )
        return positions.available

    def _units_told(self, order):
        return [
            each.quantity
            for message in order.notification_ids.sorted("id")
            if message.kind == "shipment"
            for each in message._get_data().lines
        ]


@tagged("post_install", "-at_install")
class TestSoldConfirmed(SoldCase):
    """What a confirmed line was sold as does not change with its listing."""

    def test_pack_changed_later_leaves_confirmed_units_as_they_were(self):
        for before, after in ((1, 12), (6, 1), (2, 5)):
            listing = self._listing(f"P{before}", stock=200, pack_qty=before)
            self._shift_versions(NOON - timedelta(days=1))
            data = self._data(self._line(listing, 2, "10.00"), total="20.00")
            order = self._import(data)
            self._remap(listing, pack_qty=after)
            self._import(self._newer(data, note="leave it at the door"))
            self.assertImported(order, "20.00")
            self.assertEqual(self._sold(order), [(listing.product_id, 2 * before)])
            self.assertFalse(self._held(order))

    def test_pack_changed_before_shipping_tells_the_units_that_were_sold(self):
        for before, after in ((1, 12), (12, 1)):
            listing = self._listing(f"T{before}", stock=200, pack_qty=before)
            self._shift_versions(NOON - timedelta(days=1))
            data = self._data(self._line(listing, 3, "10.00"), total="30.00")
            order = self._import(data)
            self._remap(listing, pack_qty=after)
            with self._told():
                self.ship(self.env, order.sale_order_id)
            self.assertEqual(order.line_ids._shipped_here(), 3)

    def test_pack_changed_while_partly_shipped_still_counts_what_is_left(self):
        listing = self._listing("PART", stock=200, pack_qty=4)
        self._shift_versions(NOON - timedelta(days=1))
        data = self._data(self._line(listing, 3, "10.00"), total="30.00")
        order = self._import(data)
        self.ship(self.env, order.sale_order_id, 4)
        self._remap(listing, pack_qty=1)
        self.assertEqual(order.line_ids._shipped_here(), 1)
        line = replace(data.lines[0], quantity=2, open_quantity=1, shipped_quantity=1)
        newer = replace(
            data,
            lines=(line,),
            total=Decimal("20.00"),
            version=data.version + timedelta(minutes=1),
        )
        self._import(newer)
        self.assertImported(order, "20.00")
        self.assertEqual(self._sold(order), [(listing.product_id, 8)])

    def test_product_changed_later_leaves_the_confirmed_product(self):
        data = self._data(self._line(self.lamp, 3, "10.00"), total="30.00")
        order = self._import(data)
        sold, other = self.lamp.product_id, self._product("OTHER", 50)
        self._remap(self.lamp, product_id=other.id)
        ref = data.lines[0].external_id
        self._import(self._newer(data, {ref: 2}, total=Decimal("20.00")))
        self.assertImported(order, "20.00")
        self.assertEqual(self._sold(order), [(sold, 2)])
        self.assertEqual(order.line_ids.product_id, sold)

    def test_unit_changed_later_leaves_confirmed_units_as_they_were(self):
        dozen, unit = (self.env.ref(f"uom.product_uom_{n}") for n in ("dozen", "unit"))
        for before, after, stock in ((dozen, unit, 24), (unit, dozen, 2)):
            listing = self._listing(f"U-{before.name}", stock=200, uom_id=before.id)
            self._shift_versions(NOON - timedelta(days=1))
            data = self._data(self._line(listing, 2, "10.00"), total="20.00")
            order = self._import(data)
            self._remap(listing, uom_id=after.id)
            self._import(self._newer(data, note="leave it at the door"))
            self.assertImported(order, "20.00")
            self.assertEqual(self._sold(order), [(listing.product_id, stock)])
            self.ship(self.env, order.sale_order_id)
            self.assertEqual(order.line_ids._shipped_here(), 2)

    def test_unit_that_contains_something_else_later(self):
        """A pack of six becomes one of eight by its own form: no listing is written.

        Open transfers are in the product's unit, so that Odoo allows it.
        """
        pack = self.env["uom.uom"].create(
            {
                "name": "Pack",
                "relative_factor": 6,
                "relative_uom_id": self.env.ref("uom.product_uom_unit").id,
            }
        )
        listing = self._listing("PACKED", stock=200, uom_id=pack.id)
        self._shift_versions(NOON - timedelta(days=1))
        product = listing.product_id
        data = self._data(self._line(listing, 2, "10.00"), total="20.00")
        order = self._capture(data)
        self.assertEqual(self._held(order), [(product, 12)])
        pack.relative_factor = 8
        self.env.invalidate_all()
        self.assertEqual(listing.stock_factor, 8)
        self.assertEqual(listing.version_id.stock_factor, 8)
        # what was sold as six is delivered as six
        self.env["channel.order.importer"]._import(order)
        self.assertImported(order, "20.00")
        self.assertEqual(self._sold(order), [(product, 12)])
        late = self._capture(self._data(self._line(listing, 2, "10.00"), total="20.00"))
        self.assertEqual(self._held(late), [(product, 12)], "placed before")
        new = replace(
            self._data(self._line(listing, 2, "10.00"), total="20.00"),
            placed_at=NOON + timedelta(days=9999),
        )
        self.assertEqual(self._held(self._capture(new)), [(product, 16)])

    def test_pack_changed_later_leaves_each_warehouse_what_it_ships(self):
        north = self._warehouse("CHN")
        self._node("north", north)
        self.env["stock.quant"]._update_available_quantity(
            self.lamp.product_id, north.lot_stock_id, 50
        )
        lines = [
            self._line(self.lamp, units, "10.00", node=node)
            for units, node in ((3, "main"), (4, "north"))
        ]
        data = self._data(*lines, total="70.00")
        order = self._import(data)
        self._remap(self.lamp, pack_qty=5)
        lines[1] = replace(
            lines[1],
            quantity=1,
            open_quantity=1,
            deductions=(schemas.Deduction("north", 1),),
        )
        version = data.version + timedelta(minutes=1)
        total = Decimal("40.00")
        self._import(replace(data, lines=tuple(lines), total=total, version=version))
        self.assertImported(order, "40.00")
        moves = order.sale_order_id.order_line.move_ids
        open_moves = moves.filtered(lambda move: move.state != "cancel")
        found = {move.warehouse_id: move.product_qty for move in open_moves}
        self.assertEqual(found, {self.warehouse: 3, north: 1})

    def test_mapping_changed_twice_and_back_again_changes_nothing(self):
        data = self._data(self._line(self.lamp, 3, "10.00"), total="30.00")
        order = self._import(data)
        sold, other = self.lamp.product_id, self._product("OTHER", 50)
        for values in (
            {"product_id": other.id, "pack_qty": 6},
            {"pack_qty": 2},
            {"product_id": sold.id, "pack_qty": 1},
        ):
            self._remap(self.lamp, **values)
            self._import(self._newer(data, note=str(values)))
            self.assertImported(order, "30.00")
            self.assertEqual(self._sold(order), [(sold, 3)])

    def test_cancelling_after_the_mapping_changed_frees_what_was_sold(self):
        data = self._data(self._line(self.lamp, 3, "10.00"), total="30.00")
        order = self._import(data)
        lamp = self.lamp.product_id
        self._remap(self.lamp, product_id=self._product("OTHER", 50).id, pack_qty=2)
        cancelled = self._newer(data, state="cancelled")
        self._capture(cancelled)
        order._follow()
        self.assertEqual(order.sale_order_id.state, "cancel")
        self.assertEqual(self._available(lamp), 100)

    def test_archived_or_gone_listing_is_no_obstacle_to_what_was_sold(self):
        data = self._data(self._line(self.lamp, 3, "10.00"), total="30.00")
        order = self._import(data)
        self.lamp.active = False
        self.lamp._mark_gone()
        ref = data.lines[0].external_id
        self._import(self._newer(data, {ref: 1}, total=Decimal("10.00")))
        self.assertImported(order, "10.00")
        self.assertEqual(self._sold(order), [(self.lamp.product_id, 1)])

    def test_screen_says_which_mapping_counts(self):
        data = self._data(self._line(self.lamp, 3, "10.00"), total="30.00")
        order = self._import(data)
        self.assertFalse(order.line_ids.sold_note)
        self._remap(self.lamp, pack_qty=6)
        self.assertIn("Mapping 1", order.line_ids.sold_note)
        self.assertIn("6", order.line_ids.sold_note)

    def _told(self):
        return self.env.cr.savepoint(flush=True)


@tagged("post_install", "-at_install")
class TestSoldWaiting(SoldCase):
    """Of an order that waits, the mended mapping counts."""

    def _blocked(self, **values):
        """An order that waits for its address, of three lamps."""
        nowhere = replace(self._simple().shipping, country_code="ZZ")
        data = self._data(
            self._line(self.lamp, 3, "10.00"), total="30.00", shipping=nowhere, **values
        )
        order = self._import(data)
        self.assertRefused(order, "address")
        return order, data

    def test_mapping_mended_while_the_order_is_blocked_counts(self):
        order, data = self._blocked()
        other = self._product("RIGHT", 50)
        self._remap(self.lamp, product_id=other.id, pack_qty=2)
        self.assertEqual(self._held(order), [(other, 6)])
        self.assertEqual(order.line_ids.mapping_id, self.lamp.version_id)
        self.assertFalse(order.line_ids.sold_note)
        self._import(self._newer(data, shipping=self._simple().shipping))
        self.assertImported(order, "30.00")
        self.assertEqual(self._sold(order), [(other, 6)])

    def test_mapping_mended_between_the_look_and_the_block_counts_at_retry(self):
        """The one who mends does not see that the order is being blocked just now."""
        order, _data = self._blocked()
        order.state = "captured"
        other = self._product("RIGHT", 50)
        self._remap(self.lamp, product_id=other.id)
        self.assertEqual(
            self._held(order),
            [(self.lamp.product_id.browse(order.line_ids.product_id.id), 3)],
        )
        order.state = "blocked"
        order._retry()
        self.assertEqual(self._held(order), [(other, 3)])

    def test_first_mapping_counts_for_a_line_that_nobody_knew(self):
        data = self._data(self._line("V-NEW", 2, "10.00", sku="NEW"), total="20.00")
        order = self._import(data)
        self.assertRefused(order, "unknown_sku")
        listing = order.line_ids.listing_id
        right = self._product("CASE", 50)
        self._remap(listing, product_id=right.id, pack_qty=4, state="mapped")
        self.assertEqual(order.state, "captured")
        self.assertEqual(self._held(order), [(right, 8)])
        self.assertEqual(order.line_ids.mapping_id, listing.version_id)
        order.env["channel.order.importer"]._import(order)
        self.assertImported(order, "20.00")
        self.assertEqual(self._sold(order), [(right, 8)])

    def test_matched_by_somebody_who_could_not_see_the_line_yet(self):
        data = self._data(self._line("V-NEW", 2, "10.00", sku="NEW"), total="20.00")
        order = self._capture(data)
        right = self._product("CASE", 50)
        listing = order.line_ids.listing_id
        self._remap(listing, product_id=right.id, pack_qty=4, state="mapped")
        self.env.cr.execute(
            "UPDATE channel_order_line SET sold_as = NULL, mapping_id = NULL, "
            "product_id = NULL, stock_factor = 1, pack_qty = 1 WHERE id = %s",
            [order.line_ids.id],
        )
        self.env.invalidate_all()
        order.env["channel.order.importer"]._import(order)
        self.assertImported(order, "20.00")
        self.assertEqual(self._sold(order), [(right, 8)])

    def test_mapping_of_the_time_of_the_sale_counts_though_it_comes_in_later(self):
        """Sold as one, relabelled as a case of six, and only then received."""
        product = self.lamp.product_id
        self._remap(self.lamp, pack_qty=6)
        late = self._data(self._line(self.lamp, 2, "10.00"), total="20.00")
        early = replace(
            self._data(self._line(self.lamp, 2, "10.00"), total="20.00"),
            placed_at=NOON + timedelta(days=9999),
        )
        self.assertEqual(self._held(self._capture(late)), [(product, 2)])
        self.assertEqual(self._held(self._capture(early)), [(product, 12)])

    def test_mapping_of_the_time_of_the_sale_is_found_by_one_clock(self):
        """The channel dates its orders by a clock of its own."""
        product = self.lamp.product_id
        self._remap(self.lamp, pack_qty=6)
        changed = self.lamp.version_id.activated_at

        def held(placed_at, ahead):
            # not through a transaction of its own: the channel is not committed
            self.env.cr.execute(
                SQL(
                    "INSERT INTO channel_shared_state (channel_id, key, value) "
                    "VALUES (%s, 'clock', %s) ON CONFLICT (channel_id, key) "
                    "DO UPDATE SET value = EXCLUDED.value",
                    self.channel.id,
                    Json({"ahead": ahead}),
                )
            )
            data = self._data(self._line(self.lamp, 2, "10.00"), total="20.00")
            data = replace(data, placed_at=placed_at.replace(tzinfo=timezone.utc))
            [(found, units)] = self._held(self._capture(data))
            self.assertEqual(found, product)
            return units

        minute = timedelta(minutes=1)
        for ahead in (0, 120, -120):
            with self.subTest(ahead=ahead):
                there = changed + timedelta(seconds=ahead)
                self.assertEqual(held(there - minute, ahead), 2)
                self.assertEqual(held(there + minute, ahead), 12)

    def test_mapping_changed_between_capture_and_import_does_not_count(self):
        data = self._data(self._line(self.lamp, 2, "10.00"), total="20.00")
        order = self._capture(data)
        product = self.lamp.product_id
        self._remap(self.lamp, product_id=self._product("NEXT", 50).id, pack_qty=6)
        self.assertEqual(self._held(order), [(product, 2)])
        order.env["channel.order.importer"]._import(order)
        self.assertEqual(self._sold(order), [(product, 2)])

    def test_quotation_keeps_its_mapping_until_and_after_it_is_paid(self):
        data = self._data(
            self._line(self.lamp, 2, "10.00"), total="20.00", payment="pending"
        )
        order = self._import(data)
        product = self.lamp.product_id
        self._remap(self.lamp, product_id=self._product("NEXT", 50).id, pack_qty=6)
        self._import(self._newer(data, payment="paid"))
        self.assertEqual(order.sale_order_id.state, "sale")
        self.assertEqual(self._sold(order), [(product, 2)])

    def test_quotation_takes_the_present_mapping_when_a_person_says_so(self):
        data = self._data(
            self._line(self.lamp, 2, "10.00"), total="20.00", payment="pending"
        )
        order = self._import(data)
        self.assertFalse(order.has_old_mapping)
        other = self._product("NEXT", 50)
        self._remap(self.lamp, product_id=other.id, pack_qty=6)
        self.assertTrue(order.has_old_mapping)
        order.action_take_mapping()
        self.assertEqual(self._held(order), [(other, 12)])
        order.env["channel.order.importer"]._import(order)
        self.assertImported(order, "20.00")
        self.assertEqual(self._sold(order), [(other, 12)])
        self.assertFalse(order.has_old_mapping)

    def test_confirmed_order_offers_no_other_mapping(self):
        order = self._import(
            self._data(self._line(self.lamp, 2, "10.00"), total="20.00")
        )
        sold = self.lamp.product_id
        self._remap(self.lamp, product_id=self._product("NEXT", 50).id)
        self.assertFalse(order.has_old_mapping)
        order.action_take_mapping()
        self.assertEqual(order.line_ids.product_id, sold)

    def test_parked_order_takes_a_mended_mapping_and_goes_on(self):
        self.channel.short_policy = "wait"
        empty = self._listing("EMPTY")
        order = self._import(self._data(self._line(empty, 2, "10.00"), total="20.00"))
        self.assertEqual(order.state, "parked")
        right = self._product("RIGHT", 50)
        self._remap(empty, product_id=right.id)
        self.assertEqual(order.state, "captured")
        self.assertEqual(self._held(order), [(right, 2)])
        order.env["channel.order.importer"]._import(order)
        self.assertEqual(self._sold(order), [(right, 2)])

    def test_mapping_taken_back_stops_what_is_not_sold_yet(self):
        order = self._capture(
            self._data(self._line(self.lamp, 2, "10.00"), total="20.00")
        )
        self.lamp.action_reopen()
        order.env["channel.order.importer"]._import(order)
        self.assertRefused(order, "unknown_sku")
        self.assertEqual(self._held(order), [(self.lamp.product_id, 2)])
        self.lamp.action_accept()
        order.env["channel.order.importer"]._import(order)
        self.assertImported(order, "20.00")

    def test_listing_gone_before_the_import_is_sold_as_what_it_was(self):
        order = self._capture(
            self._data(self._line(self.lamp, 2, "10.00"), total="20.00")
        )
        self.lamp._mark_gone()
        order.env["channel.order.importer"]._import(order)
        self.assertImported(order, "20.00")
        self.assertEqual(self._sold(order), [(self.lamp.product_id, 2)])

    def test_cancelled_while_blocked_after_the_mapping_changed_holds_nothing(self):
        order, data = self._blocked()
        other = self._product("RIGHT", 50)
        self._remap(self.lamp, product_id=other.id, pack_qty=2)
        self._capture(self._newer(data, state="cancelled"))
        self.assertFalse(self._held(order))


@tagged("post_install", "-at_install")
class TestSoldExchanged(SoldCase):
    """The shop makes a line another listing."""

    def _exchange(self, data, listing, quantity=None, **values):
        line = data.lines[0]
        quantity = quantity or line.quantity
        other = replace(
            line,
            listing_ref=listing.external_id,
            sku=listing.sku,
            quantity=quantity,
            open_quantity=quantity,
            deductions=(schemas.Deduction("main", quantity),),
        )
        version = data.version + timedelta(minutes=1)
        return replace(data, lines=(other,), version=version, **values)

    def test_hold_and_deduction_move_before_it_is_sold(self):
        crate = self._listing("CRATE", stock=60, pack_qty=5)
        data = self._data(self._line(self.lamp, 3, "10.00"), total="30.00")
        order = self._capture(data)
        self._capture(self._exchange(data, crate))
        self.assertEqual(self._held(order), [(crate.product_id, 15)])
        self.assertEqual(self._deducted(self.lamp), 0)
        self.assertEqual(self._deducted(crate), 3)
        self._capture(self._exchange(self._exchange(data, crate), self.lamp, 2))
        self.assertEqual(self._held(order), [(self.lamp.product_id, 2)])
        self.assertEqual((self._deducted(self.lamp), self._deducted(crate)), (2, 0))

    def test_quotation_follows_at_once(self):
        data = self._data(
            self._line(self.lamp, 3, "10.00"), total="30.00", payment="pending"
        )
        order = self._import(data)
        self._import(self._exchange(data, self.mug))
        self.assertImported(order, "30.00")
        self.assertEqual(self._sold(order), [(self.mug.product_id, 3)])

    def test_confirmed_sale_order_follows_while_nothing_is_picked(self):
        crate = self._listing("CRATE", stock=60, pack_qty=5)
        data = self._data(self._line(self.lamp, 3, "10.00"), total="30.00")
        order = self._import(data)
        newer = self._exchange(data, crate, 2, total=Decimal("20.00"))
        self._capture(newer)
        self.assertEqual(self._held(order), [(crate.product_id, 10)])
        self.assertEqual((self._deducted(self.lamp), self._deducted(crate)), (0, 2))
        order.env["channel.order.importer"]._import(order)
        self.assertImported(order, "20.00")
        self.assertEqual(self._sold(order), [(crate.product_id, 10)])
        self.assertFalse(self._held(order))
        self.assertEqual(self._position().available, 100)

    def test_exchange_of_what_was_shipped_is_told_and_held(self):
        data = self._data(self._line(self.lamp, 3, "10.00"), total="30.00")
        order = self._import(data)
        self.ship(self.env, order.sale_order_id)
        self._import(self._exchange(data, self.mug))
        self.assertEqual(order.state, "blocked")
        found = self._exceptions(order)
        self.assertEqual(found.category, "changed")
        self.assertIn("MUG", found.message)
        self.assertEqual(self._sold(order), [(self.lamp.product_id, 3)])
        self.assertEqual(order.line_ids._shipped_here(), 3)
        self.assertEqual(self._held(order), [(self.mug.product_id, 3)])
        self.assertTrue(order.has_exchanged)
        order.action_keep_sold()
        order.env["channel.order.importer"]._import(order)
        self.assertImported(order, "30.00")
        self.assertEqual(self._sold(order), [(self.lamp.product_id, 3)])
        self.assertFalse(self._held(order))
        self._import(self._newer(self._exchange(data, self.mug), note="again"))
        self.assertImported(order, "30.00")

    def test_exchange_back_ends_what_was_told(self):
        data = self._data(self._line(self.lamp, 3, "10.00"), total="30.00")
        order = self._import(data)
        self.ship(self.env, order.sale_order_id)
        self._import(self._exchange(data, self.mug))
        back = self._exchange(self._exchange(data, self.mug), self.lamp)
        line = replace(back.lines[0], open_quantity=0, shipped_quantity=3)
        self._import(replace(back, lines=(line,)))
        self.assertImported(order, "30.00")
        self.assertFalse(self._held(order))
        self.assertEqual(self._deducted(self.mug), 0)

    def test_exchange_for_what_nobody_matched_is_held_once_it_is(self):
        data = self._data(self._line(self.lamp, 3, "10.00"), total="30.00")
        order = self._import(data)
        unknown = self._listing("LATER", state="unmapped", product_id=False)
        self._import(self._exchange(data, unknown))
        self.assertEqual(order.state, "blocked")
        self.assertEqual(self._exceptions(order).category, "unknown_sku")
        self.assertEqual(self._sold(order), [(self.lamp.product_id, 3)])
        right = self._product("LATER", 20)
        self._remap(unknown, product_id=right.id, state="mapped")
        self.assertEqual(self._held(order), [(right, 3)])
        order.env["channel.order.importer"]._import(order)
        self.assertImported(order, "30.00")
        self.assertEqual(self._sold(order), [(right, 3)])


@tagged("post_install", "-at_install")
class TestSoldWithoutListing(SoldCase):
    """Deleted variants and lines that never were in a catalogue."""

    def _import_unlisted(self, quantity=2, **values):
        values.setdefault("sku", "")
        return self._import(
            self._data(self._line("", quantity, "10.00", **values), total=10 * quantity)
        )

    def test_deleted_variant_is_held_by_the_mapping_its_sku_had(self):
        crate = self._listing("CRATE", stock=60, pack_qty=5)
        crate._mark_gone()
        order = self._import_unlisted(3, sku="CRATE", title="A crate")
        found = self.assertRefused(order, "unknown_sku")
        self.assertIn("Crate", found.suggestion)
        self.assertEqual(self._held(order), [(crate.product_id, 15)])

    def test_deleted_variant_is_held_by_the_product_of_its_sku(self):
        chair = self._product("CHAIR-7", 9)
        order = self._import_unlisted(2, sku="CHAIR-7")
        self.assertRefused(order, "unknown_sku")
        self.assertEqual(self._held(order), [(chair, 2)])

    def test_what_a_person_says_it_was_is_sold(self):
        chair, table = self._product("CHAIR-7", 9), self._product("TABLE", 30)
        for product, pack in ((chair, 1), (table, 3)):
            order = self._import_unlisted(2, sku="CHAIR-7")
            action = order.action_match_lines()
            wizard = self.env[action["res_model"]].browse(action["res_id"])
            self.assertEqual(wizard.line_ids.product_id, chair)
            wizard.line_ids.write({"product_id": product.id, "pack_qty": pack})
            wizard.action_apply()
            self.assertEqual(self._held(order), [(product, 2 * pack)])
            order.env["channel.order.importer"]._import(order)
            self.assertImported(order, 20)
            self.assertEqual(self._sold(order), [(product, 2 * pack)])

    def test_custom_line_waits_for_the_setting_and_then_is_sold(self):
        order = self._import_unlisted(2, title="Engraving")
        self.assertRefused(order, "unknown_sku")
        self.assertFalse(self._held(order))
        custom = self.env["product.product"].create(
            {"name": "Made to measure", "type": "consu", "is_storable": False}
        )
        self.channel.custom_product_id = custom
        self.assertEqual(order.state, "captured")
        order.env["channel.order.importer"]._import(order)
        sale_order = self.assertImported(order, 20)
        self.assertEqual(sale_order.order_line.product_id, custom)
        self.assertEqual(sale_order.order_line.name, "Engraving")
        self.assertEqual(sale_order.picking_ids.move_ids.product_uom_qty, 2)

    def test_custom_line_beside_goods_is_cancelled_and_shipped_like_them(self):
        self.channel.custom_product_id = self.env["product.product"].create(
            {"name": "Made to measure", "type": "consu", "is_storable": False}
        )
        data = self._data(
            self._line(self.lamp, 2, "10.00", tax(10, "2.00")),
            self._line("", 3, "7.00", sku="", title="Engraving"),
            total="43.00",
            total_tax="2.00",
        )
        order = self._import(data)
        self.assertImported(order, "43.00", "2.00")
        ref = data.lines[1].external_id
        self._import(self._newer(data, {ref: 1}, total=Decimal("29.00")))
        self.assertImported(order, "29.00", "2.00")

    def test_custom_product_changed_later_leaves_what_was_sold(self):
        first, second = (
            self.env["product.product"].create({"name": name, "type": "consu"})
            for name in ("First", "Second")
        )
        self.channel.custom_product_id = first
        data = self._data(
            self._line("", 2, "10.00", sku="", title="Engraving"), total=20
        )
        order = self._import(data)
        self.channel.custom_product_id = second
        ref = data.lines[0].external_id
        self._import(self._newer(data, {ref: 1}, total=Decimal(10)))
        self.assertImported(order, 10)
        self.assertEqual(self._sold(order), [(first, 1)])


@tagged("post_install", "-at_install")
class TestSoldTold(MessageCase):
    """What a channel is told of a line is counted as it was sold."""

    def credit(self, order, units):
        invoice = order.sale_order_id._create_invoices()
        invoice.action_post()
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id})
        )
        move = self.env["account.move"].browse(wizard.refund_moves()["res_id"])
        move.invoice_line_ids.quantity = units
        move.action_post()
        return [
            (each.quantity, each.restock)
            for each in self.messages("refund")._get_data().lines
        ]

    def told(self):
        return [
            each.quantity
            for message in self.messages("shipment")
            for each in message._get_data().lines
        ]

    def test_parcels_after_the_pack_changed(self):
        self.listing.pack_qty = 2
        order = self.sell(5)
        self.listing.pack_qty = 1
        self.ship(self.env, order.sale_order_id, 4)
        self.ship(self.env, order.sale_order_id, 2, 4)
        self.assertEqual(self.told(), [2, 1, 2])

    def test_return_and_refund_after_the_pack_changed(self):
        self.listing.pack_qty = 2
        order = self.sell(3)
        picking = self.ship(self.env, order.sale_order_id)
        self.listing.pack_qty = 12
        self.take_back(self.env, picking, 4)
        self.assertEqual(self.credit(order, 6), [(2, "return"), (1, "none")])

    def test_units_cancelled_here_after_the_pack_changed(self):
        self.listing.pack_qty = 2
        order = self.sell(3)
        self.listing.pack_qty = 1
        order.sale_order_id.order_line.product_uom_qty -= 2
        [message] = self.messages("cancel")
        [line] = message._get_data().lines
        self.assertEqual(line.quantity, 1)
        self.assertEqual(order.line_ids._sold_here(), 2)
