from odoo import models


class ChannelOrder(models.Model):
    """A channel has sold what is not there: somebody must know before the customer."""

    _inherit = "channel.order"

    def _report_oversold(self):
        """After reservation: units of this order that found nothing to reserve.

        First come, first served: reservation decides which order is short. Units that a
        backorder rule has promised against dated receipts are not oversold.
        """
        moves = self.sale_order_id.order_line.move_ids.filtered(
            lambda move: move.state in ("confirmed", "partially_available")
        )
        short = [
            (move, units) for move in moves if (units := self._missing_units(move)) > 0
        ]
        if not short:
            return
        self.env["channel.exception"]._report(
            self.channel_id,
            "oversold",
            key=f"oversold:{self.id}",
            # not of this order: that it was imported does not make the goods appear
            record=self.sale_order_id,
            message=self.env._(
                "%(order)s was sold and is not there: %(lines)s.",
                order=self.name,
                lines=", ".join(
                    f"{units:g} {move.product_uom.name} {move.product_id.display_name}"
                    for move, units in short
                ),
            ),
            suggestion=self.env._(
                "Buy or transfer goods, or cancel what cannot be delivered and tell "
                "the customer. Give fast movers a buffer (Channels > Configuration > "
                "Rules)."
            ),
        )

    def _missing_units(self, move):
        """Units of ``move`` that neither stock nor an allowed promise covers."""
        position = self.env["channel.position"].search(
            [
                ("product_id", "=", move.product_id.id),
                ("warehouse_id", "=", move.location_id.warehouse_id.id),
            ]
        )
        coming = position.in_transit if self._may_promise(move.product_id) else 0
        shortage = max(0.0, -(position.available + coming))
        return min(move.product_uom_qty - move.quantity, shortage)

    def _may_promise(self, product):
        """Whether a backorder rule counts for what this channel sells of it."""
        levels = self.env["channel.level"].search(
            [
                ("channel_id", "=", self.channel_id.id),
                ("listing_id.product_id", "=", product.id),
            ]
        )
        return any((level.inputs or {}).get("backorder_id") for level in levels)
