# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.channel_rule import SUMMARIZED
from ..models.channel_setup_mixin import PRESETS
from ..tools.labels import label_of


class ChannelPreset(models.TransientModel):
    """How a channel is kept from selling what another one sells, without knowing rules.

    Makes the rule that the answer comes to, as anybody could make it by hand: it is
    shown under Rules, can be changed there, and is proposed where a second person has
    to agree.
    """

    _name = "channel.preset"
    _description = "Protection of a Channel"
    _inherit = ["channel.guarded"]

    channel_id = fields.Many2one("channel.channel", required=True, readonly=True)
    company_id = fields.Many2one(related="channel_id.company_id", related_sudo=False)
    preset = fields.Selection(
        PRESETS, required=True, default="protect", string="Protection"
    )
    chance = fields.Float(
        default=2,
        string="Chance of Overselling (%)",
        help="How likely the last units may be sold elsewhere before this channel "
        "shows it.",
    )
    other_channel_ids = fields.Many2many(
        "channel.channel",
        string="Shared With",
        domain="[('company_id', '=', company_id), ('id', '!=', channel_id)]",
    )
    price = fields.Char(compute="_compute_price", string="What It Costs")

    @api.depends("preset")
    def _compute_price(self):
        words = {
            "protect": self.env._(
                "The last units of fast movers are not offered: as many as are likely "
                "to be sold elsewhere before this channel shows it. The buffer follows "
                "measured sales and latency, so slow movers are offered to the last."
            ),
            "everything": self.env._(
                "All that is available is offered on all channels. Of the last units "
                "two channels may sell the same one within the seconds that a number "
                "takes to get there: such an order has to be bought in, or refused."
            ),
            "divide": self.env._(
                "Each unit is offered by one of these channels only, so none is sold "
                "twice. A channel can be sold out while another one still has units."
            ),
        }
        for wizard in self:
            wizard.price = words.get(wizard.preset, "")

    # ------------------------------------------------------------- actions
    def action_confirm(self):
        self.ensure_one()
        self._require_role("manager")
        channel = self.channel_id
        if self.preset == "protect":
            self._protect()
        elif self.preset == "divide":
            self._divide()
        if self.preset != "protect":
            self._find_buffer().action_retire()
        # sudo: what was chosen is this wizard's to write
        channel.sudo().preset = self.preset
        self.env["channel.audit"]._log(
            "channel",
            channel,
            self.env._(
                "%(channel)s: protection %(preset)s",
                channel=channel.name,
                preset=label_of(self, "preset", self.preset),
            ),
        )
        return {"type": "ir.actions.act_window_close"}

    # ------------------------------------------------------------ business
    def _find_buffer(self):
        """The channel's own risk buffer that is in effect."""
        rules = self.env["channel.rule"].search(
            [("channel_id", "=", self.channel_id.id), ("kind", "=", "risk")]
        )
        narrower = [name for name in SUMMARIZED if name != "channel_id"]
        return rules.filtered(
            lambda rule: (
                rule.active_version_id and not any(rule[name] for name in narrower)
            )
        )

    def _protect(self):
        if self.chance <= 0:
            raise UserError(
                self.env._("No buffer excludes all chance: enter more than 0 percent.")
            )
        buffer = self._find_buffer()[:1]
        if not buffer:
            buffer = self.env["channel.rule"].create(
                {
                    "kind": "risk",
                    "value": self.chance,
                    "company_id": self.channel_id.company_id.id,
                    "channel_id": self.channel_id.id,
                }
            )
        elif buffer.value != self.chance:
            buffer.value = self.chance
        elif buffer.state == "active":
            return
        self._put_in_effect(buffer)

    def _divide(self):
        if not self.other_channel_ids:
            raise UserError(
                self.env._("Choose the channels that share their stock with this one.")
            )
        channels = self.channel_id | self.other_channel_ids
        group = self.env["channel.allocation.group"].create(
            {
                "name": ", ".join(channels.mapped("name")),
                "company_id": self.channel_id.company_id.id,
                "member_ids": [(0, 0, {"channel_id": each.id}) for each in channels],
            }
        )
        self._put_in_effect(group)
        rule = self.env["channel.rule"].create(
            {
                "kind": "exclusive",
                "value": 0,
                "company_id": self.channel_id.company_id.id,
                "allocation_group_id": group.id,
            }
        )
        self._put_in_effect(rule)

    def _put_in_effect(self, record):
        if record.needs_approval:
            record.action_propose()
        else:
            record.action_activate()
