# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models

from ..const import ALL_DAYS
from ..db import commitments

KINDS = ("units_unknown", "units_over", "units_short")
MOST_ORDERS = 200
"""So many open orders are asked for because of items that disagree."""
CERTAIN = 2
"""Seen in so many runs it is a person's."""


class ChannelCommitment(models.AbstractModel):
    """Units in open orders: what the channel has, what is open here, and what Odoo's
    transfers have reserved.

    Five ways to disagree: more there than here (*Units in unknown orders*), more here
    than there (*Units of ended orders*), open here and in no transfer, counted twice
    (both line by line, see ``channel.invariant``), and not reserved (*Units short*).

    How it works: the units of its open orders come with a channel's numbers, so the
    comparison belongs to a run of quantities and has its times. What is open here is
    noted before and compared after; an item that was sold or shipped in between is left
    for the next night. What disagrees is asked for at once: unknown orders by a
    comparison of all days, ended ones one by one. What disagrees once more is told to a
    person.
    """

    _name = "channel.commitment"
    _description = "Commitments"

    @api.model
    def _note(self, run):
        """Note what is open here, where the channel tells its commitments."""
        execute = self.env.cr.execute
        execute(commitments.forget(run.id))
        if run.channel_id._capabilities().committed:
            execute(commitments.note(run.id, run.channel_id.id))

    @api.model
    def _compare(self, levels_run):
        """Compare what was read for a run of all quantities.

        :return: the run of the commitments
        """
        channel = levels_run.channel_id
        run = self.env["channel.reconcile.run"]._begin(
            "commitments",
            levels_run.trigger,
            channel=channel,
            noted_at=levels_run.noted_at,
            read_until=levels_run.read_until,
        )
        rows = []
        if channel._capabilities().committed:
            rows = self.env.execute_query(commitments.find(levels_run.id, channel.id))
            self._record_units(run, rows)
            self._ask(channel, rows)
        counts = dict.fromkeys(KINDS, 0)
        counts["units_short"] = self._record_short(run)
        for kind, *_rest in rows:
            counts[kind] += 1
        run.counts = counts
        run.expected_count = levels_run.expected_count
        self._close_unseen(run)
        self.env.cr.execute(commitments.forget(levels_run.id))
        run._end("done")
        return run

    def _ask(self, channel, rows):
        """Have the orders looked at that may explain it."""
        kinds = {kind for kind, *_rest in rows}
        if "units_unknown" in kinds:
            channel._reconcile_orders("schedule", ALL_DAYS, by_ids=True)
        over = [row[4] for row in rows if row[0] == "units_over"]
        if over:
            query = commitments.find_open_orders(channel.id, over, MOST_ORDERS)
            ids = [order_id for (order_id,) in self.env.execute_query(query)]
            for order in self.env["channel.order"].browse(ids):
                order._want_fetch()

    def _record_units(self, run, rows):
        policy = self.env["channel.reconcile.policy"]
        terms = policy._get_terms(run.channel_id)
        reconciler = self.env["channel.reconciler"]
        for kind, listing_id, product_id, sku, stock_ref, there, here in rows:
            listing = self.env["channel.listing"].browse(listing_id)
            answer, _terms = policy._choose(
                terms, kind, listing=listing, product=listing.product_id
            )
            if answer == "ignore":
                continue
            units = there - here
            cost = reconciler._get_cost(run.channel_id, listing, product_id, units)
            found = self._record(
                run,
                kind,
                stock_ref,
                state="checking",
                listing_id=listing_id,
                product_id=product_id,
                sku=sku,
                shown=round(there),
                expected=round(here),
                units=round(units),
                value=cost,
            )
            if found.times >= CERTAIN:
                found.state = "open"
                self._tell(found)

    def _record_short(self, run):
        """Shortages have exceptions of their own: they are counted here.

        :return: how many products are short
        """
        rows = self.env.execute_query(commitments.find_short(run.channel_id.id))
        for product_id, units in rows:
            product = self.env["product.product"].browse(product_id)
            product = product.with_company(run.company_id)
            self._record(
                run,
                "units_short",
                f"product:{product_id}",
                state="open",
                product_id=product_id,
                sku=product.default_code or product.display_name,
                units=-round(units),
                value=units * product.standard_price,
                note=self.env._("See the exception of the shortage."),
            )
        return len(rows)

    def _record(self, run, kind, stock_ref, state, **values):
        found = self.env["channel.reconcile.recorder"]._record(
            {
                **values,
                "run_id": run.id,
                "trace": run.trace,
                "company_id": run.company_id.id,
                "channel_id": run.channel_id.id,
                "kind": kind,
                "stock_ref": stock_ref,
                "state": state,
            }
        )
        return found

    def _tell(self, difference):
        words = self.env._(
            "%(item)s: %(channel)s has %(there)s units in open orders, %(here)s are "
            "open here, in two runs.",
            item=difference.sku or difference.stock_ref,
            channel=difference.channel_id.name,
            there=difference.shown,
            here=difference.expected,
        )
        suggestion = self.env._(
            "Orders were asked for and are as they were. Compare the open orders of "
            "the item: one is cancelled or shipped there, or was ended here. It closes "
            "when both agree."
        )
        if difference.kind == "units_unknown":
            suggestion = self.env._(
                "All orders of the last %s days were compared and none is missing. An "
                "order was ended here and is open there, or is older than the "
                "connection may read: find the item's open orders on the channel. It "
                "closes when both agree; a policy may ignore the class.",
                ALL_DAYS,
            )
        difference._report("reconcile", words, suggestion)

    def _close_unseen(self, run):
        self.env["channel.reconcile.difference"].search(
            [
                ("channel_id", "=", run.channel_id.id),
                ("kind", "in", KINDS),
                ("state", "in", ("checking", "open")),
                ("run_id", "!=", run.id),
            ]
        )._settle("repaired")
