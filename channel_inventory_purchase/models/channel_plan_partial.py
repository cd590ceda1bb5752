# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models
from odoo.tools import SQL


class ChannelPlanPartial(models.AbstractModel):
    """Backorder rules that count on likely dates."""

    _inherit = "channel.plan.partial"

    def _dated_columns(self):
        return {
            **super()._dated_columns(),
            "likely_dates": SQL("COALESCE(likely_dates, false)"),
        }

    def _due_day(self):
        return SQL(
            "CASE WHEN term.likely_dates THEN inbound.likely_date ELSE %s END",
            super()._due_day(),
        )
