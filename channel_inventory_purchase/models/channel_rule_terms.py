# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ChannelRuleTerms(models.AbstractModel):
    _inherit = "channel.rule.terms"

    likely_dates = fields.Boolean(
        help="Backorder: inbound counts on the day that it is likely to come, by its "
        "vendor's own record, and not on the day that the vendor has promised. It "
        "matters within a horizon.",
    )
