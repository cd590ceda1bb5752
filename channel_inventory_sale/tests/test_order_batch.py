# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import replace
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.db.transaction import LOCK_IMPORT, try_lock
from odoo.addons.channel_inventory_base.tests.common_committed import CommittedCase

from .common_order import BERLIN, OrderCase, tax

INTAKE = "odoo.addons.channel_inventory_sale.models.channel_intake"
SALE = (
    "state amount_untaxed amount_tax amount_total client_order_ref origin date_order "
    "commitment_date warehouse_id partner_id partner_invoice_id pricelist_id "
    "invoice_status currency_id team_id user_id company_id delivery_status"
).split()
LINE = (
    "name product_id product_uom_id product_uom_qty price_unit price_subtotal "
    "price_tax discount tax_ids channel_warehouse_id qty_delivered qty_to_invoice"
).split()
MOVE = "product_id product_uom_qty quantity state date_deadline location_id".split()


def texts_of(record, names):
    """Values of fields; of other records their names, for ids differ."""
    return [
        record[name].mapped("display_name")
        if record._fields[name].relational
        else record[name]
        for name in names
    ]


def facts_of(order):
    """All that an import leaves behind, but for ids and numbers of sequences."""
    sale = order.sale_order_id
    return {
        "order": [order.state, order.stage, order.payment, order.partner_id.name],
        "keys": [order.address_key, order.money_key, order.dates_key],
        "sale": texts_of(sale, SALE),
        "places": sale.partner_shipping_id.contact_address,
        "lines": [texts_of(line, LINE) for line in sale.order_line],
        "pickings": [
            [texts_of(move, MOVE) for move in picking.move_ids]
            for picking in sale.picking_ids
        ],
        "holds": order.line_ids.hold_ids.mapped("state"),
        "messages": len(sale.message_ids),
        "exceptions": order._exceptions_found(),
    }


@tagged("post_install", "-at_install")
class TestBatchedAsSingle(OrderCase):
    """Orders that are imported together are what they would be one by one."""

    def _kinds(self):
        line, data = self._line, self._data
        bob = schemas.CustomerData(external_id="C-2", name="Bob", email="b@example.com")
        there = replace(BERLIN, street="Elsewhere 9")
        packs = self._listing("PACK", stock=120, pack_qty=12)
        return [
            self._simple(),
            # the same customer once more
            self._simple(),
            # and at another address
            self._simple(shipping=there),
            data(
                line(self.lamp, 1, "10.00", tax(10, "0.90"), discount="1.00"),
                line(self.mug, 3, "4.00", tax(25, "3.00")),
                shipping_lines=(self._shipping("5.00", tax(10, "0.50")),),
                customer=bob,
                total="30.40",
                total_tax="4.40",
            ),
            data(
                line(packs, 2, "60.00"), customer=schemas.CustomerData(), total="120.00"
            ),
            # a quotation, for it is not paid
            self._simple(payment="pending", customer=bob),
        ]

    def _facts(self, orders):
        self.env.flush_all()
        self.env.invalidate_all()
        found = []
        for order in orders:
            with patch.object(
                type(order),
                "_exceptions_found",
                lambda one: self._exceptions(one).mapped("message"),
                create=True,
            ):
                found.append(facts_of(order))
        return found

    def test_batch_leaves_what_single_imports_leave(self):
        captured = self.env["channel.order"].union(
            *[self._capture(each) for each in self._kinds()]
        )
        with self.env.cr.savepoint() as savepoint:
            for order in captured:
                self.env["channel.order.importer"]._import(order)
            singly = self._facts(captured)
            savepoint.rollback()
        imported = self.env["channel.order.batch"]._import(captured)
        self.assertEqual(imported, captured)
        for single, batched in zip(singly, self._facts(captured), strict=True):
            self.assertEqual(single, batched)
        self.assertEqual(
            captured.sale_order_id.mapped("state"), ["sale"] * 5 + ["draft"]
        )
        self.assertEqual(len(captured.sale_order_id.picking_ids), 5)
        # one contact a customer; who is unknown is one of his own
        self.assertEqual(len(captured.partner_id), 3)

    def test_what_is_not_plain_is_left_alone(self):
        plain = [self._simple(), self._simple()]
        odd = [
            self._data(self._line("V-unknown", 1, "10.00"), total="10.00"),
            self._simple(total="23.00"),
            self._simple(state="cancelled"),
            self._simple(payment="voided"),
        ]
        orders = [self._capture(each) for each in (plain[0], *odd[:3], plain[1])]
        batch = self.env["channel.order.batch"]
        orders = self.env["channel.order"].union(*orders)
        imported = batch._import(orders)
        self.assertEqual(imported, orders[0] | orders[4])
        left = orders - imported
        self.assertEqual(left.mapped("state"), ["captured"] * 2 + ["cancelled"])
        self.assertFalse(left.sale_order_id)
        self.assertFalse(self._exceptions(left[0]))

    def test_too_few_are_left_alone(self):
        order = self._capture(self._simple())
        self.assertFalse(self.env["channel.order.batch"]._import(order))
        self.assertEqual(order.state, "captured")


@tagged("post_install", "-at_install")
class TestOrderBatch(CommittedCase):
    """A backlog goes in together, and what is wrong with one stays with it."""

    def setUp(self):
        super().setUp()
        self.go_live(50)
        self.calls = []

    def _sell(self, count, **values):
        names = [self.fake.sell(1, **values) for _number in range(count)]
        self.store(*[self.fake.event(name) for name in names])
        return names

    def drain(self):
        """As often as a job would come back: its time may be up before all are in."""
        for _run in range(10):
            self.intake()
            if "captured" not in self._states():
                return

    def _orders(self, env):
        domain = [("channel_id", "=", self.channel_id)]
        return env["channel.order"].search(domain, order="id")

    def _counting(self):
        """Notes how many sale orders each call of create makes."""
        created, calls = self.registry["sale.order"].create, self.calls

        def create(records, vals_list):
            calls.append(len(vals_list) if isinstance(vals_list, list) else 1)
            return created(records, vals_list)

        return patch.object(self.registry["sale.order"], "create", create)

    def test_backlog_is_imported_together(self):
        self._sell(25)
        with self._counting():
            self.drain()
        self.assertEqual(self.calls, [20, 5])
        with self.commit() as env:
            orders = self._orders(env)
            self.assertEqual(set(orders.mapped("state")), {"imported"})
            self.assertEqual(len(orders.sale_order_id), 25)
            # each at its own time, and a transfer each
            self.assertEqual(
                orders.sale_order_id.mapped("date_order"), orders.mapped("placed_at")
            )
            self.assertEqual(len(orders.sale_order_id.picking_ids), 25)
            moves = orders.sale_order_id.picking_ids.move_ids
            self.assertEqual(set(moves.mapped("state")), {"assigned"})

    def test_single_order_is_imported_at_once(self):
        self._sell(1)
        with self._counting():
            self.drain()
        self.assertEqual(self.calls, [1])

    def test_poisoned_order_stops_nobody(self):
        names = self._sell(20)
        poisoned = names[7]
        checker = self.registry["channel.order.importer"]
        checked = checker._check_written

        def check(importer, order, data):
            if order.name == poisoned:
                raise ValueError("an addon does not like this one")
            return checked(importer, order, data)

        with (
            patch.object(checker, "_check_written", check),
            self.assertLogs(INTAKE, "ERROR"),
        ):
            self.drain()
        with self.commit() as env:
            orders = self._orders(env)
            odd = orders.filtered(lambda order: order.name == poisoned)
            self.assertEqual((odd.state, len(odd.sale_order_id)), ("blocked", 0))
            self.assertEqual(set((orders - odd).mapped("state")), {"imported"})
            self.assertEqual(len(orders.sale_order_id), 19)
            exceptions = env["channel.exception"].search(
                [("channel_id", "=", self.channel_id), ("state", "=", "open")]
            )
            self.assertEqual(exceptions.mapped("category"), ["import"])
            self.assertIn("does not like", exceptions.message)

    def test_refused_order_costs_the_others_nothing(self):
        first = self._sell(3)
        [refused] = self._sell(1, line={"listing_ref": "unknown"})
        last = self._sell(3)
        with self._counting():
            self.drain()
        # the refused one is found before anything is made
        self.assertEqual(self.calls, [6])
        with self.commit() as env:
            states = {order.name: order.state for order in self._orders(env)}
        self.assertEqual(states.pop(refused), "blocked")
        self.assertEqual(states, dict.fromkeys(first + last, "imported"))

    def test_conflict_is_imported_one_by_one(self):
        self._sell(4)
        batch = self.registry["channel.order.batch"]

        def conflict(_batch, _orders):
            raise SerializationFailure

        with self._counting(), patch.object(batch, "_import", conflict):
            self.drain()
        self.assertEqual(self.calls, [1] * 4)
        with self.commit() as env:
            self.assertEqual(set(self._orders(env).mapped("state")), {"imported"})

    def test_last_unit_goes_to_the_first(self):
        self.change_stock(-49)
        self._sell(3)
        self.drain()
        with self.commit() as env:
            orders = self._orders(env)
            self.assertEqual(set(orders.mapped("state")), {"imported"})
            reserved = [
                sum(order.sale_order_id.picking_ids.move_ids.mapped("quantity"))
                for order in orders
            ]
            self.assertEqual(reserved, [1, 0, 0])

    def test_two_workers_import_each_order_once(self):
        self._sell(40)
        with self.commit() as env:
            while env["channel.intake"]._capture_next(self.channel(env)):
                pass
        self.in_threads(self.intake, self.intake)
        self.drain()
        with self.commit() as env:
            orders = self._orders(env)
            self.assertEqual(set(orders.mapped("state")), {"imported"})
            sales = env["sale.order"].search([("channel_id", "=", self.channel_id)])
            self.assertEqual((len(orders), len(sales)), (40, 40))
            quants = env["stock.quant"].search(
                [
                    ("product_id", "=", self.product_id),
                    ("location_id", "child_of", self.location_id),
                ]
            )
            self.assertEqual(sum(quants.mapped("reserved_quantity")), 40)

    def _age(self, table, column, seconds):
        with self.commit() as env:
            env.cr.execute(
                SQL(
                    "UPDATE %s SET %s = %s - make_interval(secs => %s)",
                    SQL.identifier(table),
                    SQL.identifier(column),
                    SQL.identifier(column),
                    seconds,
                )
            )

    def _states(self):
        with self.commit() as env:
            return set(self._orders(env).mapped("state"))

    def test_one_imports_while_numbers_are_late(self):
        self._sell(2)
        self.plan()
        self.change_stock(1)
        with self.commit() as busy, try_lock(busy, LOCK_IMPORT):
            # in time: as many import as like
            with patch(f"{INTAKE}.LATE_SECONDS", 600):
                self.intake()
            self.assertEqual(self._states(), {"imported"})
            self._sell(2)
            self._age("channel_change", "since", 3)
            self.intake()
            self.assertEqual(self._states(), {"imported", "captured"})
            self.plan()
            self.intake()
            self.assertEqual(self._states(), {"imported"})
            self._sell(2)
            self._age("channel_change", "since", 3)
        self.intake()
        self.assertEqual(self._states(), {"imported"})
