# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models


class ChannelVersion(models.AbstractModel):
    """Content as it was activated. It never changes, so a quantity can refer to it.

    How to use: inherit it next to the model that holds the content, name in
    ``_version_of`` the field of the working copy (``channel.versioned``) and in
    ``_named_by`` that of numbers which name it (``channel.explained``), and have unique
    indexes of the first and ``number``, and of it alone ``WHERE state = 'active'``.
    """

    _name = "channel.version"
    _description = "Version"
    _inherit = ["channel.guarded"]
    _version_of = None
    _named_by = None

    number = fields.Integer(required=True, readonly=True, string="Version")
    name = fields.Char(required=True, readonly=True)
    state = fields.Selection(
        [("active", "Active"), ("retired", "Retired")],
        default="active",
        required=True,
        readonly=True,
    )
    proposed_by_id = fields.Many2one("res.users", readonly=True)
    approved_by_id = fields.Many2one("res.users", readonly=True)
    activated_at = fields.Datetime(readonly=True)
    retired_at = fields.Datetime(readonly=True)
    changes = fields.Char(
        compute="_compute_changes",
        help="Changes from the previous version.",
    )

    @api.depends("name", "number")
    def _compute_display_name(self):
        for version in self:
            version.display_name = self.env._(
                "%(name)s, version %(number)s",
                name=version.name,
                number=version.number,
            )

    @api.depends("number")
    def _compute_changes(self):
        """One look at all versions of these, whatever number of them is asked."""
        name = self._version_of
        versions = self.search([(name, "in", self[name].ids)])
        before = {(each[name], each.number): each for each in versions}
        for version in self:
            previous = before.get((version[name], version.number - 1))
            if not previous:
                version.changes = self.env._("First version")
                continue
            version.changes = self._get_difference_label(
                version._difference_from(previous)
            )

    @api.model
    def _get_difference_label(self, difference):
        """:param difference: field -> [from, to], in words"""
        return "; ".join(
            f"{self._fields[name]._description_string(self.env)}: "
            f"{old or '–'} → {new or '–'}"
            for name, (old, new) in difference.items()
        )

    # ------------------------------------------------------------- buttons
    def action_show_levels(self):
        """Levels whose number names one of these versions."""
        return self._show_numbers("channel_level_action")

    def _show_numbers(self, action):
        """:param action: name of one on what has numbers that name versions"""
        return dict(
            self.env["ir.actions.act_window"]._for_xml_id(
                f"channel_inventory_base.{action}"
            ),
            domain=[(self._named_by, "in", self.ids)],
            context={},
        )

    # ---------------------------------------------------------- activation
    def _retire(self):
        # sudo: versions are written by the buttons of what they are versions of
        self.sudo().write({"state": "retired", "retired_at": fields.Datetime.now()})
        self.flush_recordset()
        self.env["channel.change"]._wake_planner()

    @api.model
    def _take_effect(self):
        """Versions were made: have them count."""
        self.flush_model()
        self.env["channel.change"]._wake_planner()
