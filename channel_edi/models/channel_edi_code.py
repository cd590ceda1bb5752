# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..lib.options import is_meaning

KINDS = [
    ("unit", "Unit of measure"),
    ("qualifier", "Item qualifier"),
    ("party", "Party role"),
    ("date", "Date"),
    ("state", "Stock status"),
    ("carrier", "Carrier"),
    ("type", "Order type"),
    ("place", "Place"),
    ("reason", "Adjustment reason"),
    ("charge", "Charge or allowance"),
    ("tax", "Tax"),
]
OPTIONS = {"date": "dates", "state": "states", "type": "order_types"}
"""Kinds whose meanings are words of the library (``lib.options``)."""


class ChannelEdiCode(models.Model):
    """What one code of a partner means here, where it means something else than the
    standard says, or where the standard does not say it."""

    _name = "channel.edi.code"
    _description = "EDI Code"
    _inherit = ["channel.guarded"]
    _order = "kind, code, id"
    _rec_name = "code"

    agreement_id = fields.Many2one(
        "channel.edi.agreement", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        related="agreement_id.company_id", store=True, index=True, precompute=True
    )
    kind = fields.Selection(KINDS, required=True, default="unit")
    code = fields.Char(string="Partner's Code", required=True)
    meaning = fields.Char(
        help="Unit: how many of the product's unit one is (12), or the code of the "
        "standard (CA). Item qualifier: the standard's (VN). Party: ship_to, buyer, "
        "store, bill_to. Date: ship_by, cancel_after, and so on. Stock status: "
        "available, on_hand, damaged, and so on. Carrier: what we call it. Order "
        "type: standalone, release, blanket, and so on. Charge: freight, discount, or "
        "the internal reference of its product. Tax: its name here.",
    )

    _code_uniq = models.UniqueIndex("(agreement_id, kind, code)")

    @api.depends("kind", "code", "meaning")
    def _compute_display_name(self):
        for code in self:
            code.display_name = f"{code.code}: {code.meaning or '?'}"

    @api.constrains("kind", "meaning")
    def _check_meaning(self):
        """A word that means nothing would stop all documents of the agreement."""
        for code in self.filtered("meaning"):
            if not is_meaning(OPTIONS.get(code.kind, ""), code.meaning):
                raise ValidationError(
                    self.env._(
                        "%(meaning)s is no meaning of the code %(code)s that is known "
                        "here. Choose one of those that the help of the field names.",
                        meaning=code.meaning,
                        code=code.code,
                    )
                )
