# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.models.channel_retention import BATCH

from ..db import personal


class ChannelRetention(models.Model):
    """Retention of notifications, refunds and contacts' bindings."""

    _inherit = "channel.retention"

    kind = fields.Selection(
        selection_add=[("message", "Responses to channel notifications")],
        ondelete={"message": "cascade"},
    )

    def _get_effects(self):
        return super()._get_effects() | {
            "message": self.env._("The response is blanked; its time and result stay"),
        }

    def _get_order_parts(self):
        return [*super()._get_order_parts(), personal.order_parts()]

    def _get_channel_steps(self):
        yield from super()._get_channel_steps()
        if self.kind == "personal":
            due = self._due_there("channel_partner", "write_date")
            yield personal.blank_partners(due, BATCH)

    def _get_left_at(self):
        """Returns and bookkeeping touch an order long after its goods have left."""
        return SQL(
            """
            COALESCE((SELECT max(picking.date_done)
                        FROM stock_picking picking
                        JOIN stock_picking_type kind
                          ON kind.id = picking.picking_type_id
                       WHERE picking.sale_id = finished.sale_order_id
                         AND picking.state = 'done' AND kind.code = 'outgoing'), %s)
            """,
            super()._get_left_at(),
        )

    # ---------------------------------------------------------------- steps
    def _steps_message(self):
        yield SQL(
            """
            UPDATE channel_message SET answer = NULL
             WHERE id IN (SELECT id FROM channel_message
                           WHERE state IN ('done', 'void') AND answer IS NOT NULL
                             AND %s ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
            RETURNING id
            """,
            self._due("write_date"),
            BATCH,
        )

    def _steps_personal(self):
        yield from super()._steps_personal()
        yield personal.blank_partners(self._due("write_date"), BATCH)
