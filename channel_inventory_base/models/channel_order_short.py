from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .. import schemas
from ..const import SHORT_POLICIES
from ..tools.refusal import OrderParkedError, OrderRefusedError
from ..tools.routing import Need, Terms, find_ways, missing_at

PARKED_SECONDS = 60
RELEASED_AT_ONCE = 50


class ChannelOrder(models.Model):
    """What happens when stock that an order counted on is not there at confirmation.

    First another way is looked for; what is short then follows the policy of its line.
    Whatever happens, the demand stays held.
    """

    _inherit = "channel.order"

    parked_why = fields.Char(string="Waits For", readonly=True)
    parked_until = fields.Datetime(
        readonly=True, help="When it is looked at again by itself; empty for never."
    )

    _parked_idx = models.Index("(channel_id, id) WHERE state = 'parked'")

    def _secure_stock(self, data):
        """Look whether what was decided at capture still holds, right before it counts.

        :return: whether warehouse or product of a line changed
        :raise OrderRefusedError: a person has to decide about short stock
        :raise OrderParkedError: it waits
        """
        wanted = {
            line: units
            for line in self.line_ids
            if (units := line._quantity_to_hold(data))
        }
        routes = self._find_routes(data, wanted)
        self._check_routes(routes)
        placed = self._get_placed(wanted)
        short = self._find_short(routes, placed)
        moved = False
        if short and sum(short.values()) > sum(
            route.way.missing for route in routes if route.way
        ):
            self._note_routes(routes)
            wanted_lines = self.browse().line_ids.union(*wanted)
            wanted_lines._hold_at(self._get_parts(routes))
            short = {line: n for route in routes for line, n in route.way.short.items()}
            moved = True
        return self._settle_short(short, routes) or moved

    def _get_short(self):
        """:return: line -> sold units that are not there now, where it is held"""
        data = self._get_data()
        wanted = {
            line: units
            for line in self.line_ids
            if (units := line._quantity_to_hold(data))
        }
        return self._find_short(
            self.with_context(channel_ask_stock=True)._find_routes(data, wanted),
            self._get_placed(wanted),
        )

    def _check_routes(self, routes):
        if any(route.rule.outcome == "park" for route in routes):
            self._note_routes(routes)
            raise OrderParkedError(self.env._("Nobody ships there: see its route."))
        if any(not route.way for route in routes):
            raise OrderRefusedError(
                "routing",
                self.env._("No warehouse may ship it."),
                self.env._(
                    "Give the channel's node a warehouse, or a routing rule one."
                ),
            )

    def _get_placed(self, wanted):
        """Where the lines are held now: line -> list of (warehouse id, sold units)"""
        return {
            line: [
                (hold.warehouse_id.id, hold.quantity)
                for hold in line.hold_ids
                if hold.state == "active"
            ]
            for line in wanted
        }

    def _find_short(self, routes, placed):
        short = {}
        for route in routes:
            short.update(missing_at(placed, route.needs, route.stock))
        return short

    # -------------------------------------------------------------- policies
    def _settle_short(self, short, routes):
        """Each line's policy, the ones that stop the order first.

        :return: whether a line has another product now
        """
        by_policy = {}
        for line, units in short.items():
            by_policy.setdefault(line._get_short_policy(), {})[line] = units
        if lines := by_policy.get("ask"):
            raise self._ask_about(lines)
        replaced = self._substitute(by_policy.get("substitute", {}), routes)
        if lines := by_policy.get("cancel"):
            self._cancel_short(lines)
        if lines := by_policy.get("wait"):
            raise OrderParkedError(
                self.env._("Stock: %s", self._words_for_short(lines)), PARKED_SECONDS
            )
        return replaced

    def _ask_about(self, lines, reason=""):
        return OrderRefusedError(
            "short_stock",
            self.env._(
                "Not in stock: %(lines)s. %(reason)s",
                lines=self._words_for_short(lines),
                reason=reason,
            ).strip(),
            self.env._(
                "Decide with “Short Stock” on the order: back-order, wait, substitute "
                "or cancel."
            ),
        )

    def _words_for_short(self, lines):
        return ", ".join(
            self.env._("%(short)s of %(line)s", short=units, line=line.display_name)
            for line, units in lines.items()
        )

    def _substitute(self, lines, routes):
        """The first offered substitute that is there for all of the line."""
        for line, units in lines.items():
            need = next(
                each for route in routes for each in route.needs if each.key == line
            )
            found = self._find_substitute(line, need)
            if not found:
                raise self._ask_about(
                    {line: units}, self.env._("No offered substitute is there.")
                )
            product, parts = found
            line.substitute_id = product
            line._hold_at({line: parts})
        return bool(lines)

    def _find_substitute(self, line, need):
        """:return: (product, list of (warehouse, sold units)), None without one"""
        warehouses = self.env["stock.warehouse"]
        for product in line._get_substitutes():
            takes = self._get_takes(product, line)
            other = Need(line, takes, need.units, need.warehouses)
            ways = find_ways([other], self._get_stock([other]), Terms())
            if ways and not ways[0].missing:
                parts = ways[0].parts[line]
                return product, [(warehouses.browse(each), n) for each, n in parts]
        return None

    def _cancel_short(self, lines):
        """Have the channel cancel what is not there, and wait for its new version.

        :raise OrderRefusedError: the channel cannot cancel units of lines
        """
        if not self._request_cancel(lines):
            raise self._ask_about(
                lines, self.env._("The channel cannot cancel part of an order.")
            )
        raise OrderParkedError(
            self.env._("The channel to cancel %s", self._words_for_short(lines))
        )

    def _request_cancel(self, lines):
        """Ask the channel to cancel units of lines.

        Once for each state of the order, however often that is looked at.

        :param lines: line -> sold units
        :return: whether that can be asked
        """
        channel = self.channel_id
        if not channel._tells("cancel") or not channel._capabilities().cancel_lines:
            return False
        if any(line._is_fraction() for line in lines):
            return False
        units = tuple(
            schemas.UnitsData(line.external_id, quantity)
            for line, quantity in lines.items()
        )
        self._tell(
            "cancel",
            f"short@{self.version.isoformat()}",
            schemas.CancelData(self.external_id, units, reason="stock"),
            self,
            summary=self._words_for_short(lines),
        )
        return True

    # ---------------------------------------------------------------- parked
    def _park(self, parked):
        """Wait, held, without anybody having to act."""
        until = None
        if parked.seconds:
            until = fields.Datetime.now() + timedelta(seconds=parked.seconds)
        self.with_context(tracking_disable=True).write(
            {
                "state": "parked",
                "parked_why": parked.message,
                "parked_until": until or False,
            }
        )
        self.env["channel.exception"]._resolve_record(self)

    @api.model
    def _unpark(self, companies):
        """Look at all parked orders again: the rules have changed."""
        # sudo: whoever may change the rules sets the orders free that waited for it
        orders = self.sudo().search(
            [("state", "=", "parked"), ("company_id", "in", companies.ids)]
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
        if not self.search_count(parked, limit=1):
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
                held=self._held_query(),
                channel=channel.id,
                company=channel.company_id.id,
                limit=RELEASED_AT_ONCE,
            )
        )

    # --------------------------------------------------------------- buttons
    def action_short_stock(self):
        """Let a person decide, line by line, about what is not there."""
        self.ensure_one()
        wizard = self.env["channel.short.stock"]._open_for(self)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Short Stock of %s", self.name),
            "res_model": wizard._name,
            "res_id": wizard.id,
            "view_mode": "form",
            "target": "new",
        }

    def action_reroute(self):
        """Decide anew which warehouses ship, by the rules and the stock of now."""
        self._require_role("operator")
        # sudo: operators have no write access to what capture owns
        for order in self.sudo():
            if order.sale_order_id.state not in (False, "draft", "sent"):
                raise UserError(self.env._("%s is not to be shipped.", order.name))
            order._lock()
            order.line_ids._hold(order, order._get_data(), anew=True)
            if order.state in ("blocked", "parked") or order.sale_order_id:
                order._retry()
        return self.channel_id._notify_user(
            self.env._("Routed again"),
            self.env._("Under Route is which warehouses ship, and why."),
            "info",
        )


class ChannelOrderLine(models.Model):
    _inherit = "channel.order.line"

    short_policy = fields.Selection(
        SHORT_POLICIES, readonly=True, help="What a person decided for this line."
    )
    substitute_id = fields.Many2one(
        "product.product", readonly=True, help="Shipped instead of what was sold."
    )

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
        """What may be shipped instead: measured as the product is."""
        product = self.product_id
        return product.channel_substitute_ids.filtered(
            lambda each: each != product and each.uom_id == product.uom_id
        )
