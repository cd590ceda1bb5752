# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.models.channel_retention import BATCH

from ..const import PENDING


class ChannelRetention(models.Model):
    """Retention of runs and of differences that are over."""

    _inherit = "channel.retention"

    kind = fields.Selection(
        selection_add=[("reconcile", "Reconciliation runs and differences")],
        ondelete={"reconcile": "cascade"},
    )

    def _get_effects(self):
        return super()._get_effects() | {
            "reconcile": self.env._(
                "Runs and settled differences are deleted; the audit trail of the "
                "decisions stays"
            ),
        }

    # ---------------------------------------------------------------- steps
    def _steps_reconcile(self):
        yield SQL(
            """
            DELETE FROM channel_reconcile_difference
             WHERE id IN (SELECT id FROM channel_reconcile_difference
                           WHERE state <> ALL(%s) AND %s
                           ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
            RETURNING id
            """,
            list(PENDING),
            self._due("last_seen"),
            BATCH,
        )
        yield SQL(
            """
            DELETE FROM channel_reconcile_day
             WHERE id IN (SELECT id FROM channel_reconcile_day
                           WHERE state <> 'checking' AND %s
                           ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
            RETURNING id
            """,
            self._due("day"),
            BATCH,
        )
        yield SQL(
            """
            DELETE FROM channel_reconcile_run
             WHERE id IN (SELECT id FROM channel_reconcile_run run
                           WHERE state <> 'running' AND %s
                             AND NOT EXISTS (
                                 SELECT FROM channel_reconcile_difference
                                  WHERE run_id = run.id)
                           ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
            RETURNING id
            """,
            self._due("create_date"),
            BATCH,
        )
