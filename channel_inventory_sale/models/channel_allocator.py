# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.tools.inner import inner

from ..tools.refusal import OrderCutError, OrderParkedError, OrderRefusedError
from ..tools.routing import Need, Terms, find_ways, missing_at

PARKED_SECONDS = 60
RELEASED_AT_ONCE = 50


class ChannelAllocator(models.AbstractModel):
    """Handles order lines whose stock is missing at confirmation.

    Another routing is tried first; missing units then follow the policy of their line.
    The demand stays held in every case.
    """

    _name = "channel.allocator"
    _description = "Order Allocator"

    def _secure_stock(self, order, data):
        """Look whether what was decided at capture still holds, right before it counts.

        :return: whether warehouse or product of a line changed
        :raise OrderRefusedError: an operator has to decide about short stock
        :raise OrderParkedError: it waits
        """
        wanted = {
            line: units
            for line in order.line_ids
            if (units := line._quantity_to_hold(data))
        }
        routes = self.env["channel.router"]._find_routes(order, data, wanted)
        self._check_routes(order, routes)
        placed = self._get_placed(order, wanted)
        short = self._find_short(order, routes, placed)
        moved = False
        if short and sum(short.values()) > sum(
            route.way.missing for route in routes if route.way
        ):
            self.env["channel.router"]._note_routes(order, routes)
            wanted_lines = order.browse().line_ids.union(*wanted)
            wanted_lines._hold_at(self.env["channel.router"]._get_parts(order, routes))
            self.env["channel.router"]._forget_stock()
            short = {line: n for route in routes for line, n in route.way.short.items()}
            moved = True
        return self._settle_short(order, short, routes) or moved

    def _get_short(self, order):
        """:return: line -> sold units that are not there now, where it is held"""
        data = order._get_data()
        wanted = {
            line: units
            for line in order.line_ids
            if (units := line._quantity_to_hold(data))
        }
        return self._find_short(
            order,
            self.env["channel.router"]
            .with_context(**inner(channel_ask_stock=True))
            ._find_routes(order, data, wanted),
            self._get_placed(order, wanted),
        )

    def _check_routes(self, order, routes):
        if any(route.rule.outcome == "park" for route in routes):
            self.env["channel.router"]._note_routes(order, routes)
            raise OrderParkedError(
                self.env._("No delivery to this address: see its route.")
            )
        if any(not route.way for route in routes):
            raise OrderRefusedError(
                "routing",
                self.env._("No warehouse may ship it."),
                self.env._(
                    "Give the channel's node a warehouse, or a routing rule one."
                ),
            )

    def _get_placed(self, order, wanted):
        """The present warehouses of the lines' holds: line -> list of (warehouse id,
        sold units)"""
        return {
            line: [
                (hold.warehouse_id.id, hold.quantity)
                for hold in line.hold_ids
                if hold.state == "active"
            ]
            for line in wanted
        }

    def _find_short(self, order, routes, placed):
        short = {}
        for route in routes:
            short.update(missing_at(placed, route.needs, route.stock))
        return short

    # -------------------------------------------------------------- policies
    def _settle_short(self, order, short, routes):
        """Each line's policy, the ones that stop the order first.

        :return: whether a line has another product now
        """
        by_policy = {}
        for line, units in short.items():
            by_policy.setdefault(line._get_short_policy(), {})[line] = units
        if lines := by_policy.get("ask"):
            raise self._ask_about(order, lines)
        replaced = self._substitute(order, by_policy.get("substitute", {}), routes)
        if lines := by_policy.get("cancel"):
            self._cancel_short(order, lines)
        if lines := by_policy.get("wait"):
            raise OrderParkedError(
                self.env._("Stock: %s", self._get_short_summary(order, lines)),
                PARKED_SECONDS,
            )
        return replaced

    def _ask_about(self, order, lines, reason=""):
        return OrderRefusedError(
            "short_stock",
            self.env._(
                "Not in stock: %(lines)s. %(reason)s",
                lines=self._get_short_summary(order, lines),
                reason=reason,
            ).strip(),
            self.env._(
                "Press Short Stock on the order to choose: back-order, wait, "
                "substitute or cancel."
            ),
        )

    def _get_short_summary(self, order, lines):
        return ", ".join(
            self.env._("%(short)s of %(line)s", short=units, line=line.display_name)
            for line, units in lines.items()
        )

    def _substitute(self, order, lines, routes):
        """The first offered substitute that is there for all of the line."""
        for line, units in lines.items():
            need = next(
                each for route in routes for each in route.needs if each.key == line
            )
            found = self._find_substitute(order, line, need)
            if not found:
                raise self._ask_about(
                    order,
                    {line: units},
                    self.env._("None of the substitutes is in stock."),
                )
            product, parts = found
            line.substitute_id = product
            line._hold_at({line: parts})
            self.env["channel.router"]._forget_stock()
        return bool(lines)

    def _find_substitute(self, order, line, need):
        """:return: (product, list of (warehouse, sold units)), None without one"""
        warehouses = self.env["stock.warehouse"]
        for product in line._get_substitutes():
            takes = self.env["channel.router"]._get_takes(order, product, line)
            other = Need(line, takes, need.units, need.warehouses)
            ways = find_ways(
                [other], self.env["channel.router"]._get_stock(order, [other]), Terms()
            )
            if ways and not ways[0].missing:
                parts = ways[0].parts[line]
                return product, [(warehouses.browse(each), n) for each, n in parts]
        return None

    def _cancel_short(self, order, lines):
        """Have the channel cancel what is not there, and wait for its new version.

        :raise OrderCutError: the channel is answered which units it gets
        :raise OrderRefusedError: the channel cannot cancel units of lines
        """
        if not self._request_cancel(order, lines):
            answers = self.env["channel.notifier"]._answers(order)
            if answers and not any(line._is_fraction() for line in lines):
                raise OrderCutError(lines)
            raise self._ask_about(
                order, lines, self.env._("The channel cannot cancel part of an order.")
            )
        raise OrderParkedError(
            self.env._(
                "Cancellation of %s requested from the channel",
                self._get_short_summary(order, lines),
            )
        )

    def _request_cancel(self, order, lines):
        """Ask the channel to cancel units of lines.

        Once for each state of the order, however often that is looked at.

        :param lines: line -> sold units
        :return: whether that can be asked
        """
        channel = order.channel_id
        if not channel._notifies("cancel") or not channel._capabilities().cancel_lines:
            return False
        if any(line._is_fraction() for line in lines):
            return False
        units = tuple(
            schemas.UnitsData(line.external_id, quantity)
            for line, quantity in lines.items()
        )
        self.env["channel.notifier"]._notify(
            order,
            "cancel",
            f"short@{order.version.isoformat()}",
            schemas.CancelData(order.external_id, units, reason="stock"),
            order,
            summary=self._get_short_summary(order, lines),
        )
        return True

    # ---------------------------------------------------------------- parked
    def _wait_for_horizon(self, order):
        """:raise OrderParkedError: it is shipped much later: its sale order would
        reserve stock that others may sell until then"""
        now = fields.Datetime.now()
        if not order.held_from or order.held_from <= now:
            return
        raise OrderParkedError(
            self.env._(
                "To be shipped from %(shipped)s. Inbound stock that is due before is "
                "promised; from %(held)s on it holds stock.",
                shipped=fields.Date.to_string(order.ship_from),
                held=fields.Date.to_string(order.held_from),
            ),
            (order.held_from - now).total_seconds(),
        )

    @api.model
    def _release_due(self):
        """Time passing is no event: orders that waited for their hold horizon are
        imported, whatever stock is there."""
        rows = self.env.execute_query(
            SQL(
                """
                WITH due AS (
                    SELECT id FROM channel_order
                     WHERE state = 'parked' AND held_from <= now() AT TIME ZONE 'UTC'
                     ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
                )
                UPDATE channel_order SET state = 'captured', held_from = NULL
                  FROM due WHERE channel_order.id = due.id
                RETURNING channel_order.channel_id
                """,
                RELEASED_AT_ONCE,
            )
        )
        channels = {channel_id for (channel_id,) in rows}
        self.env["channel.order"].invalidate_model(["state", "held_from"])
        self.env["channel.channel"].browse(channels)._wake("_job_intake")

    def _park(self, order, parked):
        """Wait, with the stock held and no action needed."""
        until = None
        if parked.seconds:
            until = fields.Datetime.now() + timedelta(seconds=parked.seconds)
        order.with_context(tracking_disable=True).write(
            {
                "state": "parked",
                "parked_why": parked.message,
                "parked_until": until or False,
            }
        )
        self.env["channel.exception"]._resolve_record(order)
        if until:
            # what waits for a decision is not decided
            self.env["channel.notifier"]._notify_parked(order)

    @api.model
    def _unpark(self, companies):
        """Look at all parked orders again: the rules have changed."""
        # sudo: a user who may change the rules releases the orders that waited for it
        orders = (
            self.env["channel.order"]
            .sudo()
            .search([("state", "=", "parked"), ("company_id", "in", companies.ids)])
        )
        orders.write({"state": "captured"})
        orders.channel_id._wake("_job_intake")

    @api.model
    def _release_parked(self, channel):
        """Parked orders whose stock seems to have arrived, the oldest first.

        A rough look at the sum of all warehouses: the import decides exactly, and parks
        for another while what it still cannot ship.
        """
        # planning the statement takes a hundred times as long as finding out
        parked = [("channel_id", "=", channel.id), ("state", "=", "parked")]
        if not self.env["channel.order"].search_count(parked, limit=1):
            return
        self.env.execute_query(
            SQL(
                """
                WITH need AS (
                    SELECT parked.id AS order_id, held.product_id,
                           sum(held.quantity) AS quantity
                      FROM channel_order parked
                      JOIN (%(held)s) held ON held.order_id = parked.id
                      JOIN product_product product ON product.id = held.product_id
                      JOIN product_template template
                        ON template.id = product.product_tmpl_id
                       AND template.is_storable
                     WHERE parked.channel_id = %(channel)s AND parked.state = 'parked'
                       AND parked.parked_until < now() AT TIME ZONE 'UTC'
                     GROUP BY parked.id, held.product_id
                ), ready AS (
                    SELECT order_id FROM need
                     GROUP BY order_id
                    HAVING bool_and(quantity <= (
                        SELECT COALESCE(sum(available), 0) FROM channel_position
                         WHERE product_id = need.product_id
                           AND company_id = %(company)s
                    ) + (
                        SELECT sum(held.quantity) FROM (%(held)s) held
                         WHERE held.product_id = need.product_id
                           AND held.company_id = %(company)s
                           AND held.order_id >= need.order_id
                    ))
                     ORDER BY order_id LIMIT %(limit)s
                )
                UPDATE channel_order SET state = 'captured'
                  FROM ready WHERE channel_order.id = ready.order_id
                   AND channel_order.state = 'parked'
                RETURNING channel_order.id
                """,
                held=self.env["channel.router"]._held_query(),
                channel=channel.id,
                company=channel.company_id.id,
                limit=RELEASED_AT_ONCE,
            )
        )
