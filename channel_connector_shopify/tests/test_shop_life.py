import os
import time
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import replace
from decimal import Decimal
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.db.transaction import retry_on_conflict
from odoo.addons.channel_inventory_base.exceptions import ChannelError
from odoo.addons.channel_inventory_base.tests.common_committed import CommittedCase
from odoo.addons.channel_inventory_base.tests.common_messages import Sold

from .shop import PLACES, ConnectedShop
from .shop_orders import VAT

EXAMPLES = int(os.environ.get("CHANNEL_LIFE_EXAMPLES", 5))
STEPS = int(os.environ.get("CHANNEL_LIFE_STEPS", 16))
SKUS = ("SKU-1", "SKU-2")
PICK = st.integers(0, 9)
UNITS = st.integers(1, 3)
# Where a worker may die, once each time.
DEATHS = (
    ("channel.messenger", "_mark_sending"),
    ("channel.messenger", "_send_or_find"),
    ("channel.messenger", "_settle"),
    ("channel.messenger", "_settle_done"),
    ("channel.intake", "_import_next"),
    ("channel.order", "_follow_changes"),
    ("channel.order", "_credit_refunds"),
    ("channel.publisher", "_settle"),
)
FAULTS = ("reset_after_commit", "reset_before_commit", "http_503", "throttled")
MUTATIONS = ("fulfillmentCreate", "refundCreate", "orderCancel")


class Died(BaseException):
    """Nothing catches it, so nothing is tidied up: what was committed is what stays."""


class Life(RuleBasedStateMachine):
    """Lifecycle events from both sides in any order, then everything has to agree.

    ``case`` is the running test: a committed database and a sandbox store.
    """

    case = None

    @initialize()
    def begin(self):
        self.orders, self.events = [], []
        self.counted = Counter()
        self.case.begin()
        for units in (3, 2):
            self.store_sells(units, True)
        self.take_in()

    # ------------------------------------------------------------ the store
    def pick(self, number):
        return self.orders[number % len(self.orders)]

    @rule(units=UNITS, more=st.booleans())
    def store_sells(self, units, more):
        lines = {SKUS[0]: units, **({SKUS[1]: 1} if more else {})}
        with suppress(self.case.shop_errors):
            order = self.case.shop.checkout(lines, taxes=VAT)
            self.orders.append(order)

    @precondition(lambda self: self.orders)
    @rule(number=PICK)
    def store_cancels(self, number):
        with suppress(self.case.shop_errors):
            self.case.shop.cancel(self.pick(number))

    @precondition(lambda self: self.orders)
    @rule(number=PICK, sku=st.sampled_from(SKUS), units=st.integers(0, 4))
    def store_edits(self, number, sku, units):
        order = self.pick(number)
        if any(refund.lines for refund in order.refunds):
            # the store prices an edited order anew, refunded units and all
            return
        with suppress(self.case.shop_errors):
            self.case.shop.edit_order(order, {sku: units})

    @precondition(lambda self: self.orders)
    @rule(
        number=PICK,
        units=UNITS,
        restock=st.sampled_from(("CANCEL", "RETURN", "NO_RESTOCK")),
    )
    def store_refunds(self, number, units, restock):
        order = self.pick(number)
        line = order.lines[0]
        if restock == "RETURN" and units > min(line.fulfilled, line.current_quantity):
            return
        with suppress(self.case.shop_errors):
            self.case.shop.refund(order, {SKUS[0]: units}, restock=restock)

    # ---------------------------------------------------------------- odoo
    @contextmanager
    def sale(self, number):
        """The sale order of a store's order, or None; commits."""
        with self.case.commit() as env:
            order = self.case.find_order(env, self.pick(number).gid)
            yield order.sale_order_id if order.sale_order_id.state == "sale" else None

    def work(self, number, do):
        """What people do, as the web server does it: again after a conflict."""

        def attempt():
            with self.sale(number) as sale_order:
                if sale_order:
                    do(sale_order)

        with suppress(UserError):
            retry_on_conflict(attempt)

    @precondition(lambda self: self.orders)
    @rule(number=PICK, parcels=st.booleans())
    def warehouse_ships(self, number, parcels):
        shipped = Counter()

        def do(sale_order):
            shipped.clear()
            for picking in sale_order.picking_ids.filtered(
                lambda p: (
                    p.state not in ("done", "cancel")
                    and p.picking_type_code == "outgoing"
                )
            ):
                for move in picking.move_ids:
                    if parcels and move.product_uom_qty > 1:
                        move.quantity = 1
                    move.picked = True
                picking.with_context(skip_backorder=True).button_validate()
                for move in picking.move_ids.filtered(lambda m: m.state == "done"):
                    shipped[move.product_id.default_code] += move.quantity

        self.work(number, do)
        self.counted.subtract(shipped)

    @precondition(lambda self: self.orders)
    @rule(number=PICK)
    def warehouse_receives_back(self, number):
        back = Counter()

        def do(sale_order):
            back.clear()
            done = sale_order.picking_ids.filtered(
                lambda p: p.state == "done" and p.picking_type_code == "outgoing"
            )
            for picking in done[:1]:
                received = self.case.take_back_one(sale_order.env, picking)
                for move in received.move_ids.filtered(lambda m: m.state == "done"):
                    back[move.product_id.default_code] += move.quantity

        self.work(number, do)
        self.counted.update(back)

    @precondition(lambda self: self.orders)
    @rule(number=PICK)
    def salesperson_cancels(self, number):
        self.work(number, lambda sale_order: sale_order._action_cancel())

    @precondition(lambda self: self.orders)
    @rule(number=PICK)
    def salesperson_takes_a_unit_off(self, number):
        def do(sale_order):
            line = sale_order.order_line.filtered(
                lambda each: (
                    each.channel_order_line_id
                    and each.product_uom_qty > max(1, each.qty_delivered)
                )
            )[:1]
            if line:
                line.product_uom_qty -= 1

        self.work(number, do)

    @precondition(lambda self: self.orders)
    @rule(number=PICK)
    def accountant_invoices(self, number):
        def do(sale_order):
            if sale_order.invoice_status == "to invoice":
                sale_order._create_invoices().action_post()

        self.work(number, do)

    @precondition(lambda self: self.orders)
    @rule(number=PICK)
    def accountant_credits(self, number):
        """A credit note of one unit, or a piece of its price."""

        def do(sale_order):
            invoice = sale_order.invoice_ids.filtered(
                lambda move: move.move_type == "out_invoice" and move.state == "posted"
            )[:1]
            if invoice:
                self.case.credit(sale_order.env, invoice, number)

        self.work(number, do)

    # ------------------------------------------------------------- between
    @rule()
    def poll(self):
        with suppress(ChannelError):
            self.case.poll()

    @rule(which=st.integers(0, 50), times=st.integers(1, 3))
    def old_event_comes_again(self, which, times):
        """Twice, late, in any order: under another key, as another webhook has it."""
        with self.case.commit() as env:
            events = env["channel.inbox.event"].search(
                [("channel_id", "=", self.case.channel_id)], order="id"
            )
            if not events:
                return
            event = events[which % len(events)]
            self.case.store(
                *[
                    replace(self.case.as_event(event), key=f"{event.key}#{which}.{n}")
                    for n in range(times)
                ]
            )

    @rule()
    def take_in(self):
        with suppress(ChannelError):
            self.case.poll()
            self.case.intake()

    @rule()
    def send(self):
        with suppress(ChannelError):
            self.case.send()

    @rule()
    def publish(self):
        self.case.plan()
        with suppress(ChannelError):
            self.case.publish()

    @rule(kind=st.sampled_from(FAULTS), mutation=st.sampled_from(MUTATIONS))
    def network_fails(self, kind, mutation):
        self.case.shop.faults.add(kind=kind, next=1, operation=mutation)

    @rule(death=st.sampled_from(DEATHS))
    def worker_dies(self, death):
        model, method = death

        def die(*_args, **_values):
            raise Died

        cls = self.case.registry[model]
        with patch.object(cls, method, die):
            for job in (self.case.poll, self.case.intake, self.case.send):
                with suppress(Died, ChannelError):
                    job()
            with suppress(Died, ChannelError):
                self.case.plan()
                self.case.publish()

    def teardown(self):
        if self.case.began:
            self.case.shop.faults.clear()
            self.case.come_to_rest()
            self.case.check_agreement(self.orders, self.counted)


@tagged("post_install", "-at_install")
class TestShopLife(Sold, ConnectedShop, CommittedCase):
    """Whatever happens in whatever order: in the end both sides agree, or a person has
    been told; and nothing is there twice."""

    use_fake = False

    @classmethod
    def setUpClass(cls):
        cls.open_shop()
        super().setUpClass()
        from sandbox.shopify.checkout import SoldOut
        from sandbox.shopify.store import StoreError

        cls.shop_errors = (StoreError, SoldOut)

    def setUp(self):
        self.began = False
        super().setUp()
        self.shop.config.job_delay = 0.0
        self.patch_sleep()

    def patch_sleep(self):
        adapter = self.registry["channel.adapter.shopify"]
        patcher = patch.object(adapter, "_sleep", lambda *_args: None)
        patcher.start()
        self.addCleanup(patcher.stop)

    # ------------------------------------------------------------- set up
    def begin(self):
        """A new channel with a warehouse of its own, and the store as new."""
        self.shop.reset()
        CommittedCase.setUp(self)
        self.began = True
        place = self.shop.store.find_location(PLACES[0])
        with self.commit() as env:
            channel = self.channel(env)
            channel.node_ids.write({"external_id": place.gid})
            tax = env["account.tax"].create(
                {
                    "name": f"VAT {channel.id}",
                    "amount": 19,
                    "type_tax_use": "sale",
                    "price_include_override": "tax_included"
                    if self.shop.config.taxes_included
                    else "tax_excluded",
                }
            )
            channel.tax_map_ids.create(
                {
                    "channel_id": channel.id,
                    "rate": 19,
                    "price_included": self.shop.config.taxes_included,
                    "tax_id": tax.id,
                }
            )
            first = env["product.product"].browse(self.product_id)
            first.default_code = SKUS[0]
            warehouse = channel.node_ids.warehouse_ids
            second = self.make_product(env, 2, 50, warehouse, default_code=SKUS[1])
            (first | second).write({"invoice_policy": "order"})
            env["channel.listing"].browse(self.listing_id).unlink()
            for number, product in enumerate((first, second), 1):
                variant = self.shop.store.find_variant(SKUS[number - 1])
                self.make_listing(
                    env,
                    channel,
                    product,
                    number,
                    external_id=variant.gid,
                    stock_ref=variant.item.gid,
                )
        for sku in SKUS:
            self.shop.edit_stock(sku, PLACES[0], quantity=50)
            self.shop.edit_stock(sku, PLACES[1], quantity=0)
        self.plan()
        with self.commit() as env:
            for level in self.levels(env):
                self.make_known(env, level, 50)

    def levels(self, env):
        return env["channel.level"].search([("channel_id", "=", self.channel_id)])

    def send(self):
        with self.commit() as env:
            env["channel.messenger"]._run(self.channel(env))

    def as_event(self, event):
        return schemas.InboundEvent(
            event.key, event.kind, event.topic, event.body, event.ref or ""
        )

    def take_back_one(self, env, picking):
        wizard = (
            env["stock.return.picking"]
            .with_context(active_id=picking.id, active_model="stock.picking")
            .create({"picking_id": picking.id})
        )
        wizard.product_return_moves.quantity = 0
        wizard.product_return_moves[0].quantity = 1
        action = wizard.action_create_returns()
        back = env["stock.picking"].browse(action["res_id"])
        back.move_ids.picked = True
        back.button_validate()
        return back

    def credit(self, env, invoice, number):
        wizard = (
            env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id})
        )
        move = env["account.move"].browse(wizard.refund_moves()["res_id"])
        line = move.invoice_line_ids[:1]
        (move.invoice_line_ids - line).unlink()
        line.quantity = 1
        if number % 2:
            line.write({"price_unit": 3.33, "extra_tax_data": False})
        move.action_post()

    # ------------------------------------------------------------- the end
    def come_to_rest(self):
        """What the minute's healing does, until there is nothing left to do."""
        quiet = 0
        for _round in range(12):
            quiet = quiet + 1 if self.is_at_rest() else 0
            if quiet > 2:
                break
            self.wait_for_jobs()
            with self.commit() as env:
                waiting = env["channel.message"].search(
                    [
                        ("channel_id", "=", self.channel_id),
                        ("state", "in", ("ready", "sending", "pending", "wait")),
                    ]
                )
                waiting.write({"retry_at": False})
                env["channel.order"].search(
                    [("channel_id", "=", self.channel_id)]
                ).write({"fetch_after": False})
            for job in (self.poll, self.intake, self.send, self.intake):
                with suppress(ChannelError):
                    job()
            self.plan()
            for _look in range(2):
                self.observe()
                self.age_what_was_seen()
            self.plan()
            self.publish()

    def is_at_rest(self):
        with self.commit() as env:
            ours = [("channel_id", "=", self.channel_id)]
            return not (
                env["channel.message"].search_count(
                    [*ours, ("state", "not in", ("done", "dead", "void"))]
                )
                or env["channel.order"].search_count(
                    [*ours, ("state", "=", "captured")]
                )
                or env["channel.inbox.event"].search_count(
                    [*ours, ("state", "=", "new")]
                )
                or env["channel.level.pending"].search_count(ours)
            )

    def wait_for_jobs(self):
        end = time.monotonic() + 5
        while not all(job.done for job in self.shop.store.jobs.values()):
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)

    def age_what_was_seen(self):
        with self.commit() as env:
            env.cr.execute(
                "UPDATE channel_level_remote SET seen_at = seen_at - interval '5 s' "
                "WHERE seen_at IS NOT NULL"
            )

    def check_agreement(self, orders, counted):
        with self.commit() as env:
            for order in orders:
                found = self.find_order(env, order.gid)
                self.assertEqual(len(found), 1, order.name)
                self.check_order(env, order, found)
            self.check_stock(env, counted)

    def excused(self, env, found):
        """Whether a person has been told that this order needs a decision."""
        records = {("channel.order", found.id)}
        records |= {("channel.message", each.id) for each in found.told_ids}
        records |= {("channel.refund", each.id) for each in found.refund_ids}
        open_ones = env["channel.exception"].search(
            [("channel_id", "=", self.channel_id), ("state", "=", "open")]
        )
        return open_ones.filtered(lambda e: (e.res_model, e.res_id) in records)

    def check_order(self, env, order, found):
        excuse = self.excused(env, found)
        words = f"{order.name} {found.state} {excuse.mapped('message')}"
        sales = env["sale.order"].search([("channel_order_id", "=", found.id)])
        self.assertLessEqual(len(sales), 1, "one order, one sale order")
        self.check_nothing_twice(env, order, found)
        self.check_refunds(order, found, excuse)
        left = found.told_ids.filtered(
            lambda each: each.state in ("ready", "sending", "pending", "wait")
        )
        self.assertFalse(left, "everything was told, or refused")
        if not excuse:
            self.assertIn(found.state, ("imported", "cancelled", "closed"), words)
            self.check_shipped(order, found, words)
            cancelled = bool(order.cancelled_at)
            if sales:
                shipped = any(line._shipped_here() for line in found.line_ids)
                gone = sales.state == "cancel" and not shipped
                self.assertEqual(gone, cancelled, words)
            holds = found.hold_ids.filtered(lambda hold: hold.state == "active")
            self.assertFalse(holds, words)
        if sales.state == "sale" and found.state == "imported" and not excuse:
            data = found._restore(found._get_data())
            self.assertEqual(found._find_difference(sales, data), "", words)

    def check_nothing_twice(self, env, order, found):
        """Each parcel and refund of the store is one message or one refund here."""
        told = Counter(
            ref
            for message in found.told_ids
            if message.state == "done" and message.kind == "shipment"
            for ref in message.ref.split(",")
        )
        made = {each.gid for each in order.fulfillments}
        self.assertEqual(set(told), made)
        self.assertTrue(all(count == 1 for count in told.values()), told)
        refunds = Counter(found.refund_ids.mapped("external_id"))
        self.assertEqual(set(refunds), {each.gid for each in order.refunds})
        notes = found.refund_ids.move_id
        known = found.refund_ids.filtered("move_id")
        self.assertEqual(len(notes), len(known), "a credit note each")

    def check_shipped(self, order, found, words):
        lines = {line.external_id: line for line in found.line_ids}
        for line in order.lines:
            here = lines[line.gid]
            self.assertEqual(here._shipped_here(), line.fulfilled, words)
            if found.sale_order_id.state == "sale":
                open_here = here._sold_here() - here._shipped_here()
                self.assertEqual(open_here, line.unfulfilled, words)

    def check_refunds(self, order, found, excuse):
        """To the cent: what the store paid back is what is credited, or need not be."""
        for refund in order.refunds:
            record = found.refund_ids.filtered(
                lambda each, r=refund: each.external_id == r.gid
            )
            amount = Decimal(refund.total.shop)
            self.assertEqual(Decimal(f"{record.amount:.2f}"), amount)
            self.assertNotEqual(record.state == "todo" and not excuse, True)
            if record.state == "ours" or record.state == "credited":
                credit = Decimal(f"{record.move_id.amount_total:.2f}")
                self.assertEqual(record.move_id.state, "posted")
                self.assertLessEqual(credit, amount)
                if record._get_invoices() or record.state == "ours":
                    self.assertEqual(credit, amount)
        # and a credit note of ours was paid back once, or somebody knows
        for message in found.told_ids.filtered(lambda each: each.kind == "refund"):
            if message.state == "done":
                paid = [r.total.shop for r in order.refunds if r.gid == message.ref]
                self.assertEqual(paid, [message._get_data().amount])
            else:
                self.assertTrue(message.state == "dead" and excuse)

    def check_stock(self, env, counted):
        """Stock is what people moved; numbers are what stock and demand say."""
        for sku, level in ((level.listing_id.sku, level) for level in self.levels(env)):
            product = level.listing_id.product_id
            position = env["channel.position"].search(
                [
                    ("product_id", "=", product.id),
                    ("warehouse_id", "=", level.node_id.warehouse_ids.id),
                ]
            )
            self.assertEqual(position.on_hand, 50 + counted[sku], sku)
            self.assertEqual(level.target, max(0, position.available), sku)
            shown = self.shop.level(sku, PLACES[0])["available"]
            self.assertEqual(shown, level.target, sku)

    # ---------------------------------------------------------------- test
    def test_both_sides_agree_whatever_happens(self):
        Life.case = self
        run_state_machine_as_test(
            Life,
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                derandomize="CHANNEL_LIFE_EXAMPLES" not in os.environ,
                suppress_health_check=list(HealthCheck),
                phases=(Phase.explicit, Phase.generate),
            ),
        )
