# SPDX-License-Identifier: AGPL-3.0-or-later
import math
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL

from ..db.flying import FLYING_LINE
from ..schemas import Deduction, OrderLineData

SWALLOW_SECONDS = 300
"""A number that was applied so long before a sale cannot have overwritten it, however
wrong the clocks are."""


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
    sku = fields.Char(string="SKU", readonly=True)
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
    _external_uniq = models.UniqueIndex("(order_id, external_id)")

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
        """Hook: whether it is in a sale order that was confirmed once."""
        return False

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

    def _get_terms(self):
        """Values of TERMS by which it is to be shipped: what it was exchanged for."""
        sold = self.env["channel.sold"]
        if self._is_exchanged():
            return sold._terms_of(self.listing_id)
        return {"product_id": self.product_id.id, "stock_factor": self.stock_factor}

    def _is_unlisted(self):
        """Whether a person has to say what it is: there is no listing to match."""
        return bool(self.quantity and not self.listing_id) and not self._is_confirmed()

    def _get_routed_product(self):
        """The product to be held and shipped for it."""
        return self.product_id.browse(self._get_terms()["product_id"] or ())

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
        """The nodes that ``order`` can be shipped from: ours, or the channel's own."""
        nodes = order.channel_id.with_context(active_test=False).node_ids
        return nodes.filtered(
            lambda node: node.fulfilled_by_channel == order.fulfilled_by_channel
        )

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
            found.env["channel.listing.matcher"]._suggest(found)
        self._doubt_gone(order, found)
        found._take_packs({ref: line.pack for ref, line in wanted.items() if line.pack})
        return {listing.external_id: listing for listing in found}

    def _doubt_gone(self, order, listings):
        """What is sold is there: an answer that left it out was wrong, or it is there
        again. Asked for once, when the order comes in."""
        gone = listings.filtered(lambda each: each.state == "gone")
        if gone - order.line_ids.listing_id:
            order.channel_id._wake("_job_fetch_listings", seconds=60)

    def _insert_listings(self, order, lines):
        """Not by ``create``: two orders may bring the same new listing at once."""
        channel = order.channel_id
        self.env.execute_query(
            SQL(
                """
                INSERT INTO channel_listing
                       (channel_id, company_id, external_id, sku, barcode, title,
                        tells_pack, told_pack, tracked, active, state, pack_qty,
                        stock_factor, create_date)
                VALUES %s ON CONFLICT (channel_id, external_id) DO NOTHING
                RETURNING id
                """,
                SQL(", ").join(
                    SQL(
                        "(%s, %s, %s, %s, %s, %s, %s, %s, true, true, 'unmapped', %s, "
                        "%s, now() AT TIME ZONE 'UTC')",
                        channel.id,
                        channel.company_id.id,
                        line.listing_ref,
                        line.sku or None,
                        line.barcode or None,
                        line.title or None,
                        line.pack is not None,
                        line.pack or Decimal(0),
                        line.pack or Decimal(1),
                        line.pack or Decimal(1),
                    )
                    for line in lines
                ),
            )
        )

    # ---------------------------------------------------------------- hold
    def _is_to_hold(self, data):
        """Whether its units are owed, as far as they are in no document of Odoo."""
        # a voided payment ends the sale; a pending one may still be paid
        ended = data.state == "cancelled" or data.payment == "voided"
        order = self.order_id
        if order.fulfilled_by_channel:
            return False
        return not (ended or order.ending or order._is_mere_test(data))

    def _quantity_to_hold(self, data):
        """:return: sold units"""
        if not self._is_to_hold(data):
            return 0
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

    # ---------------------------------------------------------------- units
    def _get_pieces(self):
        """The products delivered for one sold unit, if not the product itself.

        :return: product id -> stock units of it in one sold unit
        """
        return {}

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
            "held_from": self.order_id.held_from,
            "cause": "order",
        }

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

    def _apply_some(self, order, data, told):
        """Make some lines of ``order`` what is told of them; all others keep what they
        had.

        :param told: schemas.OrderLineData, some of the order's
        """
        nodes = {node.external_id: node for node in self._channel_nodes(order)}
        lines = self._write_lines(order, replace(data, lines=tuple(told)), nodes)
        self._deduct(
            order,
            {
                lines[each.external_id]: self._wanted_deductions(each, nodes)
                for each in told
            },
        )
        order.line_ids._hold(order, order._with_others(data, told))

    def _get_present(self, line_data, nodes):
        """This line as it is held now.

        :param line_data: schemas.OrderLineData of the order's last version, None where
            that does not have it
        :param nodes: id as JSON has it -> node
        """
        line_data = line_data or OrderLineData(
            external_id=self.external_id,
            listing_ref=self.listing_id.external_id or "",
            quantity=0,
            open_quantity=0,
            sku=self.sku or "",
            title=self.title or "",
        )
        return replace(
            line_data,
            quantity=self.quantity,
            open_quantity=self.open_quantity,
            unit_size=Decimal(str(self.unit_size)),
            deductions=None
            if self.deducted is None
            else tuple(
                Deduction(nodes[node_id].external_id, units)
                for node_id, units in self.deducted.items()
                if node_id in nodes
            ),
        )

    def _write_lines(self, order, data, nodes):
        """:return: channel's id of the line -> line, for the lines of ``data``"""
        existing = {line.external_id: line for line in order.line_ids}
        listings = self._listings(order, data)
        sold, new = self.env["channel.sold"], []
        terms = sold._find_terms(listings, order)
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
        if order.fulfilled_by_channel:
            # its own stock is no number of ours
            wanted = {line: {} for line in wanted}
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
        swallowed = self._find_swallowed(order, levels)
        pending = self.env["channel.level.pending"]
        pending._add(swallowed, force=True, trace=order.trace)
        pending._add(levels - swallowed, trace=order.trace)
        stale = [("level_id", "in", levels.ids), ("state", "=", "stale")]
        if self.env["channel.level.remote"].search_count(stale, limit=1):
            order.channel_id._wake("_job_observe")

    def _find_swallowed(self, order, levels):
        """Levels of which a number may have been applied after the channel had sold,
        and without knowing that. On a channel that shows a number some time after it
        was accepted, one that was seen to be applied long before is none of these.
        """
        can = order.channel_id._capabilities()
        if not can.overwrites:
            return levels.browse()
        if not can.applies or not order.placed_at:
            return levels
        placed_at = order.channel_id._get_our_time(order.placed_at)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT line.level_id
                  FROM channel_publication_line line
                  JOIN channel_publication publication
                    ON publication.id = line.publication_id
                 WHERE line.level_id = ANY(%s) AND line.stood IS NOT TRUE
                   AND (%s OR COALESCE(line.applied_at,
                                       publication.acked_at + make_interval(secs => %s))
                              > %s)
                """,
                levels.ids,
                FLYING_LINE,
                can.patience,
                placed_at - timedelta(seconds=SWALLOW_SECONDS),
            )
        )
        return levels.browse(level_id for (level_id,) in rows)

    # ---------------------------------------------------------------- hold
    def _hold(self, order, data, anew=False):
        """Hold what is still to ship, where it will be reserved: the line's route.

        :param anew: decide the route anew, also where nothing asks for it
        """
        wanted = {line: line._quantity_to_hold(data) for line in self}
        to_ship = {line: units for line, units in wanted.items() if units}
        self._hold_at(self._find_routes(order, data, to_ship, anew))

    def _find_routes(self, order, data, to_ship, anew):
        """Hook: the warehouses that ship. Here: the first of the node.

        :param to_ship: line -> sold units
        :return: line -> list of (warehouse, sold units)
        """
        return {
            line: [(order._route_warehouse(line.node_id), units)]
            for line, units in to_ship.items()
        }

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
            self.order_id._on_holds_changed()

    def _holds_all(self, active, wanted):
        """Whether the active holds are what is wanted: place, product and quantity.

        :param wanted: list of values of holds
        """
        held = {
            (each.warehouse_id.id, each.product_id.id): (
                each.quantity,
                each.stock_quantity + each.promised_quantity,
            )
            for each in active
        }
        if len(active) != len(wanted):
            return False
        if any(each.held_from != self.order_id.held_from for each in active):
            return False
        for vals in wanted:
            units, stock = held.get((vals["warehouse_id"], vals["product_id"]), (0, 0))
            if units != vals["quantity"] or abs(stock - vals["stock_quantity"]) > 1e-6:
                return False
        return True
