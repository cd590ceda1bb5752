# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models

FOLLOWED = frozenset(
    {
        "product_id",
        "product_uom_qty",
        "product_uom_id",
        "route_ids",
        "price_unit",
        "discount",
    }
)


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    # ------------------------------------------------------------ computes
    def _compute_qty_at_date(self):
        """Order by order: what one of them holds is not there for another."""
        orders = self.order_id
        if len(orders) <= 1:
            return super()._compute_qty_at_date()
        for _order, lines in self.grouped("order_id").items():
            super(SaleOrderLine, lines)._compute_qty_at_date()
        return None

    def _read_qties(self, date, wh):
        """What is left beside what channels have sold: Odoo's own figures know no
        holds."""
        rows = super()._read_qties(date, wh)
        # sudo: figures of products that the salesperson is about to sell
        promise = self.env["channel.promise"].sudo()
        warehouse = self.env["stock.warehouse"].browse(wh).sudo()
        if not warehouse:
            return rows
        own = promise._read_own(self.order_id._origin)
        mine = own.get(self.order_id._origin.id, {})
        products = {product.id: product for product in self.product_id}
        for row in rows:
            row.update(
                promise._get_figures(products[row["id"]], warehouse, date, row, mine)
            )
        return rows

    # ---------------------------------------------------------------- CRUD
    def write(self, vals):
        result = super().write(vals)
        if not FOLLOWED.isdisjoint(vals):
            self._follow_channel_holds()
        return result

    def unlink(self):
        self._end_channel_holds("deleted")
        self._detach_channel_holds()
        return super().unlink()

    # ------------------------------------------------------------ business
    def _follow_channel_holds(self):
        # sudo: holds of lines that the caller may change
        self.env["channel.quote.holder"].sudo()._follow(self)

    def _end_channel_holds(self, reason):
        # sudo: holds of lines that the caller may change
        holds = self.env["channel.hold"].sudo()
        holds.search([("sale_line_id", "in", self.ids), ("state", "=", "active")])._end(
            reason
        )

    def _detach_channel_holds(self):
        """Their rows stay, for the reports, and name what is deleted in their note.
        PostgreSQL would empty one column after the other, and meanwhile refuse what
        this transaction has written of a row whose other column names nothing."""
        # sudo: holds of lines that the caller may delete
        holds = self.env["channel.hold"].sudo()
        found = holds.search([("sale_line_id", "in", self.ids)])
        if found:
            found.sale_line_id = False

    def _get_sold_at_till(self):
        """What has been paid for at a till, where quotations are settled there.

        :return: units of the line
        """
        if "pos_order_line_ids" not in self._fields:
            return 0
        # sudo: salespeople need not see tills
        sold = self.sudo().pos_order_line_ids.filtered(
            lambda each: each.order_id.state in ("paid", "done", "invoiced")
        )
        return sum(
            each.product_uom_id._compute_quantity(
                each.qty, self.product_uom_id, round=False
            )
            for each in sold
        )

    def _takes_channel_stock(self):
        """Whether confirming the line takes from the stock of its warehouse: goods
        that are stocked, and not bought or shipped by somebody else for it."""
        return bool(
            not self.display_type
            and not self.is_downpayment
            and self.product_id.type == "consu"
            and self.warehouse_id
            and self.product_uom_qty > 0
            and self.product_uom_id
            and not self._is_replenished_on_order()
        )

    def _is_replenished_on_order(self):
        """As Odoo's own ``is_mto``, which it does not compute for kits."""
        routes = self.route_ids or (
            self.product_id.route_ids + self.product_id.categ_id.total_route_ids
        )
        # sudo: how a warehouse delivers, for salespeople
        mto = self.sudo().warehouse_id.mto_pull_id.route_id or self.env.ref(
            "stock.route_warehouse0_mto", raise_if_not_found=False
        )
        return bool(mto and mto in routes)
