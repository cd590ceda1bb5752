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
    deducted = fields.Json(
        readonly=True, help="Node id -> sold units that the channel took off there"
    )
    hold_ids = fields.One2many("channel.hold", "order_line_id", readonly=True)

    _external_uniq = models.UniqueIndex("(order_id, external_id)")

    @api.depends("sku", "title", "quantity")
    def _compute_display_name(self):
        for line in self:
            line.display_name = f"{line.quantity} × {line.sku or line.title}"

    # --------------------------------------------------------------- apply
    def _apply_lines(self, order, data):
        """Make the lines of ``order`` what ``data`` says, with holds and deductions."""
        existing = {line.external_id: line for line in order.line_ids}
        listings = self._listings(order, data)
        nodes = {node.external_id: node for node in self._channel_nodes(order)}
        for line_data in data.lines:
            line = existing.pop(line_data.external_id, None)
            values = self._prepare_line_vals(order, line_data, listings, nodes)
            if line:
                line.write(values)
            else:
                line = self.create(dict(values, external_id=line_data.external_id))
            line._deduct(line_data, nodes)
            line._hold(data)
        for line in existing.values():
            # the channel has dropped the line: so do demand and deduction
            line.write({"quantity": 0, "open_quantity": 0})
            line._deduct_to({})
            line._hold(data)

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

    # -------------------------------------------------------------- deduct
    def _deduct(self, line_data, nodes):
        """Bring the channel's deductions for this line up to date."""
        if line_data.deductions is None:
            if len(nodes) != 1:
                # where it was taken is not known yet; the full order will tell
                return
            [node] = nodes.values()
            wanted = {str(node.id): line_data.quantity}
        else:
            wanted = {
                str(nodes[each.node_ref].id): each.quantity
                for each in line_data.deductions
                if each.node_ref in nodes
            }
        self._deduct_to(wanted)

    def _deduct_to(self, wanted):
        """Append what has changed since the last version; sums count, rows are kept."""
        if not self.listing_id:
            return
        before = self.deducted or {}
        nodes = self.env["channel.node"]
        touched = nodes
        for node_id in sorted({*before, *wanted}):
            change = wanted.get(node_id, 0) - before.get(node_id, 0)
            if change:
                node = nodes.browse(int(node_id))
                self.env["channel.deduction"]._append(self, node, change)
                touched |= node
        self.deducted = wanted
        levels = self.env["channel.level"].search(
            [("listing_id", "=", self.listing_id.id), ("node_id", "in", touched.ids)]
        )
        if levels:
            self.env["channel.level.pending"]._add(levels, trace=self.order_id.trace)
        if self.env["channel.level.remote"].search_count(
            [("level_id", "in", levels.ids), ("state", "=", "stale")], limit=1
        ):
            self.order_id.channel_id._wake("_job_observe")

    # ---------------------------------------------------------------- hold
    def _hold(self, data):
        """Hold what is still to ship, as long as Odoo has not reserved it."""
        wanted = self._quantity_to_hold(data)
        warehouse = self.order_id._route_warehouse(self.node_id)
        active = self.hold_ids.filtered(lambda hold: hold.state == "active")
        held = sum(active.mapped("quantity"))
        if held == wanted and (not held or active.warehouse_id == warehouse):
            return
        active.write({"state": "released"})
        if wanted and warehouse and self.listing_id:
            self.env["channel.hold"].create(self._prepare_hold_vals(wanted, warehouse))

    def _quantity_to_hold(self, data):
        sale_state = self.order_id.sale_order_id.state
        # a voided payment ends the sale; a pending one may still be paid
        ended = data.state == "cancelled" or data.payment == "voided"
        if ended or sale_state == "cancel":
            return 0
        if sale_state == "sale":
            # what was added on the channel since is not in the sale order yet
            return max(0, self.quantity - math.floor(self._sold_here()))
        return self.open_quantity

    def _sold_here(self):
        """How much of the line the sale order holds, in sold units."""
        sold = self.env["sale.order.line"].search(
            [("channel_order_line_id", "in", self.ids)]
        )
        stock = sum(
            each.product_uom_id._compute_quantity(
                each.product_uom_qty, each.product_id.uom_id, round=False
            )
            for each in sold
        )
        return round(stock / (self.listing_id.stock_factor or 1), 4)

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

    def _differ_from_sale(self):
        """Whether the sale order no longer holds what the channel's lines say."""
        for line in self.filtered("listing_id"):
            if line._sold_here() != line.quantity:
                return True
        return False
