# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_datetime

from odoo.addons.channel_inventory_base.tools.inner import get_inner, inner

FOLLOWED = frozenset({"warehouse_id", "user_id", "company_id"})
SELLER = "sales_team.group_sale_salesman"
MANAGERS = (
    "sales_team.group_sale_manager",
    "channel_inventory_base.group_channel_manager",
)


class SaleOrder(models.Model):
    """Quotations hold stock, and are confirmed with a look at what is left."""

    _inherit = "sale.order"

    channel_hold_state = fields.Selection(
        [
            ("none", "Nothing held"),
            ("held", "Held"),
            ("partly", "Partly held"),
            ("ended", "No longer held"),
        ],
        compute="_compute_channel_hold",
        compute_sudo=True,
    )
    channel_held_until = fields.Datetime(
        string="Held until", compute="_compute_channel_hold", compute_sudo=True
    )
    channel_hold_words = fields.Char(compute="_compute_channel_hold", compute_sudo=True)
    channel_can_hold = fields.Boolean(
        compute="_compute_channel_hold", compute_sudo=True
    )
    channel_short_words = fields.Text(compute="_compute_channel_short_words")
    channel_may_extend = fields.Boolean(compute="_compute_channel_may_extend")

    @api.depends("state", "order_line.product_uom_qty", "order_line.product_id")
    def _compute_channel_hold(self):
        """Not stored: time passes, and sales take from it."""
        now = fields.Datetime.now()
        holds = self.env["channel.hold"].search(
            [("sale_order_id", "in", self._origin.ids)]
        )
        grouped = holds.grouped("sale_order_id")
        for order in self:
            own = grouped.get(order._origin, holds.browse())
            active = own.filtered(
                lambda hold: hold.state == "active" and hold.expires_at > now
            )
            is_open = order.state in ("draft", "sent")
            order.channel_held_until = min(active.mapped("expires_at"), default=False)
            order.channel_hold_state = order._get_channel_hold_state(own, active)
            order.channel_hold_words = is_open and order._get_channel_hold_words(active)
            order.channel_can_hold = bool(
                is_open
                and order.company_id.channel_quote_policy != "never"
                and order.channel_hold_state != "held"
                and self.env["channel.quote.holder"]._get_holdable(order.order_line)
            )

    def _get_channel_hold_state(self, holds, active):
        if not active:
            told = ("expired", "taken")
            lost = holds.filtered(
                lambda hold: hold.state == "active" or hold.end_reason in told
            )
            is_open = self.state in ("draft", "sent")
            return "ended" if is_open and lost else "none"
        holder = self.env["channel.quote.holder"]
        held = sum(active.mapped("stock_quantity"))
        wanted = sum(
            holder._get_wanted(line) for line in holder._get_holdable(self.order_line)
        )
        return "held" if held >= wanted else "partly"

    def _get_channel_hold_words(self, active):
        if self.channel_hold_state == "ended":
            return self.env._(
                "Its stock is no longer held. Confirming looks at what is left."
            )
        if not active:
            return False
        return self.env._(
            "Held until %(moment)s: %(units)s",
            moment=self._get_channel_moment(self.channel_held_until),
            units=active._list_units(),
        )

    def _get_channel_moment(self, moment):
        """In words, where the company is."""
        zone = self.company_id.sudo().partner_id.tz  # sudo: its contact's time zone
        return format_datetime(
            self.env, moment, tz=zone or "UTC", dt_format="short"
        ) if moment else ""  # fmt: skip

    @api.depends(
        "state", "order_line.product_uom_qty", "order_line.product_id",
        "commitment_date", "warehouse_id",
    )  # fmt: skip
    def _compute_channel_short_words(self):
        """What confirming would take and is not there, before somebody tries."""
        # sudo: figures of products that the salesperson is about to sell
        guard = self.env["channel.quote.guard"].sudo()
        for order in self:
            short = (
                guard._find_short(order._origin.sudo())  # sudo: as above
                if order.state in ("draft", "sent") and order._origin
                else []
            )
            order.channel_short_words = guard._list_short(short) if short else False

    def _forget_channel_figures(self):
        """They hang on holds and stock, on which no field of an order depends."""
        self.invalidate_recordset(
            [
                "channel_hold_state",
                "channel_held_until",
                "channel_hold_words",
                "channel_can_hold",
                "channel_short_words",
            ],
            flush=False,
        )

    @api.depends_context("uid")
    def _compute_channel_may_extend(self):
        self.channel_may_extend = any(map(self.env.user.has_group, MANAGERS))

    # ---------------------------------------------------------------- CRUD
    def write(self, vals):
        result = super().write(vals)
        if not FOLLOWED.isdisjoint(vals):
            self.order_line._follow_channel_holds()
        if vals.get("state") == "cancel":
            self.order_line._end_channel_holds("cancelled")
        if "validity_date" in vals:
            self._shorten_channel_holds()
        if vals.get("state") == "sent":
            self._hold_when_sent()
        return result

    def unlink(self):
        self.order_line._end_channel_holds("deleted")
        # sudo: holds of quotations that the caller may delete
        holds = self.env["channel.hold"].sudo()
        found = holds.search([("sale_order_id", "in", self.ids)])
        if found:
            found.write({"sale_line_id": False, "sale_order_id": False})
        return super().unlink()

    # ------------------------------------------------------------- actions
    def action_channel_hold(self):
        """Hold what the lines want, as far as it is there."""
        self._check_may_hold()
        never = self.filtered(
            lambda order: order.company_id.channel_quote_policy == "never"
        )
        if never:
            raise UserError(
                self.env._(
                    "Quotations of %s hold no stock: see the settings of Sales.",
                    never[0].company_id.name,
                )
            )
        # sudo: holds are the system's; who presses may change the quotation
        self.env["channel.quote.holder"].sudo()._hold(self.sudo())

    def action_channel_extend(self):
        """Begin the time to hold anew: a manager's decision.

        :raise AccessError: the user manages neither sales nor channels
        """
        self._check_may_hold()
        if not self.env.su and not any(map(self.env.user.has_group, MANAGERS)):
            raise AccessError(
                self.env._("Ask a manager of sales or channels to extend it.")
            )
        # sudo: as above
        self.env["channel.quote.holder"].sudo()._extend(self.sudo())

    def action_channel_release(self):
        self._check_may_hold()
        # sudo: as above
        holds = self.env["channel.hold"].sudo()
        active = holds.search(
            [("sale_order_id", "in", self.ids), ("state", "=", "active")]
        )
        active._end("released")
        for order in active.sale_order_id:
            order.message_post(body=self.env._("Its stock is no longer held."))

    def action_channel_confirm_anyway(self):
        """Confirm although more is taken than is there; it is logged.

        :raise UserError: the company refuses that
        """
        self._check_may_hold()
        return self.with_context(**inner(channel_confirm_anyway=True)).action_confirm()

    def action_channel_holds(self):
        """What the quotation holds and has held."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_inventory_promise.channel_quote_hold_action"
        )
        return dict(action, domain=[("sale_order_id", "in", self.ids)], context={})

    def action_confirm(self):
        # sudo: figures of products that the salesperson is about to sell
        guard = self.env["channel.quote.guard"].sudo()
        short = guard._find_short(self.sudo(), takes_turn=True)  # sudo: as above
        words = self._check_confirmed_beyond(guard, short)
        result = super().action_confirm()
        guard._tell(short, words)
        return result

    # ------------------------------------------------------------ business
    def _action_confirm(self):
        """What was held is reserved from now on: one change of the numbers."""
        result = super()._action_confirm()
        self.order_line._end_channel_holds("confirmed")
        return result

    def _check_may_hold(self):
        """Odoo lets warehouse staff write sale orders, for what they deliver: not for
        that.

        :raise AccessError: the user may not change the quotation, or does not sell
        """
        self.check_access("write")
        if not self.env.su and not self.env.user.has_group(SELLER):
            raise AccessError(
                self.env._("Ask a salesperson: quotations hold stock for customers.")
            )

    def _check_confirmed_beyond(self, guard, short):
        """:return: order -> what is missing, in words, before it is taken
        :raise UserError: the company refuses to confirm more than is there, or asks
        """
        words = {
            order: guard._list_short([each for each in short if each.order == order])
            for order in {each.order: None for each in short}
        }
        for order, lines in words.items():
            if self.env.su or order._is_bought():
                continue
            policy = order.company_id.channel_confirm_policy
            if policy == "refuse":
                raise UserError(
                    self.env._(
                        "%(order)s takes more than is there:\n%(lines)s\nLower the "
                        "quantity, or set a delivery date when enough has come in.",
                        order=order.name,
                        lines=lines,
                    )
                )
            if policy == "warn" and not get_inner(self, "channel_confirm_anyway"):
                raise UserError(
                    self.env._(
                        "%(order)s takes more than is there:\n%(lines)s\nLower the "
                        "quantity, set a delivery date when enough has come in, or "
                        "press Confirm Anyway, which is logged.",
                        order=order.name,
                        lines=lines,
                    )
                )
        return words

    def _is_bought(self):
        """Hook: whether the customer has signed, paid, or taken goods home from a till:
        he has bought it, and nobody is there to be asked. A till or a payment that is
        refused here would be a sale that nobody books."""
        # sudo: whoever confirms need not see payments and tills
        order = self.sudo()
        return bool(
            order.signature
            or order.amount_paid > 0
            or any(line._get_sold_at_till() for line in order.order_line)
        )

    def _hold_when_sent(self):
        """By policy. It holds what is there: nobody is asked."""
        # sudo: holds are the system's; who sends may change the quotation
        holder = self.env["channel.quote.holder"].sudo()
        for order in self.sudo():  # sudo: as above
            if order.company_id.channel_quote_policy == "sent":
                holder._hold_sent(order)

    def _shorten_channel_holds(self):
        """Never held beyond the expiration; a later one is a manager's to use."""
        # sudo: holds of quotations that the caller may change
        active = self.env["channel.hold"].sudo()
        for order in self.filtered("validity_date"):
            end = order.company_id._get_channel_day_end(order.validity_date)
            holds = active.search(
                [
                    ("sale_order_id", "=", order.id),
                    ("state", "=", "active"),
                    ("expires_at", ">", end),
                ]
            )
            if end <= fields.Datetime.now():
                holds._end("expired", is_untold=True)
            elif holds:
                holds.expires_at = end
