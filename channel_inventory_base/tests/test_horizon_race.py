# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta, timezone

from odoo import fields
from odoo.tests import tagged

from .. import schemas
from ..db.transaction import retry_on_conflict
from .common_committed import CommittedCase


@tagged("post_install", "-at_install")
class TestHorizonRace(CommittedCase):
    """Orders that are shipped later, what comes in for them, and planners: all at once.
    50 pieces on hand."""

    def setUp(self):
        super().setUp()
        self.now = fields.Datetime.now()
        with self.commit() as env:
            self.channel(env).hold_horizon_days = 30

    def capture(self, env, number, quantity, minute=0):
        data = schemas.OrderData(
            external_id=f"PO-{number}",
            name=f"PO-{number}",
            version=self.now.replace(tzinfo=timezone.utc) + timedelta(minutes=minute),
            ship_from=self.now.replace(tzinfo=timezone.utc) + timedelta(days=60),
            lines=(
                schemas.OrderLineData(
                    external_id="1",
                    listing_ref="variant-1",
                    quantity=quantity,
                    open_quantity=quantity,
                    deductions=(),
                ),
            ),
        )
        return env["channel.order"]._capture(self.channel(env), data, "trace")

    def order(self, number, quantity, minute=0):
        def work():
            with self.commit() as env:
                self.capture(env, number, quantity, minute)

        retry_on_conflict(work)

    def receipt(self, quantity):
        with self.commit() as env:
            warehouse = env["stock.warehouse"].browse(self.warehouse_id)
            move = env["stock.move"].create(
                {
                    "product_id": self.product_id,
                    "product_uom_qty": quantity,
                    "location_id": env.ref("stock.stock_location_suppliers").id,
                    "location_dest_id": self.location_id,
                    "picking_type_id": warehouse.in_type_id.id,
                    "date": self.now + timedelta(days=50),
                }
            )
            return move._action_confirm(merge=False).id

    def cancel(self, move_id):
        with self.commit() as env:
            env["stock.move"].browse(move_id)._action_cancel()

    def assertPromised(self, wanted, inbound):
        """All that is wanted is taken off, and no inbound unit twice."""
        self.plan()
        with self.commit() as env:
            holds = env["channel.hold"].search(
                [("channel_id", "=", self.channel_id), ("state", "=", "active")]
            )
            held = sum(holds.mapped("stock_quantity"))
            promised = sum(holds.mapped("promised_quantity"))
        self.assertEqual((held + promised, promised), (wanted, min(wanted, inbound)))
        self.assertEqual(self.target(), self.stocked - held)

    def test_orders_receipts_and_planners_at_once_promise_each_unit_once(self):
        self.plan()
        doomed = [self.receipt(5), self.receipt(7)]
        self.in_threads(
            *(lambda number=number: self.order(number, 6) for number in range(4)),
            *(lambda: self.receipt(4) for _truck in range(2)),
            *(lambda move=move: self.cancel(move) for move in doomed),
            *(self.plan for _planner in range(3)),
        )
        self.assertPromised(24, 8)

    def test_planner_waits_for_no_order_that_is_being_changed(self):
        self.order(1, 6)
        receipt = self.receipt(4)
        self.assertPromised(6, 4)
        with self.commit() as slow:
            self.capture(slow, 1, 9, minute=1)
            slow.flush_all()
            self.cancel(receipt)
            # its own transaction: it comes back while the order is open
            self.in_threads(self.plan)
        self.assertPromised(9, 0)

    def test_order_of_a_killed_worker_changes_nothing(self):
        self.order(1, 6)
        self.receipt(4)
        self.assertPromised(6, 4)
        try:
            with self.commit() as env:
                self.capture(env, 1, 60, minute=1)
                env.flush_all()
                raise ZeroDivisionError("killed")
        except ZeroDivisionError:
            self.assertPromised(6, 4)
