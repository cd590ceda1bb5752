import hashlib
import json
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.refusal import OrderRefusedError

RISKS = {"none": (), "high": ("high",), "medium": ("medium", "high")}


class ChannelOrder(models.Model):
    """Checks that a channel's policy asks for, beyond what must be true of all."""

    _inherit = "channel.order"

    fingerprint = fields.Char(
        readonly=True, help="Equal for orders of one customer with the same content"
    )
    let_through = fields.Json(
        readonly=True, help="Categories that a person has overruled for this order"
    )

    _fingerprint_idx = models.Index("(company_id, fingerprint)")

    def _check_policies(self, data):
        """:raise OrderRefusedError: before there is a sale order"""
        for check in self._get_policy_checks():
            check(data)

    def _get_policy_checks(self):
        return (
            self._check_risk,
            self._check_duplicate,
            self._check_address,
            self._check_phones,
        )

    def _is_let_through(self, category):
        return category in (self.let_through or ())

    # ----------------------------------------------------------------- risk
    def _check_risk(self, data):
        stopped = RISKS[self.channel_id.risk_policy]
        if data.risk in stopped and not self._is_let_through("risk"):
            raise OrderRefusedError(
                "risk",
                self.env._(
                    "The channel sees a risk of fraud in %(order)s: %(risk)s.",
                    order=self.name,
                    risk=data.risk,
                ),
                self.env._("Look at it on the channel: cancel it there, or let it go."),
            )

    # ------------------------------------------------------------ duplicates
    @api.model
    def _get_fingerprint(self, data):
        """A hash of who bought what for how much; nothing can be read out of it."""
        if not data.complete:
            return False
        customer, address = data.customer, data.shipping or data.billing
        who = customer.email or customer.external_id or customer.name
        lines = sorted((line.listing_ref, line.quantity) for line in data.lines)
        content = [
            who.strip().lower(),
            address.zip if address else "",
            lines,
            f"{data.total:f}",
            data.currency,
        ]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]

    def _check_duplicate(self, data):
        """Of two that are the same one is stopped, never both and never none: the
        later one, or the one that comes when the other is sold already."""
        minutes = self.channel_id.duplicate_minutes
        if not minutes or not self.fingerprint or self._is_let_through("duplicate"):
            return
        if self.sale_order_id:
            return
        if same := self._find_twin(timedelta(minutes=minutes)):
            raise OrderRefusedError(
                "duplicate",
                self.env._(
                    "%(order)s is %(other)s of %(channel)s once more: the same "
                    "customer, lines and total, within %(minutes)s minutes.",
                    order=self.name,
                    other=same.name,
                    channel=same.channel_id.name,
                    minutes=minutes,
                ),
                self.env._(
                    "Ask the customer. Cancel one on the channel, or let it pass."
                ),
            )

    def _find_twin(self, within):
        """The same order, that goes before this one; empty when there is none.

        Twins are locked: two imports at the same moment wait for each other, and
        PostgreSQL refuses the one whose picture is older than what the other has sold.
        It is tried again then, and sees that.
        """
        self.env["channel.order"].flush_model()
        placed = self.placed_at or self.create_date
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id, id < %(own)s OR sale_order_id IS NOT NULL
                  FROM channel_order
                 WHERE company_id = %(company)s AND fingerprint = %(fingerprint)s
                   AND id <> %(own)s AND state NOT IN ('cancelled', 'gone')
                   AND placed_at BETWEEN %(first)s AND %(last)s
                 ORDER BY id FOR NO KEY UPDATE
                """,
                own=self.id,
                company=self.company_id.id,
                fingerprint=self.fingerprint,
                first=placed - within,
                last=placed + within,
            )
        )
        return self.browse([order_id for order_id, is_first in rows if is_first][:1])

    # --------------------------------------------------------------- address
    def _check_address(self, data):
        """What a carrier cannot do without, where the policy asks for it."""
        address = data.shipping or data.billing
        goods = any(line.ships and line.quantity for line in data.lines)
        if self.channel_id.address_policy != "strict" or not goods:
            return
        missing = self._find_missing(address)
        if missing:
            raise OrderRefusedError(
                "address",
                self.env._("The delivery address lacks: %s.", ", ".join(missing)),
                self.env._("Correct the address on the channel, then fetch the order."),
            )

    def _find_missing(self, address):
        if not address:
            return [self.env._("everything")]
        country = self._find_country(address.country_code)
        needed = {
            self.env._("street"): address.street,
            self.env._("city"): address.city,
        }
        if country.zip_required:
            needed[self.env._("postcode")] = address.zip
        if country.state_required:
            needed[self.env._("state")] = address.state_code or address.state_name
        return [label for label, value in needed.items() if not (value or "").strip()]

    # ---------------------------------------------------------------- phones
    def _check_phones(self, data):
        if self.channel_id.phone_policy != "stop" or self._is_let_through("phone"):
            return
        if phones := self._find_odd_phones(data):
            raise OrderRefusedError(
                "phone",
                self._words_for_phones(phones),
                self.env._(
                    "Correct it on the channel and fetch the order, or let it pass."
                ),
            )

    def _words_for_phones(self, phones):
        return self.env._("This is no telephone number: %s.", ", ".join(phones))

    def _note_odd_phones(self, data):
        """The order goes on with the number as the customer wrote it."""
        phones = self._find_odd_phones(data)
        if not phones:
            return
        self.sale_order_id._message_log(
            body=self.env._(
                "Kept as the customer wrote it, it is no telephone number: %s",
                ", ".join(phones),
            )
        )

    def _report_odd_phones(self, data):
        """For a person to correct, while the order goes on."""
        if self.channel_id.phone_policy != "report" or self._is_let_through("phone"):
            return
        if phones := self._find_odd_phones(data):
            self.env["channel.exception"]._report(
                self.channel_id,
                "phone",
                key=f"order:{self.id}:phone",
                record=self,
                message=f"{self.name}: {self._words_for_phones(phones)}",
                suggestion=self.env._(
                    "The order went on. Ask the customer, and correct the contact "
                    "before the carrier needs it."
                ),
            )
