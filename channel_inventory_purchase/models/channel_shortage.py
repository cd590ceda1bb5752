# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models


class ChannelShortage(models.Model):
    """What was promised against goods to come in is followed beside what is short."""

    _inherit = "channel.shortage"

    @api.model
    def _find_candidates(self):
        followed = self.env["channel.inbound.promise"]._find_products()
        return [*{*super()._find_candidates(), *followed}]

    def _write_rows(self, product_ids):
        changed = super()._write_rows(product_ids)
        self.env["channel.inbound.promise"]._write_rows(product_ids)
        return changed

    def _settle(self, product_ids, changed):
        result = super()._settle(product_ids, changed)
        self.env["channel.inbound.promise"]._settle(product_ids)
        return result

    def _find_wanted(self, product_ids):
        """Without orders whose goods are late or do not come: people are told so, once,
        with the receipt that they were promised against, or have dealt with it."""
        wanted = super()._find_wanted(product_ids)
        lines = self.env["channel.inbound.promise"]._find_told(product_ids)
        lines = lines.order_line_id
        found = {
            place: rows.filtered(lambda row: row.order_line_id not in lines)
            for place, rows in wanted.items()
        }
        return {place: rows for place, rows in found.items() if rows}
