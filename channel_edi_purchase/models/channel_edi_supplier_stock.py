# SPDX-License-Identifier: AGPL-3.0-or-later
from collections import defaultdict
from datetime import timezone

from odoo import api, models

from odoo.addons.channel_edi.lib import units
from odoo.addons.channel_edi.models.channel_edi_worker import Held

NOT_KNOWN = 5
"""Items that a remark names."""


class ChannelEdiSupplierStock(models.AbstractModel):
    """What a supplier says to have (846, INVRPT), which a backorder rule may promise.

    Of an item that we buy every row must be clear: a quantity that leaves one out would
    be wrong. Items that we do not buy are of no account.
    """

    _name = "channel.edi.supplier.stock"
    _description = "Stock Reports of Suppliers"
    _inherit = ["channel.edi.facts"]

    @api.model
    def _take(self, document, report):
        """:param report: schemas.StockReport"""
        agreement = document.agreement_id
        vendor = agreement.partner_id
        if not vendor:
            raise Held(
                self.env._(
                    "Agreement %s names no contact: enter the vendor there.",
                    agreement.name,
                )
            )
        known = self._find_known(document)
        if same := known.filtered(lambda each: each.digest == document.digest)[:1]:
            words = self.env._("The same as %s", same.display_name)
            return document._finish(state="ignored", error=words)
        quantities, unknown = self._read(document, report)
        if report.rows and not quantities:
            raise Held(
                self.env._(
                    "None of its %s items is bought here. Enter the supplier's codes "
                    "at the vendors of the products.",
                    len(report.rows),
                )
            )
        log = self.env["channel.supplier.stock"]._report(
            vendor,
            [
                {"product_id": product, "quantity": quantity}
                for product, quantity in quantities.items()
            ],
            self._get_moment(document, report.as_of).replace(tzinfo=timezone.utc),
            document.display_name,
            document.company_id,
            bool(report.complete),
        )
        return document._finish(log, error=self._describe(unknown))

    def _describe(self, unknown):
        if not unknown:
            return False
        names = [next((each.value for each in ids), "?") for ids in unknown]
        return self.env._(
            "%(count)s items are not bought here: %(names)s",
            count=len(names),
            names=", ".join(names[:NOT_KNOWN]) + (" …" if names[NOT_KNOWN:] else ""),
        )

    # ----------------------------------------------------------------- read
    def _read(self, document, report):
        """:return: ({product id: quantity that may be promised, in stock units}, ids of
            items that are not bought here)
        :raise Held: a row of an item that is bought is not clear
        """
        supplies = self.env["channel.edi.supplies"]
        found = supplies._find_products(
            document.agreement_id, (row.ids for row in report.rows)
        )
        products = self.env["product.product"].browse(
            {product for ids, _pack in found.values() for product in ids}
        )
        by_id = {product.id: product for product in products}
        pieces = self._get_pieces(document)
        unit = self.env.ref("uom.product_uom_unit")
        told, unknown = defaultdict(lambda: defaultdict(float)), {}
        for row in report.rows:
            ids, pack = found.get(row.ids, ((), None))
            if not ids:
                unknown[row.ids] = True
                continue
            self._check_row(row, ids)
            [product] = ids
            told[product][row.status] += self._count(
                document, by_id[product], row, pack, pieces, unit
            )
        return {product: _sum_up(states) for product, states in told.items()}, [
            *unknown
        ]

    def _check_row(self, row, products):
        """:raise Held: nobody can tell what it counts, or of what"""
        names = ", ".join(each.value for each in row.ids)
        if len(products) > 1:
            raise Held(
                self.env._(
                    "%(count)s products match %(names)s. Enter the code at the vendor "
                    "of one.",
                    count=len(products),
                    names=names,
                )
            )
        if row.incremental or not row.status:
            raise Held(
                self.env._(
                    "Nobody knows what code %(code)s counts, of %(names)s. Enter it in "
                    "the agreement, under Codes.",
                    code=row.qualifier or "?",
                    names=names,
                )
            )

    def _get_pieces(self, document):
        """:return: codes of units that are one piece, whatever the product"""
        agreement = document.agreement_id
        standard = "edifact" if agreement.standard == "edifact" else "x12"
        table = units.REC20 if standard == "edifact" else units.X12
        mapped = agreement.code_ids.filtered(lambda each: each.kind == "unit")
        pieces = {code for code in table if units.unit(code, standard).kind == "piece"}
        return pieces - set(mapped.mapped("code"))

    def _count(self, document, product, row, pack, pieces, unit):
        """The row's quantity in stock units; of what is told in pieces at once."""
        if row.unit in pieces and product.uom_id == unit:
            return float(row.quantity)
        return self._to_stock(
            document, product, row.quantity, row.unit, pack.uom_id if pack else None
        )


def _sum_up(states):
    """:param states: {of ``schemas.STOCK_STATES``: quantity}
    :return: what nobody else has ordered of it; nothing below 0

    >>> _sum_up({"available": 7.0, "on_hand": 10.0}), _sum_up({"on_hand": 10.0})
    (7.0, 10.0)
    >>> _sum_up({"on_hand": 10.0, "allocated": 4.0}), _sum_up({"available": -3.0})
    (6.0, 0.0)
    >>> _sum_up({"expected": 10.0})
    0.0
    """
    free = states.get("available")
    if free is None:
        free = states.get("on_hand", 0.0) - states.get("allocated", 0.0)
    return max(0.0, free)
