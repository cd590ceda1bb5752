# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import float_compare

MAY_ASK = (
    "sales_team.group_sale_salesman",
    "stock.group_stock_user",
    "channel_inventory_base.group_channel_user",
    "channel_inventory_base.group_channel_auditor",
)


class ProductProduct(models.Model):
    _inherit = "product.product"

    # --------------------------------------------------------------- doors
    def channel_promise(self, quantity, warehouse, date=None):
        """When a quantity can be there: available to promise, dated.

        :param quantity: STOCK units
        :param warehouse: of the caller's companies, or its id
        :param date: what comes in later is not counted on
        :return: dict: ``sellable`` now, ``promised``, ``missing``, ``date`` when all of
            it is there (False: never, as far as is known), ``splits`` and ``next`` as
            lists of {date, quantity, reference}; of what is no kit also its
            ``on_hand``, ``allocated``, ``held`` and ``doubted``
        :raise AccessError: neither sales, stock nor channels are the caller's business
        :raise UserError: a quantity or a day that is none
        """
        self.ensure_one()
        warehouse = self._check_may_ask(warehouse)
        quantity, until = self._check_asked(quantity, date)
        # sudo: figures of a product and a warehouse that the caller may see
        return (
            self.env["channel.promise"]
            .sudo()
            ._promise(self, warehouse, quantity, until)
        )

    def channel_promise_words(
        self, quantity, warehouse, date=None, line=None, unit=None
    ):
        """``channel_promise`` in sentences, for people.

        :param line: id of the sale order line that asks, whose order's holds are its
        :param unit: id of the unit of the quantity, where that is not the product's
        """
        self.ensure_one()
        warehouse = self._check_may_ask(warehouse)
        quantity, until = self._check_asked(quantity, date)
        if unit:
            unit = self.env["uom.uom"].browse(unit)
            quantity = unit._compute_quantity(quantity, self.uom_id, round=False)
        order = self.env["sale.order.line"].browse(line or ()).order_id
        order.check_access("read")
        # sudo: figures of a product and a warehouse that the caller may see
        promise = self.env["channel.promise"].sudo()
        own = promise._get_own_part(self, warehouse, order)
        return promise._get_words(self, warehouse, quantity, own, until)

    @api.model
    def _check_may_ask(self, warehouse):
        if not self.env.su and not any(map(self.env.user.has_group, MAY_ASK)):
            raise AccessError(
                self.env._("Ask your administrator for a role in sales or inventory.")
            )
        self.check_access("read")
        if isinstance(warehouse, models.BaseModel):
            warehouse = warehouse.id
        found = self.env["stock.warehouse"].browse(warehouse).exists()
        if not found:
            raise UserError(self.env._("There is no such warehouse."))
        # sudo: salespeople need not see warehouses, but only those of their companies
        company = found.sudo().company_id
        if not self.env.su and company not in self.env.companies:
            raise AccessError(self.env._("The warehouse belongs to another company."))
        return found

    @api.model
    def _check_asked(self, quantity, date):
        try:
            quantity = float(quantity)
            until = fields.Date.to_date(date) if date else None
        except (TypeError, ValueError) as error:
            raise UserError(
                self.env._("A quantity and a day are wanted, not %s.", error)
            ) from error
        # NaN is neither
        if not 0 <= quantity < 1e12:
            raise UserError(self.env._("Enter a quantity of 0 or more."))
        rounding = self.uom_id.rounding
        if float_compare(quantity, 0, precision_rounding=rounding) <= 0:
            quantity = 0.0
        return quantity, until
