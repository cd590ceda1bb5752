# SPDX-License-Identifier: AGPL-3.0-or-later
from collections import defaultdict
from datetime import timezone

from odoo import api, models

from odoo.addons.channel_edi.kinds import CLASSES
from odoo.addons.channel_edi.models.channel_edi_worker import Held
from odoo.addons.channel_inventory_base import schemas as base_schemas

NOT_SOLD = ("hold", "quality", "damaged")
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
        document.payload = base_schemas.dumps(report)
        if warehouse.channel_authority == "external":
            return self._count(document, report, warehouse)
        return self._compare(document, report, warehouse)

    # -------------------------------------------------------------- external
    def _count(self, document, report, warehouse):
        rows = [
            {"product_id": product.id, "on_hand": there, "damaged": damaged}
            for product, (there, damaged) in self._read_rows(document, report).items()
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
        """:return: {product: (quantity that is there and good, quantity that is not
            sold)}, in stock units
        :raise Held: something of it is not known: a number that leaves out a row would
            be wrong
        """
        told = defaultdict(lambda: defaultdict(float))
        for row in report.rows:
            if row.incremental or not row.status:
                raise Held(
                    self.env._(
                        "Nobody knows what code %s counts. Enter it in the agreement, "
                        "under Codes.",
                        row.qualifier or "?",
                    )
                )
            product, packaging = self._find_product(document, row.ids)
            told[product][row.status] += self._to_stock(
                document, product, row.quantity, row.unit, packaging
            )
        return {product: _sum_up(states) for product, states in told.items()}

    # --------------------------------------------------------------- compare
    def _compare(self, document, report, warehouse):
        earlier = self._find_earlier(document)
        if earlier and self._is_newer(earlier, self._get_as_of(document, report)):
            words = self.env._("%s is newer.", earlier.display_name)
            return document._finish(warehouse, state="ignored", error=words)
        found = self._get_differences(document, report, warehouse)
        key = f"edi_count:{warehouse.id}"
        exceptions = self.env["channel.exception"]
        if not found:
            exceptions._resolve_keys(document.channel_id, [key])
        elif earlier and not self._find_undecided(document):
            # as of the earlier one's time, with all that has been told since
            before = self._get_differences(earlier, self._load(earlier), warehouse)
            twice = [product for product in found if product in before]
            if twice:
                self._report_differences(document, warehouse, key, found, twice)
        return document._finish(warehouse)

    def _load(self, document):
        return base_schemas.load(CLASSES[document.kind], document._values())

    def _is_newer(self, earlier, moment):
        return self._get_as_of(earlier, self._load(earlier)) > moment

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
        """:return: {product: (theirs, ours)}, in stock units, of what is there and good
        as of the report's time
        """
        self._check_comparable(report)
        theirs = self._read_rows(document, report)
        ours = self._get_ours(warehouse, self._get_as_of(document, report))
        products = set(theirs)
        if report.complete:
            products |= {product for product, quantity in ours.items() if quantity}
        found = {}
        for product in products:
            pair = theirs.get(product, (0.0, 0.0))[0], ours[product]
            if product.uom_id.compare(*pair):
                found[product] = pair
        return found

    def _check_comparable(self, report):
        """:raise Held: it does not say what is there"""
        states = {row.status for row in report.rows}
        if "available" in states and not states & {"on_hand", "allocated"}:
            raise Held(
                self.env._(
                    "It says what is available, and not what is there: orders that "
                    "have been sent there may be taken off or not. If they are not, "
                    "enter its code in the agreement as on_hand."
                )
            )

    def _get_ours(self, warehouse, moment):
        """:return: {product: sellable quantity in the warehouse at ``moment``}"""
        places = self.env["stock.location"].search(
            [
                ("location_id", "child_of", warehouse.view_location_id.id),
                ("usage", "=", "internal"),
                ("stock_state", "=", "sellable"),
            ]
        )
        found = defaultdict(float)
        quants = self.env["stock.quant"]._read_group(
            [("location_id", "in", places.ids)], ["product_id"], ["quantity:sum"]
        )
        for product, quantity in quants:
            found[product] += quantity
        for name, sign in (("location_dest_id", -1), ("location_id", 1)):
            since = self.env["stock.move.line"]._read_group(
                [
                    ("state", "=", "done"),
                    ("date", ">", moment),
                    (name, "in", places.ids),
                ],
                ["product_id"],
                ["quantity_product_uom:sum"],
            )
            for product, quantity in since:
                found[product] += sign * quantity
        return found

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
                    f"{product.display_name} {found[product][0]:g}/"
                    f"{found[product][1]:g}"
                    for product in twice[:SHOWN]
                ),
            ),
            suggestion=self.env._(
                "Ask the warehouse for the shipment, receipt or correction that is "
                "missing, or have it counted. It ends when the numbers agree."
            ),
        )


def _sum_up(states):
    """:param states: {of ``schemas.STOCK_STATES``: quantity}
    :return: (quantity that is there and good, quantity that is not sold)

    >>> _sum_up({"on_hand": 10.0, "available": 7.0, "damaged": 1.0})
    (10.0, 1.0)
    >>> _sum_up({"available": 7.0, "allocated": 3.0})
    (10.0, 0.0)
    """
    good = states.get("on_hand")
    if good is None:
        good = states.get("available", 0.0) + states.get("allocated", 0.0)
    return good, float(sum(states.get(state, 0.0) for state in NOT_SOLD))
