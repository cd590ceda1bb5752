# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.tools import SQL


class ChannelRuleVersion(models.Model):
    """Terms as they were activated. They never change, so a quantity can refer to them.

    The planner reads rows that are ``in_effect``. That is stored, because passing time
    fires no trigger: ``_follow_time`` switches it when a window opens or ends, and the
    switch is a change like any other.
    """

    _name = "channel.rule.version"
    _description = "Version of a Channel Rule"
    _inherit = ["channel.rule.terms", "channel.version"]
    _order = "rule_id, number desc"
    _log_access = False

    _version_of = "rule_id"
    _named_by = "rule_version_ids"
    rule_id = fields.Many2one(
        "channel.rule", required=True, readonly=True, ondelete="restrict", index=True
    )
    in_effect = fields.Boolean(readonly=True, help="Active, and within its time window")

    _number_uniq = models.UniqueIndex("(rule_id, number)")
    _active_uniq = models.UniqueIndex("(rule_id) WHERE state = 'active'")
    _effect_idx = models.Index("(company_id, kind) WHERE in_effect")

    # ------------------------------------------------------------- actions
    def action_show_publication_lines(self):
        """Published numbers that name one of these versions."""
        return self._show_numbers("channel_publication_line_action")

    # ------------------------------------------------------------ business
    def _retire(self):
        # sudo: versions are written by the activation of rules alone
        self.sudo().write({"in_effect": False})
        return super()._retire()

    @api.model
    def _take_effect(self):
        self._follow_time()

    @api.model
    def _follow_time(self):
        """Switch what has begun or ended by itself since the last look."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE channel_rule_version SET in_effect = (%(in_effect)s)
                 WHERE in_effect IS DISTINCT FROM (%(in_effect)s) RETURNING id
                """,
                in_effect=IN_EFFECT,
            )
        )
        if rows:
            self.invalidate_model(["in_effect"])
            self.env["channel.change"]._wake_planner()


IN_EFFECT = SQL(
    """state = 'active'
       AND COALESCE(valid_from, '-infinity') <= now() AT TIME ZONE 'UTC'
       AND COALESCE(valid_until, 'infinity') > now() AT TIME ZONE 'UTC'"""
)
