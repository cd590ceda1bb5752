# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import datetime, time, timezone
from zoneinfo import ZoneInfo

from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    channel_quote_policy = fields.Selection(
        [
            ("never", "Never"),
            ("manual", "When a salesperson presses Hold Stock"),
            ("sent", "Also when the quotation is sent"),
        ],
        string="Quotations Hold Stock",
        default="manual",
        required=True,
        help="Held stock is sold on no channel until the quotation is confirmed, or "
        "its time is over.",
    )
    channel_quote_hours = fields.Integer(
        string="Hold for (Hours)",
        default=48,
        help="At most, and never beyond the expiration of the quotation. A manager may "
        "extend it.",
    )
    channel_quote_percent = fields.Integer(
        string="Quotations May Hold (%)",
        default=50,
        help="Of what is available of a product in a warehouse, so that quotations do "
        "not empty the shops.",
    )
    channel_quote_short = fields.Selection(
        [("partial", "Hold what is there"), ("refuse", "Hold nothing, and say so")],
        string="When Less Is There",
        default="partial",
        required=True,
    )
    channel_confirm_policy = fields.Selection(
        [
            ("allow", "Confirm, and open an exception"),
            ("warn", "Ask the salesperson first"),
            ("refuse", "Refuse"),
        ],
        string="Confirming More than There Is",
        default="warn",
        required=True,
        help="What happens when a salesperson confirms more than is left beside what "
        "channels have sold. Goods that arrive before the delivery date count as "
        "there. Orders of channels, and what a customer has signed or paid online, are "
        "always confirmed.",
    )

    _channel_quote_bounds = models.Constraint(
        """CHECK (channel_quote_hours BETWEEN 1 AND 8784
                  AND channel_quote_percent BETWEEN 0 AND 100)""",
        "Quotations hold stock for an hour to a year, and 0 to 100 % of it.",
    )

    def _get_channel_day_end(self, day):
        """:return: the last second of ``day`` where the company is, as UTC"""
        # sudo: where a company is, for who may not see its contact
        zone = ZoneInfo(self.sudo().partner_id.tz or "UTC")
        end = datetime.combine(day, time(23, 59, 59), zone)
        return end.astimezone(timezone.utc).replace(tzinfo=None)
