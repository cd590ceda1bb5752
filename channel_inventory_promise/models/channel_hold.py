# SPDX-License-Identifier: AGPL-3.0-or-later
import logging
from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL, format_datetime

from odoo.addons.channel_inventory_base.db.transaction import CONFLICTS

from ..tools.promising import TINY, is_kit, whole_down

_logger = logging.getLogger(__name__)

OPEN_STATES = ("draft", "sent")
MOST_TOLD = 1000
"""Holds that are told in one transaction."""


class ChannelHold(models.Model):
    """Stock that quotations hold: a row a line, with an end.

    Weaker than a sale: whatever is sold on a channel, confirmed, or gone from the
    shelf takes what it needs of them, the youngest first, in the transaction of the
    plan that has to count it. Their people are told within a minute.
    """

    _inherit = "channel.hold"

    cause = fields.Selection(
        selection_add=[("quotation", "Quotation")], ondelete={"quotation": "cascade"}
    )
    sale_line_id = fields.Many2one(
        "sale.order.line", readonly=True, ondelete="set null", index="btree_not_null"
    )
    sale_order_id = fields.Many2one(
        "sale.order", readonly=True, ondelete="set null", index="btree_not_null"
    )
    asked_quantity = fields.Float(
        readonly=True,
        digits="Product Unit",
        help="Stock units that its line wanted when it was held or last changed.",
    )
    quote_value = fields.Monetary(
        string="Value",
        readonly=True,
        currency_field="company_currency_id",
        help="Of what is held, at the prices of the quotation without taxes.",
    )
    company_currency_id = fields.Many2one(related="company_id.currency_id")
    ended_at = fields.Datetime(readonly=True)
    end_reason = fields.Selection(
        [
            ("confirmed", "Confirmed"),
            ("released", "Released by hand"),
            ("expired", "Expired"),
            ("cancelled", "Quotation cancelled"),
            ("changed", "Line changed"),
            ("deleted", "Line deleted"),
            ("taken", "Taken by a sale"),
        ],
        readonly=True,
    )
    taken_quantity = fields.Float(
        readonly=True,
        default=0,
        digits="Product Unit",
        help="Stock units that sales have taken off it.",
    )
    is_untold = fields.Boolean(
        readonly=True,
        help="It has ended or shrunk, and its salesperson is not told yet.",
    )

    _quotation_uniq = models.UniqueIndex(
        "(sale_line_id) WHERE state = 'active' AND sale_line_id IS NOT NULL",
        "The line holds stock already.",
    )
    _quotation_idx = models.Index(
        "(product_id) WHERE state = 'active' AND cause = 'quotation'"
    )
    _untold_idx = models.Index("(id) WHERE is_untold")
    _quotation_ends = models.Constraint(
        "CHECK (cause <> 'quotation' OR expires_at IS NOT NULL)",
        "A quotation holds nothing for ever.",
    )

    # ---------------------------------------------------------------- CRUD
    @api.model_create_multi
    def create(self, vals_list):
        holds = super().create(vals_list)
        holds.sale_order_id._forget_channel_figures()
        return holds

    def write(self, vals):
        result = super().write(vals)
        self.sale_order_id._forget_channel_figures()
        return result

    # ------------------------------------------------------------- actions
    def action_release(self):
        result = super().action_release()
        quoted = self.filtered(lambda hold: hold.cause == "quotation")
        # sudo: the state is the button's to write
        quoted.sudo()._end("released", is_untold=True)
        return result

    def action_open_quotation(self):
        self.ensure_one()
        return self.sale_order_id.get_formview_action()

    # ------------------------------------------------------------ business
    def _get_kept_message(self):
        if any(hold.cause == "quotation" for hold in self):
            return self.env._(
                "A quotation's holds are changed by the quotation only: hold, extend "
                "or release there, or release them here."
            )
        return super()._get_kept_message()

    @api.model
    def _get_counting_domain(self):
        """Holds that count now: one whose time is over does not wait for the sweep."""
        return [
            ("cause", "=", "quotation"),
            ("state", "=", "active"),
            ("expires_at", ">", fields.Datetime.now()),
        ]

    def _end(self, reason, is_untold=False):
        """Release what is still active of these.

        :param is_untold: whether its salesperson has to hear of it
        """
        active = self.filtered(lambda hold: hold.state == "active")
        if not active:
            return
        active.write(
            {
                "state": "released",
                "end_reason": reason,
                "ended_at": fields.Datetime.now(),
                "is_untold": is_untold,
            }
        )
        for order, holds in active.grouped("sale_order_id").items():
            holds._log_quotation(order, self._get_end_words(reason))

    @api.model
    def _get_end_words(self, reason):
        label = dict(self._fields["end_reason"]._description_selection(self.env))
        return self.env._("No longer held: %s", label[reason])

    def _log_quotation(self, order, message):
        """In the audit trail: who has held what for a quotation, and how it ended."""
        self.env["channel.audit"]._log(
            "sale",
            self.env["channel.channel"],
            f"{order.name or '-'}: {message}",
            record=order if order else self[:1],
            company=self[:1].company_id,
            data={
                str(hold.id): {
                    "product": hold.product_id.id,
                    "warehouse": hold.warehouse_id.id,
                    "units": hold.stock_quantity,
                    "until": str(hold.expires_at),
                }
                for hold in self
            },
        )

    def _list_units(self):
        """:return: words such as "4 Units Lamp, 1 Units Mug" """
        return ", ".join(
            self.env._(
                "%(units)g %(unit)s %(product)s",
                units=hold.stock_quantity,
                unit=hold.product_id.uom_id.name,
                product=hold.product_id.display_name,
            )
            for hold in self
        )

    # ---------------------------------------------------------------- time
    @api.model
    def _expire(self):
        self.search(
            [
                ("cause", "=", "quotation"),
                ("state", "=", "active"),
                ("expires_at", "<=", fields.Datetime.now()),
            ]
        )._end("expired", is_untold=True)
        return super()._expire()

    @api.model
    def _follow_quotations(self):
        """What no button has ended: a line that SQL has deleted, a state that was only
        written. And what gives way without a plan that has named it."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT hold.id, COALESCE(sold.state, 'deleted')
                  FROM channel_hold hold
                  LEFT JOIN sale_order_line line ON line.id = hold.sale_line_id
                  LEFT JOIN sale_order sold ON sold.id = line.order_id
                 WHERE hold.cause = 'quotation' AND hold.state = 'active'
                   AND (sold.id IS NULL OR sold.state NOT IN ('draft', 'sent'))
                """
            )
        )
        reasons = {"sale": "confirmed", "deleted": "deleted"}
        ended = defaultdict(list)
        for hold_id, state in rows:
            ended[reasons.get(state, "cancelled")].append(hold_id)
        for reason, hold_ids in ended.items():
            self.browse(hold_ids)._end(reason)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT product_id FROM channel_hold
                 WHERE state = 'active' AND cause = 'quotation'
                """
            )
        )
        self._give_way([product_id for (product_id,) in rows])

    # ------------------------------------------------------------ give way
    @api.model
    def _give_way(self, product_ids):
        result = super()._give_way(product_ids)
        self.env.flush_all()
        holds = self._find_weak(product_ids)
        for company in holds.company_id:
            own = holds.filtered(lambda hold, of=company: hold.company_id == of)
            own._yield_to_sales(company)
        return result

    def _find_weak(self, product_ids):
        """Holds of quotations on these products or on kits of them; the youngest
        first. Those that somebody is changing are left out."""
        if not product_ids:
            return self.browse()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT hold.id FROM channel_hold hold
                 WHERE hold.state = 'active' AND hold.cause = 'quotation'
                   AND hold.expires_at > now() AT TIME ZONE 'UTC'
                   AND EXISTS (SELECT FROM channel_demanded(hold.product_id) demanded
                                WHERE demanded = ANY(%s))
                 ORDER BY hold.id DESC
                   FOR UPDATE OF hold SKIP LOCKED
                """,
                list(product_ids),
            )
        )
        return self.browse(hold_id for (hold_id,) in rows)

    def _yield_to_sales(self, company):
        """Lower these by what is missing where they hold. What is only kept back
        because a count is overdue is not missing."""
        promise = self.env["channel.promise"]
        parts = promise._get_parts(self.product_id, company)
        places = {
            (part_id, hold.warehouse_id.id)
            for hold in self
            for part_id in parts[hold.product_id.id]
        }
        missing = {
            place: -stock.available - stock.doubted
            for place, stock in promise._read_stock(places).items()
        }
        for hold in self:
            counted = parts[hold.product_id.id]
            less = max(
                (
                    missing[part_id, hold.warehouse_id.id] / units
                    for part_id, units in counted.items()
                ),
                default=0,
            )
            if less <= TINY:
                continue
            held = hold.stock_quantity
            is_made = is_kit(counted, hold.product_id.id)
            less = held - max(0, whole_down(held - less, held, is_made))
            for part_id, units in counted.items():
                missing[part_id, hold.warehouse_id.id] -= less * units
            hold._lose(less)

    def _lose(self, units):
        rest = round(self.stock_quantity - units, 6)
        taken = self.taken_quantity + units
        if rest <= TINY:
            self.taken_quantity = taken
            self._end("taken", is_untold=True)
            return
        self.write(
            {
                "stock_quantity": rest,
                "quote_value": self.quote_value * rest / self.stock_quantity,
                "taken_quantity": taken,
                "is_untold": True,
            }
        )
        self._log_quotation(self.sale_order_id, self.env._("%g taken by a sale", units))

    # ---------------------------------------------------------------- tell
    @api.model
    def _tell_quotations(self):
        """Tell salespeople what their quotations no longer hold. In a step of its own:
        no plan waits for a mail, and what fails here changes no number."""
        untold = self.search([("is_untold", "=", True)], limit=MOST_TOLD)
        for order, holds in untold.grouped("sale_order_id").items():
            try:
                with self.env.cr.savepoint():
                    if order.state in OPEN_STATES:
                        holds._tell(order)
                    holds.is_untold = False
            except CONFLICTS:
                raise
            except Exception:  # pylint: disable=broad-except
                # one quotation that cannot be told keeps no other from being told
                _logger.exception("%s is not told what it holds no longer", order)

    def _tell(self, order):
        """A note for all, and for what was lost an activity that a person ends."""
        lost = self.filtered("taken_quantity")
        ended = self.filtered(lambda hold: hold.state == "released") - lost
        if ended:
            order.message_post(
                body=self.env._(
                    "No longer held: %(units)s, since %(moment)s.",
                    units=ended._list_units(),
                    moment=format_datetime(self.env, max(ended.mapped("ended_at"))),
                )
            )
        if not lost:
            return
        words = self.env._(
            "Sales have taken stock that this quotation held: %s. Offer another date "
            "or quantity to the customer, or hold what is left.",
            ", ".join(
                self.env._(
                    "%(taken)g of %(product)s (%(rest)g still held)",
                    taken=hold.taken_quantity,
                    product=hold.product_id.display_name,
                    rest=hold.stock_quantity if hold.state == "active" else 0,
                )
                for hold in lost
            ),
        )
        order.activity_schedule(
            "mail.mail_activity_data_warning",
            summary=self.env._("Held stock was sold"),
            note=words,
            user_id=self._get_told_user(order).id,
        )
        # told: what is taken from now on is news again
        lost.taken_quantity = 0

    def _get_told_user(self, order):
        """The first of those who have to do with it that is still here."""
        company = order.company_id
        people = [order.user_id, company.channel_exception_user_id, order.create_uid]
        return next((each for each in people if each.active), self.env.user)
