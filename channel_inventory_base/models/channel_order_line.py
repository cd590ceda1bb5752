import math

from odoo import api, fields, models
from odoo.tools import SQL


class ChannelOrderLine(models.Model):
    """What was sold of one listing in an order, in SOLD units."""

    _name = "channel.order.line"
    _description = "Channel Order Line"
    _order = "order_id, id"
    _log_access = False

    order_id = fields.Many2one(
        "channel.order", required=True, readonly=True, ondelete="cascade", index=True
    )
    channel_id = fields.Many2one(related="order_id.channel_id")
    company_id = fields.Many2one(related="order_id.company_id")
    external_id = fields.Char(required=True, readonly=True)
    listing_id = fields.Many2one("channel.listing", readonly=True, index=True)
    node_id = fields.Many2one(
        "channel.node", readonly=True, help="Where the channel took it from, if known."
    )
    product_id = fields.Many2one(related="listing_id.product_id")
    sku = fields.Char(readonly=True)
    title = fields.Char(readonly=True)
    quantity = fields.Integer(readonly=True, help="Sold units still bought")
    open_quantity = fields.Integer(readonly=True, help="Sold units still to ship")
    wanted_quantity = fields.Integer(
        string="To Deliver",
        readonly=True,
        help="Sold units that are to be delivered in all, or were: also those that "
        "were paid back after they had left.",
    )
    deducted = fields.Json(
        readonly=True, help="Node id -> sold units that the channel took off there"
    )
    hold_ids = fields.One2many("channel.hold", "order_line_id", readonly=True)
    sale_line_ids = fields.One2many(
        "sale.order.line", "channel_order_line_id", readonly=True
    )

    _external_uniq = models.UniqueIndex("(order_id, external_id)")

    @api.depends("sku", "title", "quantity")
    def _compute_display_name(self):
        for line in self:
            line.display_name = f"{line.quantity} × {line.sku or line.title}"

    # --------------------------------------------------------------- apply
    def _prepare_line_vals(self, order, line_data, listings, nodes):
        taken = line_data.deductions or ()
        places = [nodes[each.node_ref] for each in taken if each.node_ref in nodes]
        only = next(iter(nodes.values())) if len(nodes) == 1 else None
        node = places[0] if places else only
        values = {
            "order_id": order.id,
            "node_id": node.id if node else False,
            "sku": line_data.sku,
            "title": line_data.title,
            "quantity": line_data.quantity,
            "open_quantity": line_data.open_quantity,
            "wanted_quantity": line_data.wanted_quantity,
        }
        if line_data.listing_ref:
            # a variant that was deleted since leaves what the line was sold as
            values["listing_id"] = listings[line_data.listing_ref].id
        return values

    def _channel_nodes(self, order):
        return order.channel_id.with_context(active_test=False).node_ids

    def _listings(self, order, data):
        """Listings by external id; one never seen before is made, to be matched."""
        listing_model = self.env["channel.listing"].with_context(active_test=False)
        wanted = {line.listing_ref: line for line in data.lines if line.listing_ref}
        found_domain = [
            ("channel_id", "=", order.channel_id.id),
            ("external_id", "in", list(wanted)),
        ]
        found = listing_model.search(found_domain)
        missing = set(wanted) - set(found.mapped("external_id"))
        if missing:
            self._insert_listings(order, [wanted[ref] for ref in sorted(missing)])
            found = listing_model.search(found_domain)
            found._suggest()
        return {listing.external_id: listing for listing in found}

    def _insert_listings(self, order, lines):
        """Not by ``create``: two orders may bring the same new listing at once."""
        channel = order.channel_id
        self.env.execute_query(
            SQL(
                """
                INSERT INTO channel_listing
                       (channel_id, company_id, external_id, sku, title, tracked,
                        active, state, pack_qty, stock_factor, create_date)
                VALUES %s ON CONFLICT (channel_id, external_id) DO NOTHING
                RETURNING id
                """,
                SQL(", ").join(
                    SQL(
                        "(%s, %s, %s, %s, %s, true, true, 'unmapped', 1, 1, "
                        "now() AT TIME ZONE 'UTC')",
                        channel.id,
                        channel.company_id.id,
                        line.listing_ref,
                        line.sku or None,
                        line.title or None,
                    )
                    for line in lines
                ),
            )
        )

    # ---------------------------------------------------------------- hold
    def _quantity_to_hold(self, data):
        sale_state = self.order_id.sale_order_id.state
        # a voided payment ends the sale; a pending one may still be paid
        ended = data.state == "cancelled" or data.payment == "voided"
        if ended or sale_state == "cancel":
            return 0
        if sale_state == "sale":
            # what was added on the channel since is not in the sale order yet
            return max(0, self._wanted_here() - math.floor(self._sold_here()))
        return self.open_quantity

    # ---------------------------------------------------------------- units
    def _sold_here(self):
        """How much of the line the sale order holds, in sold units."""
        sold = self._sale_lines()
        return round(
            sum(self._sale_units(each, each.product_uom_qty) for each in sold), 4
        )

    def _sale_lines(self):
        return self.sale_line_ids

    def _shipped_here(self, before=None):
        """How much of the line has left for the customer, in sold units.

        What came back since counts all the same: it had left.

        :param before: a transfer that is not to be counted
        """
        sold = self._sale_lines()
        moves = sold.move_ids.filtered(
            lambda move: move.state == "done" and move._leaves_for_customer()
        )
        if any(move.product_id != move.sale_line_id.product_id for move in moves):
            # a kit: how many are complete is Odoo's to say
            return sum(self._sale_units(each, each.qty_delivered) for each in sold)
        if before:
            moves = moves.filtered(lambda move: move.picking_id != before)
        return self._to_units(
            sum(
                move.product_uom._compute_quantity(
                    move.quantity, move.product_id.uom_id, round=False
                )
                for move in moves
            )
        )

    def _sale_units(self, sale_line, quantity):
        """Sold units of a quantity in the unit of a sale order line."""
        return self._to_units(
            sale_line.product_uom_id._compute_quantity(
                quantity, sale_line.product_id.uom_id, round=False
            )
        )

    def _to_units(self, stock_quantity):
        return stock_quantity / (self.listing_id.stock_factor or 1)

    def _prepare_hold_vals(self, quantity, warehouse):
        listing = self.listing_id
        return {
            "company_id": self.company_id.id,
            "channel_id": self.channel_id.id,
            "order_line_id": self.id,
            "listing_id": listing.id,
            "product_id": listing.product_id.id,
            "warehouse_id": warehouse.id,
            "quantity": quantity,
            "stock_quantity": quantity * listing.stock_factor,
            "cause": "order",
        }

    def _wanted_here(self):
        """Sold units that the sale order should have: what left and was paid back
        before we knew the order is not in it."""
        counts = self.order_id._count_kept(("included",))
        return self.wanted_quantity - counts[self.external_id]

    def _picked_here(self):
        """Sold units that somebody has in hand and that have not left."""
        moves = self._sale_lines().move_ids.filtered(
            lambda move: move.picked and move.state not in ("done", "cancel")
        )
        return self._to_units(
            sum(
                move.product_uom._compute_quantity(
                    move.quantity, move.product_id.uom_id, round=False
                )
                for move in moves
                if move.product_id == move.sale_line_id.product_id
            )
        )

    def _differs_from_sale(self):
        """Whether the sale order no longer holds what the channel's line says."""
        return bool(self.listing_id) and self._sold_here() != self._wanted_here()
