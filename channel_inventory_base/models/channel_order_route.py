from dataclasses import dataclass

from odoo import fields, models
from odoo.tools import SQL

from ..tools.money import split_charge
from ..tools.routing import Need, Terms, find_ways

SHOWN = 3
"""So many other ways are told beside the chosen one."""


@dataclass
class Route:
    """How the lines that one rule decides may be shipped: ``ways``, the best first."""

    rule: models.Model
    needs: list
    stock: dict
    ways: list

    @property
    def way(self):
        return self.ways[0] if self.ways else None


class ChannelOrder(models.Model):
    """Which warehouses ship an order: decided when it is captured, and again when it is
    to be confirmed and what was counted on is gone. It says why.

    First come, first served: what younger orders hold is not taken from an older one.
    """

    _inherit = "channel.order"

    route_why = fields.Text(
        string="Route", readonly=True, help="Which warehouses ship it, and why"
    )

    def _route(self, data, wanted):
        """Decide where each line is held, and reserved later.

        :param data: schemas.OrderData
        :param wanted: line -> sold units to ship, more than none
        :return: line -> list of (warehouse, sold units)
        """
        routes = self._find_routes(data, wanted)
        self._note_routes(routes)
        return self._get_parts(routes)

    def _keep_routes(self, wanted):
        """The route of all lines as it is, where a new version of the order brings no
        reason to decide anew; most bring none.

        :param wanted: line -> sold units to ship, more than none
        :return: line -> list of (warehouse, sold units); None to decide anew
        """
        if wanted and self._has_rules():
            # what they ask for may have changed
            return None
        nobody = self.env["channel.routing.rule"]
        kept = {}
        for line, units in wanted.items():
            holds = line.hold_ids.filtered(lambda hold: hold.state == "active")
            shares = self._get_shares(nobody, line, units)
            if (
                sum(holds.mapped("quantity")) != units
                or holds.product_id != line._get_routed_product()
                or not self._is_held_so(holds, shares)
            ):
                return None
            kept[line] = [(hold.warehouse_id, hold.quantity) for hold in holds]
        return kept

    def _is_held_so(self, holds, shares):
        """Whether ``holds`` lie where the channel took the units from."""
        held = {hold.warehouse_id.id: hold.quantity for hold in holds}
        allowed = {place for _units, places in shares for place in places}
        return set(held) <= allowed and all(
            sum(held.get(place, 0) for place in places) >= units
            for units, places in shares
        )

    def _get_parts(self, routes):
        """:return: line -> list of (warehouse, sold units)"""
        warehouses = self.env["stock.warehouse"]
        return {
            line: [(warehouses.browse(place), units) for place, units in parts]
            for route in routes
            if route.way
            for line, parts in route.way.parts.items()
        }

    def _find_routes(self, data, wanted):
        """:return: list of Route, one for each group of lines that one rule decides"""
        groups = self._group_lines(data, wanted) if wanted else {}
        needs = {
            rule: [self._need(line, wanted[line], shares) for line, shares in lines]
            for rule, lines in groups.items()
        }
        stock = self._get_stock([need for each in needs.values() for need in each])
        return [
            Route(rule, each, stock, find_ways(each, stock, self._get_terms(rule)))
            for rule, each in needs.items()
        ]

    def _group_lines(self, data, wanted):
        """:return: rule -> list of (line, what ``_get_shares`` says)"""
        nodes = {line.node_id for line in wanted}
        rules = self._find_rules(data, nodes) if self._has_rules() else {}
        groups = {}
        for line, units in wanted.items():
            rule = rules.get(line.node_id.id or 0, self.env["channel.routing.rule"])
            shares = self._get_shares(rule, line, units)
            groups.setdefault(rule, []).append((line, shares))
        return groups

    def _get_shares(self, rule, line, units):
        """Which warehouses may ship how many units of a line, best first.

        A rule decides for the whole line. Without one each part ships from where the
        channel took it: what is held elsewhere would be offered once more there.

        :return: list of (sold units, ids of warehouses)
        """
        if rule.outcome == "route" and rule.candidate_ids:
            return [(units, self._get_places(rule, line.node_id))]
        return [
            (part, self._get_places(rule, node))
            for node, part in line._get_origins(units)
        ]

    def _has_rules(self):
        return self.env["channel.routing.rule"].search_count(
            [("company_id", "=", self.company_id.id)], limit=1
        )

    def _find_rules(self, data, nodes):
        address = data.shipping or data.billing
        country = self.env["res.country"]
        if address and address.country_code:
            country = country.search(
                [("code", "=", self._country_code(address.country_code))], limit=1
            )
        state = self._find_state(country, address)
        return self.env["channel.routing.rule"]._find(
            self.channel_id, nodes, country, state, address.zip if address else ""
        )

    def _get_places(self, rule, node):
        """Ids of the warehouses that may ship what was sold at ``node``, best first.

        A rule by which nobody ships must not make the demand disappear: it is held
        where it would be without the rule, and the import parks the order.
        """
        if rule.outcome == "route" and rule.candidate_ids:
            return tuple(rule.candidate_ids.warehouse_id.ids)
        if node.warehouse_ids:
            ranked = node.warehouse_ids.sorted(lambda each: (each.sequence, each.id))
            return tuple(ranked.ids)
        return tuple(self._route_warehouse(node).ids)

    def _get_terms(self, rule):
        if not rule:
            return Terms()
        return Terms(
            split=rule.split,
            costs={each.warehouse_id.id: each.cost for each in rule.candidate_ids},
            split_cost=rule.split_cost,
            split_limit=rule.split_limit or None,
        )

    def _need(self, line, units, shares):
        """Takes nothing where there is nothing to ask: no choice, not counted."""
        places = tuple(dict.fromkeys(each for _n, some in shares for each in some))
        asked = self._must_ask(line, places)
        product = line._get_routed_product()
        return Need(
            key=line,
            takes=self._get_takes(product, line) if asked else (),
            units=units,
            warehouses=places,
            shares=tuple(shares) if len(shares) > 1 else (),
        )

    def _get_takes(self, product, line):
        """What one sold unit of a line takes of what is counted, when it is ``product``
        that is shipped."""
        factor = (line._get_terms()["stock_factor"] or 1.0) * line.unit_size
        counted = product._get_counted(self.company_id)
        return tuple((each, factor * quantity) for each, quantity in counted.items())

    def _get_stock(self, needs):
        """What this order may take: (product id, warehouse id) -> stock units.

        Positions, without its own holds and those of younger orders.
        """
        asked = [each for each in needs if each.takes]
        if not asked:
            return {}
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT product_id, warehouse_id, sum(quantity) FROM (
                    SELECT product_id, warehouse_id, available AS quantity
                      FROM channel_position
                     WHERE product_id = ANY(%(products)s)
                       AND warehouse_id = ANY(%(warehouses)s)
                    UNION ALL
                    SELECT held.product_id, held.warehouse_id, held.quantity
                      FROM (%(held)s) held
                     WHERE held.order_id >= %(order)s
                       AND held.product_id = ANY(%(products)s)
                       AND held.warehouse_id = ANY(%(warehouses)s)
                ) fact GROUP BY product_id, warehouse_id
                """,
                held=self._held_query(),
                products=list({took for each in asked for took, _n in each.takes}),
                warehouses=list({place for each in asked for place in each.warehouses}),
                order=self.id,
            )
        )
        return {(product, place): quantity for product, place, quantity in rows}

    def _held_query(self):
        """What orders hold of what is counted. Rows are (order_id, line_id, product_id,
        warehouse_id, company_id, quantity in stock units)."""
        return SQL(
            """
            SELECT line.order_id, line.id AS line_id, hold.product_id,
                   hold.warehouse_id, hold.company_id, hold.stock_quantity AS quantity
              FROM channel_hold hold
              JOIN channel_order_line line ON line.id = hold.order_line_id
             WHERE hold.state = 'active'
            """
        )

    def _must_ask(self, line, places):
        """Whether it matters what is there: a choice, or a policy for what is short."""
        return (
            len(places) > 1
            or line._get_short_policy() != "backorder"
            or self.env.context.get("channel_ask_stock")
        )

    # ------------------------------------------------------------------ why
    def _note_routes(self, routes):
        words = "\n".join(self._words_for_route(each) for each in routes)
        if words != (self.route_why or ""):
            self.route_why = words

    def _words_for_route(self, route):
        rule, way = route.rule, route.way
        if not way:
            return self.env._("Nobody may ship it: no warehouse is set.")
        label = (
            self.env._("Rule “%s”", rule.name)
            if rule
            else self.env._("No rule, the warehouses of the node")
        )
        if rule.outcome == "park":
            return self.env._(
                "%(rule)s: nobody ships there. Held in %(places)s meanwhile.",
                rule=label,
                places=self._names(way),
            )
        words = f"{label}: {self._words_for_parts(route)}."
        if others := route.ways[1 : SHOWN + 1]:
            words += " " + self.env._(
                "Rather than %s.",
                "; ".join(self._words_for_other(each, way) for each in others),
            )
        return words

    def _words_for_parts(self, route):
        way, names = route.way, self._names(route.way)
        if way.missing:
            words = self.env._(
                "%(places)s, %(count)s units are not there",
                places=names,
                count=way.missing,
            )
        elif len(route.ways) == 1:
            words = self.env._("%s, the only way in question", names)
        elif len(way.warehouses) > 1:
            words = self.env._("%s together have all of it", names)
        else:
            words = self.env._("%s has all of it", names)
        return words + (self.env._(", cost %s", f"{way.cost:g}") if way.cost else "")

    def _words_for_other(self, other, chosen):
        if other.missing > chosen.missing:
            reason = self.env._("%s units short", other.missing)
        elif other.cost > chosen.cost:
            reason = self.env._("cost %s", f"{other.cost:g}")
        else:
            reason = self.env._("named later")
        return f"{self._names(other)} ({reason})"

    def _names(self, way):
        # sudo: names of warehouses, for the trail
        places = self.env["stock.warehouse"].sudo().browse(way.warehouses)
        return " + ".join(places.mapped("name"))

    # ------------------------------------------------------------ sale order
    def _split_line(self, line, line_data, money):
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
        warehouse = parts[0][0] if parts else self._route_warehouse(line.node_id)
        return [(line_data, warehouse)]

    def _is_placed_otherwise(self):
        """Whether the sale order ships from elsewhere than where its stock is held."""
        sold = self.sale_order_id.order_line.filtered("channel_order_line_id")
        held = self.line_ids.hold_ids.filtered(lambda hold: hold.state == "active")
        return bool(held) and {
            (each.channel_order_line_id, each.warehouse_id, each.product_id)
            for each in sold
        } != {(each.order_line_id, each.warehouse_id, each.product_id) for each in held}
