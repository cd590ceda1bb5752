# SPDX-License-Identifier: AGPL-3.0-or-later
from unittest.mock import patch

from psycopg2 import errors

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.channel_inventory_base.tests.common_position import PositionCase

from ..models import channel_count_booker

COUNT, UNITS = 80, 5


@tagged("post_install", "-at_install")
class TestCountsRefused(PositionCase):
    """A report by which most of a warehouse's stock would be wrong is refused as a
    whole; where a person says that it is right, all of it is booked."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.warehouse.write({"channel_authority": "odoo", "channel_compares": True})
        cls.products = cls.env["product.product"].create(
            [
                {
                    "name": f"Counted {number}",
                    "default_code": f"COUNTED-{number}",
                    "is_storable": True,
                    "standard_price": 2,
                }
                for number in range(COUNT)
            ]
        )
        for product in cls.products:
            cls.add_stock(cls.env, product, cls.warehouse, UNITS)

    def setUp(self):
        super().setUp()
        self.hour = fields.Datetime.now().replace(microsecond=0)

    # ------------------------------------------------------------ helpers
    def report(self, quantities, complete=False, hours=5):
        """What the other system says so many hours ago. :return: the run"""
        rows = [
            {"product": product.default_code, "on_hand": quantity}
            for product, quantity in quantities.items()
        ]
        self.env["channel.external.stock"]._report(
            self.warehouse,
            rows,
            fields.Datetime.subtract(self.hour, hours=hours),
            "3PL",
            complete,
        )
        self.env.invalidate_all()
        return self.env["channel.reconcile.run"].search(
            [("warehouse_id", "=", self.warehouse.id)], limit=1
        )

    def all_are(self, quantity, count=COUNT):
        return dict.fromkeys(self.products[:count], quantity)

    def told(self, key="snapshot"):
        return self.env["channel.exception"].search(
            [("key", "=", f"{key}:{self.warehouse.id}"), ("state", "=", "open")]
        )

    def on_hand(self):
        self.env.invalidate_all()
        places = self.warehouse.view_location_id
        return [
            product.with_context(location=places.id).qty_available
            for product in self.products
        ]

    def adjust_all(self, run, user=None):
        action = run.with_user(user or self.env.user).action_adjust_all()
        self.env["channel.reconcile.adjust"].with_context(**action["context"]).create(
            {"reason": "counted in full"}
        ).action_confirm()

    def work(self):
        self.env.flush_all()
        self.env["channel.count.booker"]._run()
        self.env.invalidate_all()

    # ------------------------------------------------------------- refuse
    def test_six_ways_to_be_wrong_change_nothing(self):
        """Another unit, another place, nothing, most of it nothing, half a file, an
        empty one."""
        ways = {
            "cases of twelve": (self.all_are(UNITS * 12), False),
            "another place": (self.all_are(UNITS + 2), True),
            "nothing": (self.all_are(0), True),
            "a third is nothing": (self.all_are(UNITS) | self.all_are(0, 27), True),
            "half a file": (self.all_are(UNITS, COUNT // 2), True),
            "empty": ({}, True),
        }
        for name, (quantities, complete) in ways.items():
            with self.subTest(way=name), self.passing():
                run = self.report(quantities, complete)
                self.assertEqual((run.state, run.difference_count), ("refused", 0))
                self.assertEqual(len(self.told()), 1)
                self.assertIn(run.message, self.told().message)
                self.assertEqual(set(self.on_hand()), {UNITS})

    def test_some_that_differ_are_recorded(self):
        run = self.report(self.all_are(UNITS) | self.all_are(UNITS + 1, 12))
        self.assertEqual((run.state, run.pending_count), ("done", 12))
        self.assertFalse(self.told())

    def test_it_ends_with_the_next_report_that_can_be_believed(self):
        self.report(self.all_are(0))
        told = self.told()
        self.report(self.all_are(UNITS), hours=4)
        self.assertEqual(told.state, "resolved")

    def test_what_open_deliveries_explain_does_not_count(self):
        for product in self.products[:60]:
            self.move(
                self.warehouse.lot_stock_id,
                self.place("customers"),
                UNITS,
                product_id=product.id,
                picking_type_id=self.warehouse.out_type_id.id,
                picking_id=self.make_delivery().id,
            )
        run = self.report(self.all_are(UNITS) | self.all_are(0, 60), complete=True)
        self.assertEqual(run.state, "done", run.message)
        self.assertEqual(run.counts["stock_timing"], 60)

    def make_delivery(self):
        return self.env["stock.picking"].create(
            {
                "picking_type_id": self.warehouse.out_type_id.id,
                "location_id": self.warehouse.lot_stock_id.id,
                "location_dest_id": self.place("customers").id,
            }
        )

    # ------------------------------------------------------------ believe
    def test_believed_it_is_recorded_and_nothing_is_booked_yet(self):
        run = self.report(self.all_are(UNITS + 2))
        manager = self.make_user(self.env, "manager")
        run.with_user(manager).action_believe()
        self.assertEqual((run.state, run.pending_count), ("done", COUNT))
        self.assertFalse(run.reading)
        self.assertFalse(self.told())
        self.assertEqual(set(self.on_hand()), {UNITS})
        [difference] = run.difference_ids.filtered(
            lambda each: each.product_id == self.products[0]
        )
        self.assertEqual(
            (difference.state, difference.stock_units, difference.value),
            ("open", 2, 4),
        )
        self.assertEqual(difference.sku, "COUNTED-0")

    def test_believed_it_is_compared_as_of_its_time(self):
        """What has left since, by a delivery posted now, was there then."""
        run = self.report(self.all_are(UNITS + 2), hours=5)
        move = self.move(
            self.warehouse.lot_stock_id,
            self.place("customers"),
            1,
            product_id=self.products[0].id,
        )
        self.move_done(move)
        run.action_believe()
        units = set(run.difference_ids.mapped("stock_units"))
        self.assertEqual(units, {2})

    def test_an_older_one_cannot_be_believed_any_more(self):
        run = self.report(self.all_are(0))
        self.report(self.all_are(UNITS), hours=4)
        with self.assertRaisesRegex(UserError, "not the last report"):
            run.action_believe()
        self.assertEqual(run.state, "refused")

    # --------------------------------------------------------------- book
    def believed(self, quantity=UNITS + 2, at_once=30):
        """A report that differs everywhere, believed, and more than are booked while
        a person waits. :return: its run"""
        few = patch.object(channel_count_booker, "AT_ONCE", at_once)
        few.start()
        self.addCleanup(few.stop)
        run = self.report(self.all_are(quantity))
        run.action_believe()
        return run

    def test_all_is_booked_by_the_job_once(self):
        run = self.believed()
        self.adjust_all(run)
        self.assertEqual(set(run.difference_ids.mapped("state")), {"booking"})
        self.assertEqual(set(self.on_hand()), {UNITS})
        self.work()
        self.assertEqual(set(self.on_hand()), {UNITS + 2})
        self.assertEqual(set(run.difference_ids.mapped("state")), {"accepted"})
        self.work()
        self.assertEqual(set(self.on_hand()), {UNITS + 2})
        move = self.env["stock.move"].search(
            [("product_id", "=", self.products[0].id), ("is_inventory", "=", True)],
            order="id desc",
            limit=1,
        )
        self.assertIn("counted in full", move.reference)
        self.assertIn(run.trace, move.reference)

    def test_one_that_cannot_be_booked_stops_no_other_and_is_told(self):
        run = self.believed(quantity=1)
        gone = self.products[3]
        self.adjust_all(run)
        self.move_done(
            self.move(
                self.warehouse.lot_stock_id,
                self.place("customers"),
                UNITS,
                product_id=gone.id,
            )
        )
        self.work()
        failed = run.difference_ids.filtered(lambda each: each.state == "open")
        self.assertEqual(failed.product_id, gone)
        self.assertIn("count it under", failed.note)
        self.assertEqual(sorted(self.on_hand()), [0] + [1] * (COUNT - 1))
        told = self.told("booking")
        self.assertIn("COUNTED-3", told.message)
        failed.action_close()
        self.env["channel.reconcile.watcher"]._watch_pending()
        self.assertEqual(told.state, "resolved")

    def test_a_newer_report_takes_back_what_is_not_booked_yet(self):
        """Counted again, it is the same for half of them and another for the rest."""
        run = self.believed()
        self.adjust_all(run)
        newer = self.report(
            self.all_are(UNITS + 2) | self.all_are(UNITS, COUNT // 2), hours=4
        )
        self.assertEqual(newer.state, "done")
        self.work()
        expected = [UNITS] * (COUNT // 2) + [UNITS + 2] * (COUNT - COUNT // 2)
        self.assertEqual(self.on_hand(), expected)

    def test_above_the_limit_another_person_approves_all(self):
        self.warehouse.channel_adjust_value = 1
        run = self.believed()
        operator = self.make_user(self.env, "operator")
        run = run.with_user(operator)
        self.adjust_all(run, operator)
        differences = run.difference_ids
        self.assertEqual(set(differences.mapped("state")), {"decided"})
        manager = self.make_user(self.env, "manager")
        differences.with_user(manager).action_approve()
        self.work()
        self.assertEqual(set(self.on_hand()), {UNITS + 2})

    def test_one_that_moves_is_met_in_smaller_batches_and_stops_no_other(self):
        """Somebody takes goods of one product whenever it is to be booked."""
        run = self.believed(at_once=30)
        self.adjust_all(run)
        moving, adjust = self.products[3], type(self.env["stock.quant"])._adjust_by
        tried = []

        def met(quants, units, name):
            tried.append(len(units))
            if moving in [quant.product_id for quant in units]:
                raise errors.SerializationFailure()
            return adjust(quants, units, name)

        self.env.flush_all()
        booker = self.env["channel.count.booker"]
        with (
            patch.object(self.registry["stock.quant"], "_adjust_by", met),
            patch.object(channel_count_booker, "PAUSE_SECONDS", 0),
        ):
            self.assertTrue(booker._run())
        self.env.invalidate_all()
        waiting = run.difference_ids.filtered(lambda each: each.state == "booking")
        self.assertEqual(waiting.product_id, moving)
        self.assertEqual(sum(self.on_hand()), (UNITS + 2) * COUNT - 2)
        self.assertLess(len(tried), 20)
        self.work()
        self.assertEqual(set(self.on_hand()), {UNITS + 2})

    def test_what_another_transaction_has_locked_is_tried_again_soon(self):
        run = self.believed()
        self.adjust_all(run)
        self.env.flush_all()
        booker = type(self.env["channel.count.booker"])
        with (
            patch.object(booker, "_book_next", return_value=([], False)),
            patch.object(
                self.registry["channel.channel"], "_after_commit", autospec=True
            ) as wake,
        ):
            self.env["channel.channel"]._job_book_counts()
        [call] = wake.mock_calls
        self.assertEqual(call.args[1:], (0, "_job_book_counts"))
        self.assertGreater(call.kwargs["seconds"], 0)

    def test_a_lost_job_is_started_again(self):
        run = self.believed()
        self.adjust_all(run)
        with patch.object(
            self.registry["channel.channel"], "_after_commit", autospec=True
        ) as wake:
            self.env["channel.reconcile.watcher"]._watch_pending()
        self.assertIn(
            (0, "_job_book_counts"), [each.args[1:] for each in wake.mock_calls]
        )

    # -------------------------------------------------------------- scale
    def test_statements_do_not_grow_with_the_products(self):
        counts = []
        for number in (10, 40):
            with self.passing():
                before = self.env.cr.sql_log_count
                run = self.report(self.all_are(UNITS + 2, number))
                counts.append(self.env.cr.sql_log_count - before)
                self.assertEqual(run.pending_count, number)
        self.assertLess(counts[1], counts[0] + 10, counts)
