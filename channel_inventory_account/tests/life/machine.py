# SPDX-License-Identifier: AGPL-3.0-or-later
from contextlib import suppress
from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
)

from odoo.addons.channel_inventory_base.exceptions import ChannelError

WHICH = st.integers(0, 9)
UNITS = st.integers(1, 3)
SKU = st.integers(0, 1)
AMOUNT = st.sampled_from(("0.33", "1.00", "2.49"))
FAULTS = ("lost_answer", "lost_request", "unavailable", "throttled")
MESSAGES = ("shipment", "refund", "cancel", "level")
# Where a worker stops dead, once each time.
DEATHS = (
    ("channel.messenger", "_mark_sending"),
    ("channel.messenger", "_send_or_find"),
    ("channel.messenger", "_settle"),
    ("channel.messenger", "_settle_done"),
    ("channel.intake", "_import_next"),
    ("channel.order.batch", "_sell"),
    ("channel.order.amender", "_follow_changes"),
    ("channel.refunder", "_credit_refunds"),
    ("channel.publisher", "_settle"),
)


def _knows(act):
    return precondition(lambda self: self.refs and act in self.shop.acts)


def _sold():
    return precondition(lambda self: self.refs)


class Life(RuleBasedStateMachine):
    """What may happen to orders, from both sides, in any order; then all has to agree.

    ``case`` is the running test: a committed database and a sandbox.
    """

    case = None

    @initialize(policy=st.sampled_from(("none", "confirmed", "shipped")))
    def begin(self, policy):
        self.refs = []
        self.case.begin(policy)
        self.shop = self.case.life
        for units in (3, 2):
            self.shop_sells(units, True)
        self.take_in()

    def pick(self, which):
        return self.refs[which % len(self.refs)]

    # ------------------------------------------------------------- the shop
    @rule(units=UNITS, more=st.booleans())
    def shop_sells(self, units, more):
        first, second = self.shop.skus
        with suppress(*self.shop.refusals):
            self.refs.append(
                self.shop.sell({first: units, **({second: 1} if more else {})})
            )

    @_knows("cancel")
    @rule(which=WHICH)
    def shop_cancels(self, which):
        with suppress(*self.shop.refusals):
            self.shop.cancel(self.pick(which))

    @_knows("edit")
    @rule(which=WHICH, sku=SKU, units=st.integers(0, 4))
    def shop_edits(self, which, sku, units):
        with suppress(*self.shop.refusals):
            self.shop.edit(self.pick(which), self.shop.skus[sku], units)

    @_knows("refund")
    @rule(which=WHICH, sku=SKU, units=UNITS, restock=WHICH)
    def shop_refunds(self, which, sku, units, restock):
        kind = self.shop.restocks[restock % len(self.shop.restocks)]
        with suppress(*self.shop.refusals):
            self.shop.refund(self.pick(which), self.shop.skus[sku], units, kind)

    @_knows("discount")
    @rule(which=WHICH, sku=SKU, amount=AMOUNT)
    def shop_discounts(self, which, sku, amount):
        with suppress(*self.shop.refusals):
            self.shop.discount(self.pick(which), self.shop.skus[sku], amount)

    @_knows("give")
    @rule(which=WHICH, amount=AMOUNT)
    def shop_gives_money(self, which, amount):
        with suppress(*self.shop.refusals):
            self.shop.give(self.pick(which), amount)

    @_knows("ship")
    @rule(which=WHICH)
    def shop_ships(self, which):
        ref = self.pick(which)
        before = self.shop.look(ref).parcels
        with suppress(*self.shop.refusals):
            self.shop.ship(ref)
            new = set(self.shop.look(ref).parcels) - set(before)
            self.case.shipped_by_shop.setdefault(ref, []).extend(p.ref for p in new)

    @rule()
    def time_passes(self):
        self.shop.time_passes()

    # ----------------------------------------------------------------- Odoo
    @rule(sku=SKU, units=UNITS)
    def goods_arrive(self, sku, units):
        self.case.goods_arrive(self.shop.skus[sku], units)

    @_sold()
    @rule(which=WHICH, one_each=st.booleans())
    def warehouse_ships(self, which, one_each):
        self.case.ship_order(self.pick(which), one_each)

    @_sold()
    @rule(which=WHICH)
    def warehouse_receives_back(self, which):
        self.case.receive_back(self.pick(which))

    @_sold()
    @rule(which=WHICH)
    def salesperson_cancels(self, which):
        self.case.cancel_sale(self.pick(which))

    @_sold()
    @rule(which=WHICH)
    def salesperson_takes_a_unit_off(self, which):
        self.case.take_a_unit_off(self.pick(which))

    @_sold()
    @rule(which=WHICH)
    def accountant_invoices(self, which):
        self.case.invoice(self.pick(which))

    @_sold()
    @rule(which=WHICH, price=st.sampled_from((None, 3.33)))
    def accountant_credits(self, which, price):
        self.case.credit(self.pick(which), price)

    # -------------------------------------------------------------- between
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
            event = self.case.as_event(events[which % len(events)])
        self.case.store(
            *[replace(event, key=f"{event.key}#{which}.{n}") for n in range(times)]
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

    @rule(fault=st.sampled_from(FAULTS), message=st.sampled_from(MESSAGES))
    def network_fails(self, fault, message):
        self.shop.fail_next(fault, message)

    @rule(death=st.sampled_from(DEATHS))
    def worker_dies(self, death):
        self.case.die_in(*death)

    @rule(commit=st.integers(0, 40), side=st.sampled_from(("before", "after")))
    def worker_is_killed(self, commit, side):
        self.case.kill_at(commit, side)

    def teardown(self):
        if self.case.begun:
            self.case.come_to_rest()
            self.case.check_agreement(self.refs)
