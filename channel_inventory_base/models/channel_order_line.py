import math
from collections import Counter, defaultdict
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL

from ..const import SHORT_POLICIES


class ChannelOrderLine(models.Model):
    """Line of a channel order: the units sold of one listing, in SOLD units."""

    _name = "channel.order.line"
    _description = "Channel Order Line"
    _inherit = ["channel.guarded"]
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
        "channel.node",
        readonly=True,
        help="Node that the channel sold it from, if known.",
    )
    sold_as = fields.Selection(
        [
            ("mapping", "Listing's mapping"),
            ("person", "Chosen manually"),
            ("custom", "Product for custom lines"),
        ],
        readonly=True,
        help="Source of the product. Empty: unknown yet, the likely product is held.",
    )
    mapping_id = fields.Many2one(
        "channel.listing.version",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The version of the listing's mapping used for this line.",
    )
    product_id = fields.Many2one(
        "product.product", readonly=True, index=True, ondelete="restrict"
    )
    uom_id = fields.Many2one("uom.uom", string="Unit", readonly=True)
    pack_qty = fields.Float(
        string="Units per Sold Unit", readonly=True, digits=(16, 6), default=1.0
    )
    stock_factor = fields.Float(
        string="Stock Units per Sold Unit",
        readonly=True,
        digits=(16, 6),
        default=1.0,
        aggregator=None,
    )
    sold_note = fields.Char(string="Mapping Used", compute="_compute_sold_note")
    sku = fields.Char(readonly=True)
    title = fields.Char(readonly=True)
    properties = fields.Text(
        readonly=True,
        help="Customer's specifications for this line, such as an engraving. Personal "
        "data.",
    )
    unit_size = fields.Float(
        string="Sold Unit Fraction",
        readonly=True,
        digits=(16, 6),
        default=1.0,
        aggregator=None,
        help="Fraction of a sold unit that quantities are counted in, for products "
        "sold in fractions.",
    )
    quantity = fields.Integer(
        readonly=True, help="Sold units, less cancelled and refunded ones"
    )
    open_quantity = fields.Integer(readonly=True, help="Sold units still to ship")
    wanted_quantity = fields.Integer(
        string="To Deliver",
        readonly=True,
        help="Total sold units to deliver or delivered, including units refunded after "
        "shipping.",
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
    is_moved = fields.Boolean(
        readonly=True, help="Held at an assumed node before its node was known."
    )
    deducted = fields.Json(
        readonly=True, help="Node id -> sold units that the channel deducted there"
    )
    deducted_listing_id = fields.Many2one(
        "channel.listing",
        readonly=True,
        help="Listing that the channel deducted them from.",
    )
    hold_ids = fields.One2many("channel.hold", "order_line_id", readonly=True)
    sale_line_ids = fields.One2many(
        "sale.order.line", "channel_order_line_id", readonly=True
    )
    short_policy = fields.Selection(
        SHORT_POLICIES, readonly=True, help="Decision for this line."
    )
    substitute_id = fields.Many2one(
        "product.product", readonly=True, help="Shipped instead of the sold product."
    )

    _external_uniq = models.UniqueIndex("(order_id, external_id)")
    _missing_idx = models.Index("(order_id) WHERE missing_quantity > 0")

    @api.depends("sku", "title", "quantity", "unit_size")
    def _compute_display_name(self):
        for line in self:
            sold = line.quantity * line.unit_size
            line.display_name = f"{sold:g} × {line.sku or line.title}"

    @api.depends("sold_as", "mapping_id", "listing_id.version_id", "product_id")
    def _compute_sold_note(self):
        for line in self:
            line.sold_note = line._get_sold_label()

    def _get_sold_label(self):
        """Which mapping counts, where that is not the one that the listing has now."""
        if not self.sold_as:
            return (
                self.env._("Held as this product, not matched")
                if self.product_id
                else ""
            )
        if self.sold_as != "mapping":
            labels = dict(self._fields["sold_as"]._description_selection(self.env))
            return labels[self.sold_as]
        sold, present = self.mapping_id, self.listing_id.version_id
        if not sold or sold == present:
            return ""
        return self.env._(
            "Mapping %(sold)s: %(what)s. The listing has mapping %(present)s now: "
            "%(other)s.",
            sold=sold.number,
            what=sold._get_mapping_label(),
            present=present.number,
            other=present._get_mapping_label()
            if present.listing_state == "mapped"
            else present._get_state_label(),
        )

    # --------------------------------------------------------------- terms
    def _keeps_terms(self, listing_ref):
        """Whether the line stays what it was sold as, also as that listing."""
        if listing_ref and listing_ref != self.listing_id.external_id:
            # the shop has made it something else
            return self._is_confirmed()
        return bool(self.sold_as)

    def _is_confirmed(self):
        """Whether it is in a sale order that was confirmed once."""
        return any(line.state not in ("draft", "sent") for line in self.sale_line_ids)

    def _is_exchanged(self):
        """Whether the shop has made it another listing since it was confirmed."""
        sold = self.mapping_id.listing_id
        return bool(sold) and sold != self.listing_id and self._is_confirmed()

    def _has_old_mapping(self):
        """Whether it is not confirmed, and its listing is matched otherwise now."""
        present = self.listing_id.version_id
        return (
            self.sold_as == "mapping"
            and self.listing_id.state == "mapped"
            and self.mapping_id != present
            and not self._is_confirmed()
        )

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

    def _get_terms(self):
        """Values of TERMS by which it is to be shipped: what it was exchanged for."""
        sold = self.env["channel.sold"]
        if self._is_exchanged():
            return sold._terms_of(self.listing_id)
        return {"product_id": self.product_id.id, "stock_factor": self.stock_factor}

    def _is_unlisted(self):
        """Whether a person has to say what it is: there is no listing to match."""
        return bool(self.quantity and not self.listing_id) and not self._is_confirmed()

    def _is_sold_known(self):
        """Whether it can be sold as what it is. A mapping that a person has taken back
        is in doubt for whatever is not confirmed yet."""
        if self._is_exchanged():
            return self.listing_id.state == "mapped"
        in_doubt = (
            self.sold_as == "mapping"
            and self.listing_id.state not in ("mapped", "gone")
            and not self._is_confirmed()
        )
        return bool(self.sold_as and self.product_id) and not in_doubt

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
            "properties": "\n".join(
                f"{each.label}: {each.value}" for each in line_data.properties
            )
            or False,
            "unit_size": float(line_data.unit_size),
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
        order = self.order_id
        sale_state = order.sale_order_id.state
        # a voided payment ends the sale; a pending one may still be paid
        ended = data.state == "cancelled" or data.payment == "voided" or order.ending
        let_go = order.by_hand or order.env["channel.order.checker"]._is_mere_test(
            order, data
        )
        if ended or sale_state == "cancel" or let_go:
            return 0
        if sale_state == "sale":
            if self._is_exchanged():
                return self._wanted_here()
            # what was added on the channel since is not in the sale order yet
            added = max(0, self._wanted_here() - math.floor(self._sold_here()))
            return added + self._count_missing()
        return self.open_quantity + self._count_left_unseen(data)

    def _count_left_unseen(self, data):
        """Sold units that the channel has shipped, of an order that is not sold here
        yet: they are in our figures still, and on the shelf no more."""
        left = max(0, self.quantity - self.open_quantity)
        # a place without a warehouse is somebody else's shelf
        elsewhere = self.node_id and not self.node_id.warehouse_ids
        if not left or elsewhere or self.order_id.is_history:
            return 0
        ships = any(
            each.ships for each in data.lines if each.external_id == self.external_id
        )
        return left if ships else 0

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
        return self._count_whole(self._left_here(before))

    def _left_here(self, before=None):
        """:return: Counter of stock units that have left for the customer, by product
        :param before: a transfer that is not to be counted
        """
        moves = self._sale_lines().move_ids.filtered(
            lambda move: move.state == "done" and move._leaves_for_customer()
        )
        if before:
            moves = moves.filtered(lambda move: move.picking_id != before)
        return add_up(moves)

    def _shipped_with(self, moves):
        """Sold units that have left once ``moves`` have, too."""
        return self._count_whole(self._left_here() + add_up(moves))

    def _begun_here(self):
        """Sold units that are, even partly, shipped or picked."""
        left = self._count_whole(self._left_here(), choose=max)
        return left + self._picked_here()

    def _get_pieces(self):
        """The products delivered for one sold unit, if not the product itself.

        :return: product id -> stock units of it in one sold unit
        """
        return {}

    def _count_whole(self, quantities, choose=min):
        """Sold units that so much makes; of a kit, those with all of their pieces.

        :param quantities: mapping of product id to stock units
        :param choose: ``max`` for the units of which anything is in it
        """
        if pieces := self._get_pieces():
            return choose(quantities.get(each, 0) / n for each, n in pieces.items())
        goods = self._sale_lines().product_id.ids
        return self._to_units(sum(quantities.get(each, 0) for each in goods))

    def _sale_units(self, sale_line, quantity):
        """Sold units of a quantity in the unit of a sale order line."""
        return self._to_units(
            sale_line.product_uom_id._compute_quantity(
                quantity, sale_line.product_id.uom_id, round=False
            )
        )

    def _to_units(self, stock_quantity):
        return stock_quantity / (self._get_factor() or 1)

    def _get_factor(self):
        """Stock units in one of the units that this line is counted in."""
        return self.stock_factor * self.unit_size

    def _is_fraction(self):
        return self.unit_size != 1

    def _get_fraction_sizes(self):
        """:return: channel's id of the line -> its size (Decimal), of fractions only"""
        return {
            line.external_id: Decimal(str(line.unit_size))
            for line in self
            if line._is_fraction()
        }

    def _is_fraction_right(self):
        stock = self.quantity * self._get_factor()
        uom = self.product_id.uom_id
        exact = abs(uom.round(stock) - stock) < 1e-6
        return self.listing_id.fractions and exact

    def _count_to_hold(self, quantity):
        """Stock units to hold. Of a fraction that nobody has said is right, all of the
        unit that it is a part of."""
        factor = self._get_terms()["stock_factor"]
        sold = round(quantity * self.unit_size, 6)
        if self._is_fraction() and not self.listing_id.fractions:
            sold = math.ceil(sold)
        return sold * factor

    def _prepare_hold_vals(self, quantity, warehouse):
        return {
            "company_id": self.company_id.id,
            "channel_id": self.channel_id.id,
            "order_line_id": self.id,
            "listing_id": self.listing_id.id,
            "product_id": self._get_routed_product().id,
            "warehouse_id": warehouse.id,
            "quantity": quantity,
            "stock_quantity": self._count_to_hold(quantity),
            "cause": "order",
        }

    def _wanted_here(self):
        """Sold units that the sale order should have: what left and was paid back
        before we knew the order is not in it."""
        counts = self.env["channel.refunder"]._count_kept(self.order_id, ("included",))
        return self.wanted_quantity - counts[self.external_id]

    def _picked_here(self):
        """Sold units that are, even partly, picked and not shipped."""
        moves = self._sale_lines().move_ids.filtered(
            lambda move: move.picked and move.state not in ("done", "cancel")
        )
        return self._count_whole(add_up(moves), choose=max)

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

    # --------------------------------------------------------------- apply
    # Lines made what the channel says, all of an order at once.
    #
    # An order of a thousand lines takes as many statements as one of a single line, so
    # that a large one never keeps the sales after it from being held.
    def _apply_lines(self, order, data):
        """Make the lines of ``order`` what ``data`` says, with holds and deductions."""
        nodes = {node.external_id: node for node in self._channel_nodes(order)}
        lines = self._write_lines(order, data, nodes)
        wanted = {
            lines[each.external_id]: self._wanted_deductions(each, nodes)
            for each in data.lines
        }
        # the channel has dropped a line: so do demand and deduction
        dropped = order.line_ids - self.browse().union(*wanted)
        dropped._zero()
        wanted.update({line: {} for line in dropped})
        self._deduct(order, wanted)
        order.line_ids._hold(order, data)

    def _apply_salvaged(self, order, data):
        """Lines that could be read, of an order of which others could not: those keep
        what they had."""
        nodes = {node.external_id: node for node in self._channel_nodes(order)}
        lines = self._write_lines(order, data, nodes)
        self._deduct(
            order,
            {
                lines[each.external_id]: self._wanted_deductions(each, nodes)
                for each in data.lines
            },
        )
        order.line_ids._hold(order, order._with_unread(data))

    def _write_lines(self, order, data, nodes):
        """:return: channel's id of the line -> line, for the lines of ``data``"""
        existing = {line.external_id: line for line in order.line_ids}
        listings = self._listings(order, data)
        sold, new = self.env["channel.sold"], []
        terms = sold._find_terms(listings, order.placed_at)
        for each in data.lines:
            values = self._prepare_line_vals(order, each, listings, nodes)
            line = existing.get(each.external_id, self.browse())
            values.update(sold._prepare_terms(order, line, each, terms))
            if line:
                if values["node_id"] and not line.node_id:
                    values["is_moved"] = True
                line._write_changed(values)
            else:
                new.append(dict(values, external_id=each.external_id))
        if new:
            existing.update((line.external_id, line) for line in self.create(new))
            order.invalidate_recordset(["line_ids"])
        return existing

    def _write_changed(self, values):
        """Only what differs: most versions of an order change none of its lines."""
        stored = self._convert_to_write({name: self[name] for name in values})
        changed = {
            name: value for name, value in values.items() if value != stored[name]
        }
        if changed:
            self.write(changed)

    def _zero(self):
        if self:
            self.write({"quantity": 0, "open_quantity": 0, "wanted_quantity": 0})

    # -------------------------------------------------------------- deduct
    def _wanted_deductions(self, line_data, nodes):
        """Node id (as JSON has it) -> sold units that the channel has taken off there;
        None when that is not known yet: the full order will tell."""
        if line_data.deductions is not None:
            return {
                str(nodes[each.node_ref].id): each.quantity
                for each in line_data.deductions
                if each.node_ref in nodes
            }
        if len(nodes) != 1:
            return None
        [node] = nodes.values()
        return {str(node.id): line_data.quantity}

    def _deduct(self, order, wanted):
        """Append what has changed since the last version; sums count, rows are kept.

        :param wanted: line -> what ``_wanted_deductions`` says
        """
        rows = []
        for line, by_node in wanted.items():
            if by_node is None or not line.listing_id:
                continue
            listing = line.listing_id
            before = line._give_back_deducted(rows)
            for node_id in sorted({*before, *by_node}):
                if change := by_node.get(node_id, 0) - before.get(node_id, 0):
                    figure = listing._get_stock_listing()
                    rows.append((line, figure, int(node_id), change))
            if before != by_node or line.deducted_listing_id - listing:
                line.write({"deducted": by_node, "deducted_listing_id": listing.id})
        if rows:
            self.env["channel.deduction"]._append(rows)
            self._queue_levels(
                order, {(listing.id, node) for _line, listing, node, _ in rows}
            )

    def _give_back_deducted(self, rows):
        """Deductions of the line's previous listing are returned there.

        :param rows: list that such rows are added to
        :return: node id (as JSON has it) -> sold units deducted of the listing of now
        """
        before, taken_of = self.deducted or {}, self.deducted_listing_id
        if not taken_of or taken_of == self.listing_id:
            return before
        figure = taken_of._get_stock_listing()
        rows += [
            (self, figure, int(node_id), -units) for node_id, units in before.items()
        ]
        return {}

    def _queue_levels(self, order, pairs):
        """Queue levels that the channel has decreased itself: they may differ from the
        target now.

        :param pairs: (listing id, node id)
        """
        listing_ids, node_ids = zip(*pairs, strict=True)
        levels = (
            self.env["channel.level"]
            .search([("listing_id", "in", listing_ids), ("node_id", "in", node_ids)])
            .filtered(lambda level: (level.listing_id.id, level.node_id.id) in pairs)
        )
        if not levels:
            return
        # where numbers overwrite, one of ours may have swallowed this sale
        force = order.channel_id._capabilities().overwrites
        self.env["channel.level.pending"]._add(levels, force=force, trace=order.trace)
        stale = [("level_id", "in", levels.ids), ("state", "=", "stale")]
        if self.env["channel.level.remote"].search_count(stale, limit=1):
            order.channel_id._wake("_job_observe")

    # ---------------------------------------------------------------- hold
    def _hold(self, order, data, anew=False):
        """Hold what is still to ship, as long as Odoo has not reserved it.

        Where it is held is where it will be reserved: the route of the line.

        :param anew: decide the route anew, also where nothing asks for it
        """
        wanted = {line: line._quantity_to_hold(data) for line in self}
        to_ship = {line: units for line, units in wanted.items() if units}
        routes = (
            None if anew else order.env["channel.router"]._keep_routes(order, to_ship)
        )
        if routes is None:
            routes = order.env["channel.router"]._route(order, data, to_ship)
        self._hold_at(routes)

    def _hold_at(self, routes):
        """Make the active holds of these lines what ``routes`` says, and no others.

        :param routes: line -> list of (warehouse, sold units)
        """
        values, ended = [], []
        for line in self:
            active = line.hold_ids.filtered(lambda hold: hold.state == "active")
            anything = line.listing_id or line.product_id
            parts = dict(routes.get(line, ())) if anything else {}
            new = [line._prepare_hold_vals(*part[::-1]) for part in parts.items()]
            if line._holds_all(active, new):
                continue
            ended += active.ids
            values += new
        if ended:
            self.env["channel.hold"].browse(ended).write({"state": "released"})
        if values:
            self.env["channel.hold"].create(values)
        if ended or values:
            # what is held is owed, and a stage never says otherwise
            self.order_id.filtered("sale_order_id")._refresh_stage()

    def _holds_all(self, active, wanted):
        """Whether the active holds are what is wanted: place, product and quantity.

        :param wanted: list of values of holds
        """
        held = {
            (each.warehouse_id.id, each.product_id.id): (
                each.quantity,
                each.stock_quantity,
            )
            for each in active
        }
        if len(active) != len(wanted):
            return False
        for vals in wanted:
            units, stock = held.get((vals["warehouse_id"], vals["product_id"]), (0, 0))
            if units != vals["quantity"] or abs(stock - vals["stock_quantity"]) > 1e-6:
                return False
        return True

    # --------------------------------------------------------------- short
    def _get_short_policy(self):
        """The decision of a person, else of the listing, the product, the channel."""
        return (
            self.short_policy
            or self.listing_id.short_policy
            or self.product_id.channel_short_policy
            or self.channel_id.short_policy
        )

    def _get_routed_product(self):
        if self.substitute_id:
            return self.substitute_id
        return self.product_id.browse(self._get_terms()["product_id"] or ())

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
