from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.db.triggers import create_triggers

from ..db.triggers import WATCHES


class ChannelPosition(models.Model):
    """A lot past its day counts in a column of its own."""

    _inherit = "channel.position"

    expired = fields.Float(
        readonly=True,
        digits="Product Unit",
        help="Lots that have expired, or will within the days that the warehouse keeps "
        "clear of it.",
    )

    def init(self):
        result = super().init()
        # at the end, when all the tables they stand on are there
        self.pool.post_init(create_triggers, self.env.cr, WATCHES)
        return result

    def _quantity_kinds(self):
        if self.env.context.get("without_expiry"):
            return super()._quantity_kinds()
        return (*super()._quantity_kinds(), "expired")

    def _quant_kind(self):
        kind = super()._quant_kind()
        if self.env.context.get("without_expiry"):
            return kind
        return SQL(
            """CASE WHEN %(limit)s <= now() AT TIME ZONE 'UTC'
                     AND %(kind)s IN ('on_hand', 'in_transit')
                    THEN 'expired' ELSE %(kind)s END""",
            limit=self.env["stock.warehouse"]._expiry_limit(),
            kind=kind,
        )

    def _quant_joins(self):
        joins = super()._quant_joins()
        if self.env.context.get("without_expiry"):
            return joins
        return SQL("%s LEFT JOIN stock_lot lot ON lot.id = quant.lot_id", joins)
