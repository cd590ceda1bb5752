# SPDX-License-Identifier: AGPL-3.0-or-later
from functools import partial

from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.db.triggers import create_triggers
from odoo.addons.channel_inventory_base.db.views import create_at_end

from ..db.watches import WATCHES


class ChannelPosition(models.Model):
    """Adds the position column for expired lots."""

    _inherit = "channel.position"

    expired = fields.Float(
        readonly=True,
        digits="Product Unit",
        help="Lots that have expired, or will within the warehouse's safety days.",
    )

    def init(self):
        result = super().init()
        # at the end, when all the tables they stand on are there
        create_at_end(self, partial(create_triggers, self.env.cr, WATCHES))
        return result

    def _quantity_kinds(self):
        if self.env.context.get("without_expiry"):
            return super()._quantity_kinds()
        return (*super()._quantity_kinds(), "expired")

    def _quant_exceptions(self):
        exceptions = super()._quant_exceptions()
        if self.env.context.get("without_expiry"):
            return exceptions
        # all lots but few are ruled out by one look at the set of those that may have
        # expired anywhere
        expired = SQL(
            """(quant.lot_id IS NOT NULL AND EXISTS (
                    SELECT FROM stock_lot lot
                     WHERE lot.id = quant.lot_id
                       AND LEAST(lot.removal_date, lot.expiration_date)
                           <= now() AT TIME ZONE 'UTC' + make_interval(days => (
                              SELECT max(channel_expiry_days) FROM stock_warehouse)
                              + (SELECT COALESCE(max(sale_delay), 0)
                                   FROM product_template WHERE use_expiration_date)))
                AND (SELECT %s <= now() AT TIME ZONE 'UTC'
                       FROM stock_lot lot WHERE lot.id = quant.lot_id)
                AND (warehouse.is_on_hand OR warehouse.is_in_transit))""",
            self.env["stock.warehouse"]._expiry_limit(),
        )
        return [*exceptions, ("expired", expired)]

    def _warehouse_columns(self):
        columns = super()._warehouse_columns()
        if self.env.context.get("without_expiry"):
            return columns
        return [*columns, "channel_expiry_basis", "channel_expiry_days"]
