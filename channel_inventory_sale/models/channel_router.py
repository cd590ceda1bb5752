# SPDX-License-Identifier: AGPL-3.0-or-later
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.db.transaction import (
    LOCK_ROUTE,
    own_transaction,
    retry_on_conflict,
    try_lock,
)
from odoo.addons.channel_inventory_base.tools.inner import get_inner

from ..tools.money import split_charge
from ..tools.refusal import OrderRefusedError
from ..tools.routing import Need, Terms, find_ways, missing_at

SHOWN = 3
"""So many other ways are told beside the chosen one."""


@dataclass
class Route:
    """The routing options for the lines of one rule: ``ways``, the best first."""

    rule: models.Model
    needs: list
    stock: dict
    ways: list

    @property
    def way(self):
        return self.ways[0] if self.ways else None


AT_ONCE = 20

AGAIN_MINUTES = 15
"""An order that could not be moved is looked at again after that time."""


class ChannelRouter(models.AbstractModel):
    """Chooses the warehouses that ship an order: on capture, and again on confirmation
    if the stock is gone. The reason is stored with the route.

    First come, first served: holds of younger orders never take stock from an older
    one.
    """

    _name = "channel.router"
    _description = "Order Router"

    def _route(self, order, data, wanted):
        """Decide where each line is held, and reserved later.

        :param data: schemas.OrderData
        :param wanted: line -> sold units to ship, more than none
        :return: line -> list of (warehouse, sold units)
        """
        routes = self._find_routes(order, data, wanted)
        self._note_routes(order, routes)
        return self._get_parts(order, routes)

    def _keep_routes(self, order, wanted):
        """The route of all lines as it is, where a new version of the order brings no
        reason to decide anew; most bring none.

        :param wanted: line -> sold units to ship, more than none
        :return: line -> list of (warehouse, sold units); None to decide anew
        """
        if wanted and self._has_rules(order):
            # what they ask for may have changed
            return None
        nobody = self.env["channel.routing.rule"]
        kept = {}
        for line, units in wanted.items():
            holds = line.hold_ids.filtered(lambda hold: hold.state == "active")
            shares = self._get_shares(order, nobody, line, units)
            if (
                sum(holds.mapped("quantity")) != units
                or holds.product_id != line._get_routed_product()
                or not self._is_held_so(order, holds, shares)
            ):
                return None
            kept[line] = [(hold.warehouse_id, hold.quantity) for hold in holds]
        return kept

    def _is_held_so(self, order, holds, shares):
        """Whether ``holds`` lie where the channel took the units from."""
        held = {hold.warehouse_id.id: hold.quantity for hold in holds}
        allowed = {place for _units, places in shares for place in places}
        return set(held) <= allowed and all(
            sum(held.get(place, 0) for place in places) >= units
            for units, places in shares
        )

    def _get_parts(self, order, routes):
        """:return: line -> list of (warehouse, sold units)"""
        warehouses = self.env["stock.warehouse"]
        return {
            line: [(warehouses.browse(place), units) for place, units in parts]
            for route in routes
            if route.way
            for line, parts in route.way.parts.items()
        }

    def _find_routes(self, order, data, wanted):
        """:return: list of Route, one for each group of lines that one rule decides"""
        groups = self._group_lines(order, data, wanted) if wanted else {}
        needs = {
            rule: [
                self._need(order, line, wanted[line], shares) for line, shares in lines
            ]
            for rule, lines in groups.items()
        }
        stock = self._get_stock(
            order, [need for each in needs.values() for need in each]
        )
        return [
            Route(
                rule, each, stock, find_ways(each, stock, self._get_terms(order, rule))
            )
            for rule, each in needs.items()
        ]

    def _group_lines(self, order, data, wanted):
        """:return: rule -> list of (line, what ``_get_shares`` says)"""
        nodes = {line.node_id for line in wanted}
        rules = self._find_rules(order, data, nodes) if self._has_rules(order) else {}
        groups = {}
        for line, units in wanted.items():
            rule = rules.get(line.node_id.id or 0, self.env["channel.routing.rule"])
            shares = self._get_shares(order, rule, line, units)
            groups.setdefault(rule, []).append((line, shares))
        return groups

    def _get_shares(self, order, rule, line, units):
        """Which warehouses may ship how many units of a line, best first.

        A rule decides for the whole line. Without one each part ships from where the
        channel took it: what is held elsewhere would be offered once more there.

        :return: list of (sold units, ids of warehouses)
        """
        if rule.outcome == "route" and rule.candidate_ids:
            return [(units, self._get_places(order, rule, line.node_id))]
        return [
            (part, self._get_places(order, rule, node))
            for node, part in line._get_origins(units)
        ]

    def _has_rules(self, order):
        return self.env["channel.routing.rule"].search_count(
            [("company_id", "=", order.company_id.id)], limit=1
        )

    def _find_rules(self, order, data, nodes):
        address = self.env["channel.partner"]._complete_place(
            order, data.shipping or data.billing
        )
        country = self.env["res.country"]
        if address and address.country_code:
            country = country.search(
                [
                    (
                        "code",
                        "=",
                        self.env["channel.partner"]._country_code(
                            order, address.country_code
                        ),
                    )
                ],
                limit=1,
            )
        state = self.env["channel.partner"]._find_state(order, country, address)
        return self.env["channel.routing.rule"]._find(
            order.channel_id, nodes, country, state, address.zip if address else ""
        )

    def _get_places(self, order, rule, node):
        """Ids of the warehouses that may ship what was sold at ``node``, best first.

        A rule by which nobody ships must not make the demand disappear: it is held
        where it would be without the rule, and the import parks the order.
        """
        if rule.outcome == "route" and rule.candidate_ids:
            return tuple(rule.candidate_ids.warehouse_id.ids)
        if node.warehouse_ids:
            ranked = node.warehouse_ids.sorted(lambda each: (each.sequence, each.id))
            return tuple(ranked.ids)
        return tuple(order._route_warehouse(node).ids)

    def _get_terms(self, order, rule):
        if not rule:
            return Terms()
        return Terms(
            split=rule.split,
            costs={each.warehouse_id.id: each.cost for each in rule.candidate_ids},
            split_cost=rule.split_cost,
            split_limit=rule.split_limit or None,
        )

    def _need(self, order, line, units, shares):
        """Takes nothing where there is nothing to ask: no choice, not counted."""
        places = tuple(dict.fromkeys(each for _n, some in shares for each in some))
        asked = self._must_ask(order, line, places)
        product = line._get_routed_product()
        return Need(
            key=line,
            takes=self._get_takes(order, product, line) if asked else (),
            units=units,
            warehouses=places,
            shares=tuple(shares) if len(shares) > 1 else (),
        )

    def _get_takes(self, order, product, line):
        """The stocked products that one sold unit of a line takes if ``product`` is
        shipped."""
        factor = (line._get_terms()["stock_factor"] or 1.0) * line.unit_size
        counted = product._get_counted(order.company_id)
        return tuple((each, factor * quantity) for each, quantity in counted.items())

    def _get_stock(self, order, needs):
        """The stock available to this order: (product id, warehouse id) -> stock units.

        Positions, without its own holds, those of younger orders, and weak ones.
        """
        products = {took for need in needs for took, _n in need.takes}
        if not products:
            return {}
        ahead = get_inner(self, "channel_stock_ahead")
        if ahead and ahead.is_to_read():
            wanted = self._get_all_taken(ahead.orders)
            ahead.keep(wanted, self._read_stock(ahead.orders, wanted))
        if ahead and ahead.knows(order, products):
            return ahead.stock.get(order.id, {})
        return self._read_stock(order, products).get(order.id, {})

    def _get_all_taken(self, orders):
        """Ids of the products that the lines of orders of one company take."""
        routed = {line._get_routed_product() for line in orders.line_ids}
        counted = (each._get_counted(orders.company_id) for each in routed)
        return set().union(*counted)

    def _forget_stock(self):
        """Stock is held otherwise than when it was read ahead."""
        if ahead := get_inner(self, "channel_stock_ahead"):
            ahead.forget()

    def _read_stock(self, orders, products):
        """In one statement, for to plan it takes longer than to run it.

        :param products: set of ids
        :return: order id -> (product id, warehouse id) -> stock units it may have
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT asked.id, fact.product_id, fact.warehouse_id, sum(fact.quantity)
                  FROM unnest(%(orders)s::int[]) AS asked (id)
                  JOIN (
                    SELECT product_id, warehouse_id, available AS quantity,
                           NULL::int AS order_id
                      FROM channel_position WHERE product_id = ANY(%(products)s)
                    UNION ALL
                    SELECT held.product_id, held.warehouse_id, held.quantity,
                           held.order_id
                      FROM (%(held)s) held
                     WHERE held.product_id = ANY(%(products)s)
                    UNION ALL
                    SELECT weak.product_id, weak.warehouse_id, weak.quantity, NULL
                      FROM (%(weak)s) weak
                     WHERE weak.product_id = ANY(%(products)s)
                  ) fact ON fact.order_id IS NULL OR fact.order_id >= asked.id
                 GROUP BY asked.id, fact.product_id, fact.warehouse_id
                """,
                held=self._held_query(),
                weak=self._weak_query(),
                products=sorted(products),
                orders=orders.ids,
            )
        )
        stock = {}
        for order_id, *place, quantity in rows:
            stock.setdefault(order_id, {})[tuple(place)] = quantity
        return stock

    def _weak_query(self):
        """Hook: query of (product_id, warehouse_id, quantity) in stock units: what is
        held and there for any order all the same, since it gives way to sales
        (``channel.hold._give_way``), if only in the next plan. Here nothing."""
        return SQL(
            "SELECT NULL::int AS product_id, NULL::int AS warehouse_id, "
            "0::float8 AS quantity WHERE false"
        )

    def _held_query(self):
        """The holds of orders on stocked products. Rows are (order_id, line_id,
        product_id, warehouse_id, company_id, quantity in stock units)."""
        return SQL(
            """
            SELECT line.order_id, line.id AS line_id, hold.product_id,
                   hold.warehouse_id, hold.company_id, hold.stock_quantity AS quantity
              FROM channel_hold hold
              JOIN channel_order_line line ON line.id = hold.order_line_id
             WHERE hold.state = 'active'
            """
        )

    def _must_ask(self, order, line, places):
        """Whether it matters what is there: a choice, or a policy for what is short."""
        return (
            len(places) > 1
            or line._get_short_policy() != "backorder"
            or get_inner(self, "channel_ask_stock")
        )

    # ------------------------------------------------------------------ why
    def _note_routes(self, order, routes):
        words = "\n".join(self._get_route_message(order, each) for each in routes)
        if words != (order.route_why or ""):
            order.route_why = words

    def _get_route_message(self, order, route):
        rule, way = route.rule, route.way
        if not way:
            return self.env._("No warehouse may ship it: none is set.")
        label = (
            self.env._("Rule “%s”", rule.name)
            if rule
            else self.env._("No rule, the warehouses of the node")
        )
        if rule.outcome == "park":
            return self.env._(
                "%(rule)s: no delivery to this address. Held in %(places)s meanwhile.",
                rule=label,
                places=self._names(order, way),
            )
        words = f"{label}: {self._get_parts_message(order, route)}."
        if others := route.ways[1 : SHOWN + 1]:
            words += " " + self.env._(
                "Rather than %s.",
                "; ".join(
                    self._get_alternative_message(order, each, way) for each in others
                ),
            )
        return words

    def _get_parts_message(self, order, route):
        way, names = route.way, self._names(order, route.way)
        if way.missing:
            words = self.env._(
                "%(places)s, %(count)s units not in stock",
                places=names,
                count=way.missing,
            )
        elif len(route.ways) == 1:
            words = self.env._("%s, the only option", names)
        elif len(way.warehouses) > 1:
            words = self.env._("%s together have all units", names)
        else:
            words = self.env._("%s has all units", names)
        return words + (self.env._(", cost %s", f"{way.cost:g}") if way.cost else "")

    def _get_alternative_message(self, order, other, chosen):
        if other.missing > chosen.missing:
            reason = self.env._("%s units short", other.missing)
        elif other.cost > chosen.cost:
            reason = self.env._("cost %s", f"{other.cost:g}")
        else:
            reason = self.env._("named later")
        return f"{self._names(order, other)} ({reason})"

    def _names(self, order, way):
        # sudo: names of warehouses, for the trail
        places = self.env["stock.warehouse"].sudo().browse(way.warehouses)
        return " + ".join(places.mapped("name"))

    # ------------------------------------------------------------ sale order
    def _split_line(self, order, line, line_data, money):
        """The line as it is shipped: a part for each warehouse that it is held in, or
        sold from.

        :return: list of (schemas.OrderLineData, warehouse), none when nothing is bought
        """
        if not line_data.quantity:
            return []
        parts = line._get_placed_parts(line_data.quantity)
        if len(parts) > 1 and sum(n for _place, n in parts) == line_data.quantity:
            split = split_charge(line_data, [units for _place, units in parts], money)
            return [
                (part, warehouse)
                for part, (warehouse, _units) in zip(split, parts, strict=True)
            ]
        warehouse = parts[0][0] if parts else order._route_warehouse(line.node_id)
        return [(line_data, warehouse)]

    def _is_placed_otherwise(self, order):
        """Whether the sale order ships from elsewhere than where its stock is held."""
        sold = order.sale_order_id.order_line.filtered("channel_order_line_id")
        held = order.line_ids.hold_ids.filtered(lambda hold: hold.state == "active")
        return bool(held) and {
            (each.channel_order_line_id, each.warehouse_id, each.product_id)
            for each in sold
        } != {(each.order_line_id, each.warehouse_id, each.product_id) for each in held}

    # ------------------------------------------------------------- reroute
    # Confirmed orders whose stock is gone are shipped from elsewhere.
    #
    # As long as nothing of it is picked, packed or printed, and only where all of what
    # moves can be reserved there at once: an order never leaves its place for a
    # promise. A line goes as a whole; its figures stay what they are.
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
                order_ids = env["channel.router"]._find_to_reroute(channel)
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
            order, router = env["channel.order"].browse(order_id), env["channel.router"]
            order._lock()
            env["channel.change"]._set_trace(order.trace)
            order.reroute_after = fields.Datetime.now() + timedelta(
                minutes=AGAIN_MINUTES
            )
            router._get_goods_lines(order)._reserve_what_is_there()
            try:
                with env.cr.savepoint():
                    router._reroute_confirmed(order)
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
    def _reroute_confirmed(self, order):
        """Move the open deliveries of short lines to a warehouse that has the goods.

        :raise OrderRefusedError: it stays as it is, and why
        """
        sale_order = order.sale_order_id
        lines = self._get_goods_lines(order)
        short = lines.filtered(lambda line: line._is_waiting_for_stock())
        if not short:
            self._refuse_to_move(order, self.env._("All units are reserved."))
        if sale_order.locked:
            self._refuse_to_move(order, self.env._("%s is locked.", sale_order.name))
        moved = self._find_moved(
            order, lines.filtered(lambda line: line._may_move()), lines
        )
        why = self._get_move_message(order, short, moved)
        for line, warehouse in moved.items():
            line._move_to(warehouse)
        for line in moved:
            line._reserve_what_is_there()
        if any(line._is_waiting_for_stock() for line in moved):
            self._refuse_to_move(
                order, self.env._("The available units were taken meanwhile.")
            )
        self._note_move(order, why)

    def _refuse_to_move(self, order, why):
        raise OrderRefusedError("routing", f"{order.name}: {why}")

    def _get_goods_lines(self, order):
        return order.sale_order_id.order_line.filtered(
            lambda line: (
                line.channel_order_line_id
                and line.product_uom_qty > 0
                and line.product_id.type == "consu"
            )
        )

    def _find_moved(self, order, movable, lines):
        """:return: sale order line -> the warehouse that it goes to"""
        data = order._get_data()
        rules = self._find_rules(order, data, {line.node_id for line in order.line_ids})
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
                moved.update(self._find_better(order, rule, group))
        if not moved:
            self._refuse_to_move(
                order,
                self.env._("No other allowed warehouse has all units.")
                if movable
                else self.env._("It is being picked."),
            )
        return moved

    def _find_better(self, order, rule, lines):
        """:return: line -> warehouse, for those that are better off elsewhere"""
        needs = [self._need_of_sold(order, line, rule) for line in lines]
        stock = self._get_stock(order, needs)
        for need in needs:
            # its own demand is what it may have where it is
            for product, quantity in need.takes:
                place = (product, need.key.warehouse_id.id)
                stock[place] = stock.get(place, 0.0) + need.units * quantity
        terms = self._get_terms(order, rule)
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

    def _need_of_sold(self, order, line, rule):
        order_line = line.channel_order_line_id
        places = self._get_places(order, rule, order_line.node_id)
        here = line.warehouse_id.id
        units = round(order_line._sale_units(line, line.product_uom_qty))
        return Need(
            key=line,
            takes=self._get_takes(order, line.product_id, order_line),
            units=units,
            warehouses=places if here in places else (*places, here),
        )

    # ------------------------------------------------------------------ why
    def _get_move_message(self, order, short, moved):
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
            "Rerouted after confirmation: missing %(lacking)s; now shipping %(going)s.",
            lacking=lacking,
            going=going,
        )

    def _note_move(self, order, why):
        order.route_why = f"{order.route_why or ''}\n{why}".strip()
        self.env["channel.audit"]._log(
            "order",
            order.channel_id,
            f"{order.name}: {why}"[:1000],
            record=order,
            trace=order.trace,
        )
        order._refresh_stage()

    def _reroute_now(self, order):
        with try_lock(self.env, LOCK_ROUTE, order.company_id.id) as locked:
            if not locked:
                raise UserError(
                    self.env._(
                        "Other orders are being rerouted: try again in a moment."
                    )
                )
            try:
                # sudo: operators route, without rights on sale orders and transfers
                self.sudo()._reroute_one(order.id)
            except OrderRefusedError as refusal:
                raise UserError(refusal.message) from refusal
        self.env.invalidate_all()
