from odoo import models


class ChannelOrderLine(models.Model):
    """Lines made what the channel says, all of an order at once.

    An order of a thousand lines takes as many statements as one of a single line, so
    that a large one never keeps the sales after it from being held.
    """

    _inherit = "channel.order.line"

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
            self._tell_levels(
                order, {(listing.id, node) for _line, listing, node, _ in rows}
            )

    def _give_back_deducted(self, rows):
        """What was taken of another listing, before the shop made the line this one,
        is given back there.

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

    def _tell_levels(self, order, pairs):
        """What the channel has counted down itself may differ from our number now.

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
        routes = None if anew else order._keep_routes(to_ship)
        if routes is None:
            routes = order._route(data, to_ship)
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
