from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..db.transaction import (
    LOCK_ROUTE,
    own_transaction,
    retry_on_conflict,
    try_lock,
)
from ..tools.refusal import OrderRefusedError
from ..tools.routing import Need, find_ways, missing_at

AT_ONCE = 20
AGAIN_MINUTES = 15
"""An order that could not be moved is looked at again after that time."""


class ChannelOrder(models.Model):
    """Confirmed orders whose stock is gone are shipped from elsewhere.

    As long as nothing of it is picked, packed or printed, and only where all of what
    moves can be reserved there at once: an order never leaves its place for a promise.
    A line goes as a whole; its figures stay what they are.
    """

    _inherit = "channel.order"

    reroute_after = fields.Datetime(
        readonly=True, help="When it was last looked for another warehouse, or later"
    )

    # ------------------------------------------------------------- by policy
    @api.model
    def _reroute_due(self, channel):
        """Move what is short and has stock elsewhere, the oldest first.

        Each order in a transaction of its own, REPEATABLE READ as the import: it
        notices who ships at the same time. Two that reserve it would not: Odoo lets
        both have the same goods when their transactions overlap. So one order a company
        is moved at a time.
        """
        if not channel.reroute_confirmed:
            return
        with try_lock(self.env, LOCK_ROUTE, channel.company_id.id) as locked:
            if not locked:
                return
            with own_transaction(self.env) as env:
                order_ids = env["channel.order"]._find_to_reroute(channel)
            for order_id in order_ids:
                with suppress(OrderRefusedError):
                    self._reroute_one(order_id)

    @api.model
    def _reroute_one(self, order_id):
        """:raise OrderRefusedError: it stays where it is, and waits as it did"""
        return retry_on_conflict(lambda: self._reroute_own(order_id))

    @api.model
    def _reroute_own(self, order_id):
        refused = None
        with own_transaction(self.env, read_committed=False) as env:
            order = env["channel.order"].browse(order_id)
            order._lock()
            env["channel.change"]._set_trace(order.trace)
            order.reroute_after = fields.Datetime.now() + timedelta(
                minutes=AGAIN_MINUTES
            )
            order._get_goods_lines()._reserve_what_is_there()
            try:
                with env.cr.savepoint():
                    order._reroute_confirmed()
            except OrderRefusedError as refusal:
                refused = refusal
            except UserError as error:
                # Odoo has no way to deliver it from there
                refused = OrderRefusedError("routing", f"{order.name}: {error}")
        if refused:
            raise refused

    @api.model
    def _find_to_reroute(self, channel):
        """Confirmed orders with something short that another warehouse seems to have.

        :return: list of ids. A rough look; what is moved is decided exactly.
        """
        rows = self.env.execute_query(
            SQL(
                """
                WITH short AS (
                    SELECT own.id AS order_id, move.product_id,
                           COALESCE(move.warehouse_id, kind.warehouse_id)
                               AS warehouse_id,
                           sum(move.product_qty) AS quantity
                      FROM channel_order own
                      JOIN sale_order_line line ON line.order_id = own.sale_order_id
                      JOIN stock_move move ON move.sale_line_id = line.id
                      JOIN stock_picking_type kind ON kind.id = move.picking_type_id
                     WHERE own.channel_id = %(channel)s AND own.state = 'imported'
                       AND own.stage IN ('confirmed', 'reserved')
                       AND COALESCE(own.reroute_after, '-infinity')
                           < now() AT TIME ZONE 'UTC'
                       AND move.state IN ('confirmed', 'partially_available')
                     GROUP BY 1, 2, 3
                )
                SELECT order_id FROM short
                 GROUP BY order_id
                HAVING bool_or(EXISTS (
                    SELECT FROM channel_position elsewhere
                     WHERE elsewhere.product_id = short.product_id
                       AND elsewhere.company_id = %(company)s
                       AND elsewhere.warehouse_id <> short.warehouse_id
                       AND elsewhere.available > 0))
                 ORDER BY order_id LIMIT %(limit)s
                """,
                channel=channel.id,
                company=channel.company_id.id,
                limit=AT_ONCE,
            )
        )
        return [order_id for (order_id,) in rows]

    # ---------------------------------------------------------------- decide
    def _reroute_confirmed(self):
        """Move the open deliveries of short lines to a warehouse that has the goods.

        :raise OrderRefusedError: it stays as it is, and why
        """
        sale_order = self.sale_order_id
        lines = self._get_goods_lines()
        short = lines.filtered(lambda line: line._is_waiting_for_stock())
        if not short:
            self._refuse_to_move(self.env._("All of it is reserved."))
        if sale_order.locked:
            self._refuse_to_move(self.env._("%s is locked.", sale_order.name))
        moved = self._find_moved(lines.filtered(lambda line: line._may_move()), lines)
        why = self._words_for_move(short, moved)
        for line, warehouse in moved.items():
            line._move_to(warehouse)
        for line in moved:
            line._reserve_what_is_there()
        if any(line._is_waiting_for_stock() for line in moved):
            self._refuse_to_move(self.env._("What is there was taken meanwhile."))
        self._note_move(why)

    def _refuse_to_move(self, why):
        raise OrderRefusedError("routing", f"{self.name}: {why}")

    def _get_goods_lines(self):
        return self.sale_order_id.order_line.filtered(
            lambda line: (
                line.channel_order_line_id
                and line.product_uom_qty > 0
                and line.product_id.type == "consu"
            )
        )

    def _find_moved(self, movable, lines):
        """:return: sale order line -> the warehouse that it goes to"""
        data = self._get_data()
        rules = self._find_rules(data, {line.node_id for line in self.line_ids})
        groups = {}
        for line in movable:
            node = line.channel_order_line_id.node_id
            rule = rules.get(node.id or 0, self.env["channel.routing.rule"])
            groups.setdefault(rule, []).append(line)
        moved = {}
        for rule, group in groups.items():
            if rule.split == "together" and lines - movable:
                continue
            if rule.outcome != "park":
                moved.update(self._find_better(rule, group))
        if not moved:
            self._refuse_to_move(
                self.env._("No other warehouse that may ship it has all of it.")
                if movable
                else self.env._("It is being picked.")
            )
        return moved

    def _find_better(self, rule, lines):
        """:return: line -> warehouse, for those that are better off elsewhere"""
        needs = [self._need_of_sold(line, rule) for line in lines]
        stock = self._get_stock(needs)
        for need in needs:
            # its own demand is what it may have where it is
            for product, quantity in need.takes:
                place = (product, need.key.warehouse_id.id)
                stock[place] = stock.get(place, 0.0) + need.units * quantity
        terms = self._get_terms(rule)
        if terms.split == "units":
            terms = replace(terms, split="lines")
        placed = {need.key: [(need.key.warehouse_id.id, need.units)] for need in needs}
        ways = find_ways(needs, stock, terms)
        now = sum(missing_at(placed, needs, stock).values())
        if not ways or ways[0].missing >= now:
            return {}
        if terms.split == "together" and ways[0].missing:
            return {}
        found = {}
        for line, [(place, _units)] in ways[0].parts.items():
            if place != line.warehouse_id.id and line not in ways[0].short:
                found[line] = self.env["stock.warehouse"].browse(place)
        return found

    def _need_of_sold(self, line, rule):
        order_line = line.channel_order_line_id
        places = self._get_places(rule, order_line.node_id)
        here = line.warehouse_id.id
        units = round(order_line._sale_units(line, line.product_uom_qty))
        return Need(
            key=line,
            takes=self._get_takes(line.product_id, order_line),
            units=units,
            warehouses=places if here in places else (*places, here),
        )

    # ------------------------------------------------------------------ why
    def _words_for_move(self, short, moved):
        lacking = ", ".join(
            self.env._(
                "%(line)s in %(place)s",
                line=line.channel_order_line_id.sku or line.product_id.display_name,
                place=line.warehouse_id.name,
            )
            for line in short
        )
        going = ", ".join(
            self.env._(
                "%(line)s from %(place)s",
                line=line.channel_order_line_id.sku or line.product_id.display_name,
                place=warehouse.name,
            )
            for line, warehouse in moved.items()
        )
        return self.env._(
            "Routed again after it was confirmed: not there was %(lacking)s; now ships "
            "%(going)s.",
            lacking=lacking,
            going=going,
        )

    def _note_move(self, why):
        self.route_why = f"{self.route_why or ''}\n{why}".strip()
        self.env["channel.audit"]._log(
            "order",
            self.channel_id,
            f"{self.name}: {why}"[:1000],
            record=self,
            trace=self.trace,
        )
        self._refresh_stage()

    # --------------------------------------------------------------- buttons
    def action_reroute(self):
        """Decide anew which warehouses ship, by the rules and the stock of now.

        :raise UserError: a confirmed order stays where it is, and why
        """
        confirmed = self.filtered(
            # sudo: operators route, without rights on sale orders
            lambda order: order.sudo().sale_order_id.state == "sale"
        )
        result = super(ChannelOrder, self - confirmed).action_reroute()
        self._require_role("operator")
        for order in confirmed:
            order._reroute_now()
        return result

    def _reroute_now(self):
        with try_lock(self.env, LOCK_ROUTE, self.company_id.id) as locked:
            if not locked:
                raise UserError(
                    self.env._("Other orders are being routed: try again in a moment.")
                )
            try:
                # sudo: operators route, without rights on sale orders and transfers
                self.sudo()._reroute_one(self.id)
            except OrderRefusedError as refusal:
                raise UserError(refusal.message) from refusal
        self.env.invalidate_all()


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _get_open_moves(self):
        return self.move_ids.filtered(lambda move: move.state not in ("done", "cancel"))

    def _reserve_what_is_there(self):
        self._get_open_moves().filtered(
            lambda move: move.state in ("confirmed", "partially_available")
        )._action_assign()

    def _is_waiting_for_stock(self):
        return any(
            move.state in ("confirmed", "partially_available")
            for move in self._get_open_moves()
        )

    def _may_move(self):
        """Whether nobody has begun to deliver the line."""
        opened = self._get_open_moves()
        return opened == self.move_ids.filtered(
            lambda move: move.state != "cancel"
        ) and not any(move.picked or move.picking_id.printed for move in opened)

    def _move_to(self, warehouse):
        """Have the line delivered from there: its transfers there are made anew."""
        self._get_open_moves()._action_cancel()
        self.channel_warehouse_id = warehouse
        self._action_launch_stock_rule()
