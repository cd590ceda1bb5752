# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.models.channel_retention import FEW, FewAtOnce


class ChannelRetention(models.Model):
    """Retention of what was received of settlements."""

    _inherit = "channel.retention"

    kind = fields.Selection(
        selection_add=[("settlement", "Contents of settlement files")],
        ondelete={"settlement": "cascade"},
    )

    def _get_effects(self):
        return super()._get_effects() | {
            "settlement": self.env._(
                "The content of files is blanked, its digest stays; settlements, their "
                "lines and entries stay"
            ),
        }

    # ---------------------------------------------------------------- steps
    def _steps_settlement(self):
        yield FewAtOnce(
            SQL(
                """
                UPDATE channel_settlement_file SET data = NULL
                 WHERE id IN (SELECT id FROM channel_settlement_file
                               WHERE state IN ('read', 'ignored')
                                 AND data IS NOT NULL AND %s
                               ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
                RETURNING id
                """,
                self._due("received_at"),
                FEW,
            )
        )
