# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.rollout import Step, by_stage


class ChannelRolloutMixin(models.AbstractModel):
    """How far a channel is rolled out: from places that are aligned to settlements that
    are posted.

    How it works: the setup steps and those that only time and sales fulfil, each a fact
    of the database, grouped by stage (``tools.rollout.STAGES``). Nobody ticks anything.
    An addon adds its steps to ``_get_rollout_steps``; a stage without steps, since the
    type of channel does not know it, is left out.
    """

    _name = "channel.rollout.mixin"
    _description = "Rollout of a Channel"

    rollout = fields.Json(
        compute="_compute_rollout", help="Stages of the rollout and what is missing."
    )
    previewed_at = fields.Datetime(
        string="Dry Run Read At",
        readonly=True,
        copy=False,
        help="When a person first opened the preview of what would be published.",
    )

    def _compute_rollout(self):
        names = self._get_stage_names()
        for channel in self:
            channel.rollout = [
                {"name": names[each["stage"]], **each}
                for each in by_stage(channel._get_rollout_steps())
            ]

    @api.model
    def _get_stage_names(self):
        return {
            "aligned": self.env._("Aligned"),
            "matched": self.env._("Matched"),
            "dry_run": self.env._("Dry run"),
            "shadow": self.env._("Shadow"),
            "numbers": self.env._("Numbers live"),
            "orders": self.env._("Orders live"),
            "refunds": self.env._("Refunds"),
            "settlements": self.env._("Settlements"),
        }

    # --------------------------------------------------------------- steps
    def _get_rollout_steps(self):
        """Hook: all that has to be so, in order within each stage.

        :return: list of Step
        """
        self.ensure_one()
        if not self.is_connectable:
            return []
        can = self._capabilities()
        return [
            *self._get_steps_to_live(),
            *(self._get_number_steps() if can.push_levels else []),
            *(self._get_shadow_steps() if can.sells else []),
        ]

    def _get_shadow_steps(self):
        return [
            Step(
                "shadow",
                self.env._("Order captured"),
                str(self.order_count or ""),
                bool(self.order_count),
                self.env._(
                    "Wait for an order of the channel, or place one: see that it "
                    "comes in as the channel shows it, while nothing is published yet."
                ),
                action="action_open_orders",
            )
        ]

    def _get_number_steps(self):
        untold = self._count_untold() if self.state == "live" else 0
        return [
            Step(
                "dry_run",
                self.env._("Preview read"),
                "",
                bool(self.previewed_at),
                self.env._(
                    "Open the Publication Preview and look at what would change most."
                ),
                action="action_open_preview",
            ),
            Step(
                "numbers",
                self.env._("Quantities shown"),
                f"{self.level_count - untold}/{self.level_count}"
                if self.state == "live"
                else "",
                self.state == "live" and bool(self.last_ack) and not untold,
                self.env._(
                    "Wait until the channel shows each quantity: %s are not confirmed "
                    "yet. Exceptions say what keeps them back.",
                    untold,
                ),
                action="action_open_preview",
            ),
        ]

    def _count_untold(self):
        """Quantities that the channel has never shown as they should be: what differs
        for a moment, since it has just changed, is none."""
        self.env.flush_all()
        [[count]] = self.env.execute_query(
            SQL(
                """
                SELECT count(*) FROM channel_level_difference different
                  LEFT JOIN channel_level_remote remote
                         ON remote.level_id = different.level_id
                 WHERE different.channel_id = %s AND remote.acked_at IS NULL
                """,
                self.id,
            )
        )
        return count

    # ------------------------------------------------------------- actions
    def action_open_preview(self):
        """What would be published; that an operator has read it is remembered."""
        self.ensure_one()
        self.check_access("read")
        works = self.env.user.has_group("channel_inventory_base.group_channel_operator")
        if works and not self.previewed_at:
            # sudo: an operator reads the preview, without owning settings
            self.sudo().previewed_at = fields.Datetime.now()
            self.env["channel.audit"]._log(
                "channel",
                self,
                self.env._("%s: the publication preview was read", self.name),
            )
        return self._open_own("channel_level_difference_action")

    def action_open_go_live(self):
        self.ensure_one()
        return self._open_wizard("channel_go_live_action")

    def action_open_preset(self):
        self.ensure_one()
        return self._open_wizard("channel_preset_action")

    def action_open_unmatched(self):
        return self._open_own("channel_listing_review_action", search_default_todo=1)

    def action_open_unsettled(self):
        return self._open_own("channel_level_action", search_default_unsettled=1)

    def action_open_orders(self):
        return self._open_own("channel_order_action")

    def _open_wizard(self, name):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            f"channel_inventory_base.{name}"
        )
        return {**action, "context": {"default_channel_id": self.id}}

    def _open_own(self, name, **context):
        """:param name: of an action of a list; :param context: its further filters"""
        self.ensure_one()
        module, _dot, name = name.rpartition(".")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            f"{module or 'channel_inventory_base'}.{name}"
        )
        return {**action, "context": {"search_default_channel_id": self.id, **context}}
