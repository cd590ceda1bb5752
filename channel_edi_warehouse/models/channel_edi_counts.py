# SPDX-License-Identifier: AGPL-3.0-or-later
from collections import defaultdict
from dataclasses import replace
from datetime import timezone

from odoo import api, models

from odoo.addons.channel_edi.kinds import CLASSES
from odoo.addons.channel_edi.models.channel_edi_worker import Held
from odoo.addons.channel_inventory_base import schemas as base_schemas
from odoo.addons.channel_inventory_base.tools.counted import pack, unpack

NOT_SOLD = ("hold", "quality", "damaged")
KEPT = 1000
"""Rows of a report up to which they are kept beside its bytes."""
SHOWN = 10
"""Products that an exception names."""


class ChannelEdiCounts(models.AbstractModel):
    """What a warehouse says it has (846).

    Where it is the authority, its numbers are the stock. Where Odoo counts from what it
    reports as moved, its numbers are compared as of their time, and change nothing: one
    that differs once may be a document that is on its way, one that differs twice is
    told to a person.
    """

    _name = "channel.edi.counts"
    _description = "Stock Reports of Warehouses"
    _inherit = ["channel.edi.goods"]

    @api.model
    def _take(self, document, report):
        """:param report: schemas.StockReport"""
        warehouse = self._find_warehouse(document, report)
        known = self._find_known(document)
        if same := known.filtered(lambda each: each.digest == document.digest)[:1]:
            # else it would differ for the second time
            words = self.env._("The same as %s", same.display_name)
            return document._finish(state="ignored", error=words)
        # a big one is read from its bytes when it is wanted again
        is_table = document.agreement_id.standard == "table"
        is_big = len(report.rows) > KEPT and not is_table
        kept = replace(report, rows=()) if is_big else report
        document.payload = base_schemas.dumps(kept)
        if warehouse.channel_authority == "external":
            return self._count(document, report, warehouse)
        return self._compare(document, report, warehouse)

    # -------------------------------------------------------------- external
    def _count(self, document, report, warehouse):
        # most have nothing that is not sold
        rows = [
            {"product_id": product_id, "on_hand": there, "damaged": damaged}
            if damaged
            else {"product_id": product_id, "on_hand": there}
            for product_id, (there, damaged) in self._read_rows(
                document, report
            ).items()
        ]
        log = self.env["channel.external.stock"]._report(
            warehouse,
            rows,
            self._get_as_of(document, report).replace(tzinfo=timezone.utc),
            document.display_name,
            bool(report.complete),
        )
        return document._finish(log)

    def _get_as_of(self, document, report):
        """:return: naive UTC"""
        return self._get_moment(document, report.as_of)

    def _read_rows(self, document, report):
        """:return: {product id: (quantity that is there and good, quantity that is not
            sold)}, in stock units
        :raise Held: something of it is not known: a number that leaves out a row would
            be wrong
        """
        told = defaultdict(dict)
        known = self._look_up(document, (row.ids for row in report.rows))
        ids = product = packaging = None
        for row in report.rows:
            if row.incremental or not row.status:
                raise Held(
                    self.env._(
                        "Nobody knows what code %s counts. Enter it in the agreement, "
                        "under Codes.",
                        row.qualifier or "?",
                    )
                )
            if row.ids != ids:
                # an item has a row a state, one behind the other
                ids = row.ids
                product, packaging = self._find_product(document, ids, known)
            sums, quantity = (
                told[row.status],
                self._to_stock(
                    document, product, row.quantity, row.unit, packaging, known
                ),
            )
            sums[product.id] = sums.get(product.id, 0.0) + quantity
        return _sum_up(told)

    # --------------------------------------------------------------- compare
    def _compare(self, document, report, warehouse):
        earlier = self._find_earlier(document)
        if earlier and self._is_newer(earlier, self._get_as_of(document, report)):
            words = self.env._("%s is newer.", earlier.display_name)
            return document._finish(warehouse, state="ignored", error=words)
        theirs = self._read_comparable(document, report)
        ours = self.env["channel.stock.snapshot"]._get_at(
            warehouse, self._get_as_of(document, report)
        )
        if not self._take_snapshot(document, report, warehouse, theirs, ours):
            words = self.env._(
                "It is not believable, and nothing is concluded from it."
            )
            return document._finish(warehouse, state="ignored", error=words)
        found = self._find_differences(report, theirs, ours)
        document.counted = pack(theirs)
        key = f"edi_count:{warehouse.id}"
        if not found:
            self.env["channel.exception"]._resolve_keys(document.channel_id, [key])
        elif earlier and not self._find_undecided(document):
            # as of the earlier one's time, with all that has been told since
            before = self._get_earlier_differences(earlier, warehouse, set(found))
            twice = [product_id for product_id in found if product_id in before]
            if twice:
                self._report_differences(document, warehouse, key, found, twice)
        # the next one is compared with this one
        earlier.counted = False
        return document._finish(warehouse)

    def _get_earlier_differences(self, earlier, warehouse, product_ids):
        """As of ``_get_differences``, of the report before and of these products. It
        need not be read again: what it told of which products was kept."""
        if not earlier.counted:
            found = self._get_differences(earlier, self._load(earlier), warehouse)
            return {key: pair for key, pair in found.items() if key in product_ids}
        told, head = unpack(earlier.counted), self._load_head(earlier)
        theirs = {key: pair for key, pair in told.items() if key in product_ids}
        moment = self._get_as_of(earlier, head)
        stock = self.env["channel.stock.snapshot"]
        ours = stock._get_at(warehouse, moment, list(product_ids))
        return self._find_differences(head, theirs, ours)

    def _take_snapshot(self, document, report, warehouse, theirs, ours):
        """Whoever keeps differences is told, and classifies them.

        :param ours: as of ``channel.stock.snapshot._get_at``
        :return: whether it is to be believed
        """
        return self.env["channel.stock.snapshot"]._take(
            warehouse,
            theirs,
            self._get_as_of(document, report),
            bool(report.complete),
            document.display_name,
            ours,
        )

    def _load(self, document):
        """:return: what it says, with all its rows"""
        head = self._load_head(document)
        if head.rows or document.agreement_id.standard == "table":
            return head
        return self.env["channel.edi.worker"]._parse(document, {})

    def _load_head(self, document):
        """:return: what it says, of a big one without its rows"""
        return base_schemas.load(CLASSES[document.kind], document._values())

    def _is_newer(self, earlier, moment):
        return self._get_as_of(earlier, self._load_head(earlier)) > moment

    def _find_earlier(self, document):
        return document.search(
            [
                ("channel_id", "=", document.channel_id.id),
                ("agreement_id", "=", document.agreement_id.id),
                ("direction", "=", "in"),
                ("kind", "=", document.kind),
                ("state", "=", "done"),
                ("id", "!=", document.id),
            ],
            order="id desc",
            limit=1,
        )

    def _find_undecided(self, document):
        """Movements that were told and are not posted: each has its own exception, and
        may be what differs."""
        return document.search(
            [
                ("channel_id", "=", document.channel_id.id),
                ("direction", "=", "in"),
                ("kind", "in", ("944", "945", "947")),
                ("state", "in", ("new", "parked", "held", "dead")),
            ],
            limit=1,
        )

    @api.model
    def _get_differences(self, document, report, warehouse):
        """:return: {product id: (theirs, ours)}, in stock units, of what is there and
        good as of the report's time"""
        theirs = self._read_comparable(document, report)
        moment = self._get_as_of(document, report)
        ours = self.env["channel.stock.snapshot"]._get_at(warehouse, moment)
        return self._find_differences(report, theirs, ours)

    def _find_differences(self, report, theirs, ours):
        """:param theirs: as ``_read_comparable`` gives it
        :param ours: as ``channel.stock.snapshot._get_at`` gives it
        :return: as of ``_get_differences``
        """
        product_ids = set(theirs)
        if report.complete:
            product_ids |= {each for each, quantity in ours.items() if quantity}
        pairs = (
            (each, (theirs.get(each, (0.0, 0.0))[0], ours.get(each, 0.0)))
            for each in product_ids
        )
        # most agree to the unit
        differing = {each: pair for each, pair in pairs if pair[0] != pair[1]}
        uoms = self._read_uoms(self.env["product.product"].browse(differing))
        return {
            each: pair for each, pair in differing.items() if uoms[each].compare(*pair)
        }

    def _read_comparable(self, document, report):
        """:return: as of ``_read_rows``
        :raise Held: it does not say what is there
        """
        states = {row.status for row in report.rows}
        if "available" in states and not states & {"on_hand", "allocated"}:
            raise Held(
                self.env._(
                    "It says what is available, and not what is there: orders that "
                    "have been sent there may be taken off or not. If they are not, "
                    "enter its code in the agreement as on_hand."
                )
            )
        rows = self._read_rows(document, report)
        return self.env["channel.stock.snapshot"]._keep_stocked(rows)

    def _report_differences(self, document, warehouse, key, found, twice):
        self.env["channel.exception"]._report(
            document.channel_id,
            "edi_warehouse",
            key=key,
            record=warehouse,
            message=self.env._(
                "%(warehouse)s has other quantities than Odoo, for the second time. "
                "Theirs and ours: %(products)s",
                warehouse=warehouse.name,
                products=", ".join(
                    f"{product.display_name} {found[product.id][0]:g}/"
                    f"{found[product.id][1]:g}"
                    for product in self.env["product.product"].browse(twice[:SHOWN])
                ),
            ),
            suggestion=self.env._(
                "Ask the warehouse for the shipment, receipt or correction that is "
                "missing, or have it counted. It ends when the numbers agree."
            ),
        )


def _sum_up(told):
    """:param told: {of ``schemas.STOCK_STATES``: {product id: quantity}}
    :return: {product id: (quantity that is there and good, quantity that is not sold)}

    >>> _sum_up({"on_hand": {1: 10.0}, "available": {1: 7.0}, "damaged": {1: 1.0}})
    {1: (10.0, 1.0)}
    >>> _sum_up({"available": {1: 7.0, 2: 5.0}, "allocated": {1: 3.0}})
    {1: (10.0, 0.0), 2: (5.0, 0.0)}
    """
    there, free, promised = (
        told.get(state, {}) for state in ("on_hand", "available", "allocated")
    )
    bad = [told[state] for state in NOT_SOLD if state in told]
    found = {}
    for product_id in dict.fromkeys(each for sums in told.values() for each in sums):
        good = there.get(product_id)
        if good is None:
            good = free.get(product_id, 0.0) + promised.get(product_id, 0.0)
        found[product_id] = (
            good,
            sum((sums.get(product_id, 0.0) for sums in bad), 0.0),
        )
    return found
