# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models


class ChannelChannel(models.Model):
    _inherit = "channel.channel"

    edi_role = fields.Selection(
        selection_add=[("supplier", "Supplier: we buy from it")],
        ondelete={"supplier": "set default"},
    )
    edi_answer_hours = fields.Float(
        string="Orders Are Answered Within (hours)",
        default=24,
        help="A purchase order that the supplier has not answered by then (855, "
        "ORDRSP) is an exception. 0: it does not answer.",
    )
    edi_dates = fields.Selection(
        [("lines", "For each line"), ("order", "For the order")],
        string="Dates Are Told",
        default="lines",
        required=True,
        help="For the order: the supplier takes one date for all that is ordered. "
        "Lines with other dates are for a person to tell.",
    )
    edi_transit_days = fields.Integer(
        string="Days on the Road",
        help="From leaving the supplier to arriving here, where it only tells when the "
        "goods leave.",
    )
    edi_backorder_days = fields.Integer(
        string="Backorders Come After (days)",
        default=30,
        help="What the supplier puts on backorder and names no date for is expected so "
        "many days after the requested date, until somebody enters another one.",
    )
    edi_price_tolerance = fields.Float(
        string="Supplier Price Tolerance (%)",
        help="A price that the supplier answers with, and that differs by no more than "
        "this, is taken. Others are for a person to decide.",
    )

    _edi_supplier_terms = models.Constraint(
        "CHECK (COALESCE(edi_answer_hours, 0) >= 0 "
        "AND COALESCE(edi_transit_days, 0) BETWEEN 0 AND 366 "
        "AND COALESCE(edi_backorder_days, 0) BETWEEN 0 AND 3650 "
        "AND COALESCE(edi_price_tolerance, 0) BETWEEN 0 AND 100)",
        "Hours, days and tolerance cannot be negative, nor without end.",
    )

    @api.model
    def _recovery_steps(self):
        return (
            *super()._recovery_steps(),
            ("channel.edi.purchase", "_watch_answers"),
        )
