# SPDX-License-Identifier: AGPL-3.0-or-later
import math
from collections import Counter, defaultdict

from odoo import fields, models

from ..const import SHORT_POLICIES


class ChannelOrderLine(models.Model):
    """What a channel's line has become: sale order lines, moves, units that lack."""

    _inherit = "channel.order.line"

    sale_line_ids = fields.One2many(
        "sale.order.line", "channel_order_line_id", readonly=True
    )
    missing_quantity = fields.Float(
        string="Missing",
        readonly=True,
        digits="Product Unit",
        default=0,
        help="Sold stock units that are not in stock; whole kits for a kit.",
    )
    undelivered_quantity = fields.Integer(
        string="Not in Any Delivery",
        readonly=True,
        help="Sold units to deliver that are in no transfer any more. They are held.",
    )
    short_policy = fields.Selection(
        SHORT_POLICIES, readonly=True, help="Decision for this line."
    )
    substitute_id = fields.Many2one(
        "product.product", readonly=True, help="Shipped instead of the sold product."
    )

    _missing_idx = models.Index("(order_id) WHERE missing_quantity > 0")

    # --------------------------------------------------------------- terms
    def _is_confirmed(self):
        """Whether it is in a sale order that was confirmed once."""
        return any(line.state not in ("draft", "sent") for line in self.sale_line_ids)

    def _take_exchange(self):
        """Become what the shop has made of it; nothing of the old one has left."""
        for line in self.filtered(lambda line: line._is_exchanged()):
            line.write(dict(line._get_terms(), substitute_id=False))

    def _get_exchange_message(self):
        return self.env._(
            "%(before)s is %(after)s now",
            before=f"{self._sold_here():g} × {self.product_id.display_name}",
            after=f"{self._wanted_here()} × {self.listing_id.display_name}",
        )

    def _is_asked_otherwise(self):
        """Whether the sale order's description says something else."""
        asked = self.properties or ""
        return any(
            (line.channel_properties or "") != asked for line in self._sale_lines()
        )

    # ---------------------------------------------------------------- hold
    def _is_to_hold(self, data):
        order = self.order_id
        let_go = order.by_hand or order.sale_order_id.state == "cancel"
        return not let_go and super()._is_to_hold(data)

    def _quantity_to_hold(self, data):
        if self.order_id.sale_order_id.state != "sale" or not self._is_to_hold(data):
            return super()._quantity_to_hold(data)
        if self._is_exchanged():
            return self._wanted_here()
        # what was added on the channel since is not in the sale order yet
        added = max(0, self._wanted_here() - math.floor(self._sold_here()))
        return added + self._count_missing()

    def _find_routes(self, order, data, to_ship, anew):
        router = order.env["channel.router"]
        routes = None if anew else router._keep_routes(order, to_ship)
        return router._route(order, data, to_ship) if routes is None else routes

    def _get_routed_product(self):
        return self.substitute_id or super()._get_routed_product()

    # ----------------------------------------------------------------- place
    def _get_origins(self, units):
        """The nodes that the channel took ``units`` of this line from, as far as known.

        :return: list of (node, sold units); the rest is the line's own node's
        """
        taken = {int(key): n for key, n in (self.deducted or {}).items() if n > 0}
        # sudo: only places of this line. Read once for all lines of the order
        places = self._channel_nodes(self.order_id.sudo())
        nodes = places.filtered(lambda node: node.id in taken).sorted("id")
        parts = dict.fromkeys(self.node_id | nodes, 0)
        for node in parts:
            parts[node] = min(units, taken.get(node.id, 0))
            units -= parts[node]
        if units:
            parts[self.node_id] = parts.get(self.node_id, 0) + units
        return [(node, part) for node, part in parts.items() if part]

    def _get_placed_parts(self, quantity):
        """Which warehouse ships how many of ``quantity``, as it is held or sold now.

        :return: list of (warehouse, sold units); they need not come to ``quantity``
        """
        parts = defaultdict(int)
        for sold in self._sale_lines():
            if sold.state == "sale" and sold.channel_warehouse_id:
                units = math.floor(self._sale_units(sold, sold.product_uom_qty) + 1e-6)
                parts[sold.channel_warehouse_id] += units
        is_sold = len(parts) > 1
        for hold in self.hold_ids:
            if hold.state == "active":
                parts[hold.warehouse_id] += hold.quantity
        if is_sold:
            self._fit_parts(parts, quantity)
        return [(place, units) for place, units in parts.items() if units]

    def _fit_parts(self, parts, quantity):
        """Bring what is sold from several warehouses to ``quantity``: where the channel
        has given units back, or else where most of them are."""
        origins = self._get_origins(quantity)
        while (more := sum(parts.values()) - quantity) > 0:
            over = {
                place: units
                - sum(n for node, n in origins if place in node.warehouse_ids)
                for place, units in parts.items()
                if units
            }
            place = max(over, key=lambda each: (over[each], parts[each]))
            less = min(more, parts[place], max(1, over[place]))
            parts[place] -= less
        if more < 0:
            parts[next(iter(parts))] -= more

    # ----------------------------------------------------------------- owed
    def _note_missing(self):
        for line in self:
            missing = line._count_missing()
            if line.undelivered_quantity != missing:
                line.undelivered_quantity = missing

    def _on_moves_deleted(self):
        """Mark lines that have lost all their moves. Their missing units are counted
        before the commit."""
        for line in self:
            if not line._sale_lines().move_ids and not line.undelivered_quantity:
                line.undelivered_quantity = line.open_quantity

    def _count_missing(self):
        """Sold units of the confirmed sale order that have neither left nor are in an
        open transfer, as far as the channel wants them still."""
        missing = sum(
            self._sale_units(each, each._count_undelivered())
            for each in self._sale_lines()
            if each.state == "sale"
        )
        if self.order_id.ending:
            return 0
        return min(math.ceil(round(missing, 4)), self.open_quantity)

    # ---------------------------------------------------------------- units
    def _sale_lines(self):
        return self.sale_line_ids

    def _sold_here(self):
        """How much of the line the sale order holds, in sold units."""
        sold = self._sale_lines()
        return round(
            sum(self._sale_units(each, each.product_uom_qty) for each in sold), 4
        )

    def _sale_units(self, sale_line, quantity):
        """Sold units of a quantity in the unit of a sale order line."""
        return self._to_units(
            sale_line.product_uom_id._compute_quantity(
                quantity, sale_line.product_id.uom_id, round=False
            )
        )

    def _wanted_here(self):
        """Sold units that the sale order should have: what left and was paid back
        before we knew the order is not in it."""
        counts = self.env["channel.refunder"]._count_kept(self.order_id, ("included",))
        return self.wanted_quantity - counts[self.external_id]

    def _shipped_here(self, before=None):
        """How much of the line has left for the customer, in sold units.

        What came back since counts all the same: it had left.

        :param before: a transfer that is not to be counted
        """
        return self._count_whole(self._left_here(before))

    def _left_here(self, before=None):
        """:return: Counter of stock units that have left for the customer, by product
        :param before: a transfer that is not to be counted
        """
        if self.order_id.fulfilled_by_channel:
            return self._left_there()
        moves = self._sale_lines().move_ids.filtered(
            lambda move: move.state == "done" and move._leaves_for_customer()
        )
        if before:
            moves = moves.filtered(lambda move: move.picking_id != before)
        return add_up(moves)

    def _left_there(self):
        """As ``_left_here``, of what the channel has shipped from its own warehouse."""
        units, left = 0, Counter()
        for sold in self._sale_lines():
            units += self._sale_units(sold, sold.qty_delivered)
            left[sold.product_id.id] += sold.product_uom_id._compute_quantity(
                sold.qty_delivered, sold.product_id.uom_id, round=False
            )
        pieces = self._get_pieces()
        return Counter({each: n * units for each, n in pieces.items()}) or left

    def _find_delivered(self, units):
        """What of the sale order's lines is delivered when the channel has shipped
        ``units``.

        :return: list of (sale order line, quantity in its unit)
        """
        found = []
        for sold in self._sale_lines():
            here = self._sale_units(sold, sold.product_uom_qty)
            part = min(units, here)
            units -= part
            found.append((sold, sold.product_uom_qty * part / here if here else 0.0))
        return found

    def _shipped_with(self, moves):
        """Sold units that have left once ``moves`` have, too."""
        return self._count_whole(self._left_here() + add_up(moves))

    def _count_reserved(self):
        """Whole sold units of the sale order that have left or are reserved; all of
        what is not moved, such as a service."""
        moves = self._sale_lines().move_ids.filtered(
            lambda move: move.state != "cancel" and move._is_first_step()
        )
        if not moves:
            return math.floor(self._sold_here() + 1e-6)
        return math.floor(self._count_whole(add_up(moves)) + 1e-6)

    def _begun_here(self):
        """Sold units that are, even partly, shipped or picked."""
        left = self._count_whole(self._left_here(), choose=max)
        return left + self._picked_here()

    def _picked_here(self):
        """Sold units that are, even partly, picked and not shipped."""
        moves = self._sale_lines().move_ids.filtered(
            lambda move: move.picked and move.state not in ("done", "cancel")
        )
        return self._count_whole(add_up(moves), choose=max)

    def _count_whole(self, quantities, choose=min):
        """Sold units that so much makes; of a kit, those with all of their pieces.

        :param quantities: mapping of product id to stock units
        :param choose: ``max`` for the units of which anything is in it
        """
        if pieces := self._get_pieces():
            return choose(quantities.get(each, 0) / n for each, n in pieces.items())
        goods = self._sale_lines().product_id.ids
        return self._to_units(sum(quantities.get(each, 0) for each in goods))

    def _is_sold_otherwise(self):
        """Whether the sale order sells other goods for it, or not so many."""
        if not self.listing_id and not self.sold_as:
            return False
        goods = self.substitute_id or self.product_id
        sold = self.sale_line_ids.filtered("product_uom_qty").product_id
        return bool(sold - goods) or self._sold_here() != self._wanted_here()

    def _differs_from_sale(self):
        """Whether the sale order no longer holds what the channel's line says."""
        if not self.listing_id and not self.sold_as:
            return False
        return self._sold_here() != self._wanted_here() or self._is_exchanged()

    # --------------------------------------------------------------- short
    def _get_short_policy(self):
        """The decision of a person, else of the listing, the product, the channel."""
        return (
            self.short_policy
            or self.listing_id.short_policy
            or self.product_id.channel_short_policy
            or self.channel_id.short_policy
        )

    def _get_substitutes(self):
        """The possible substitutes, in units of the same category."""
        product = self.product_id
        return product.channel_substitute_ids.filtered(
            lambda each: each != product and each.uom_id == product.uom_id
        )


def add_up(moves):
    """Sum up the moved quantities.

    :return: Counter of stock units by product id"""
    quantities = Counter()
    for move in moves:
        quantities[move.product_id.id] += move.product_uom._compute_quantity(
            move.quantity, move.product_id.uom_id, round=False
        )
    return quantities
