# SPDX-License-Identifier: AGPL-3.0-or-later
from contextlib import contextmanager

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tools import format_list

from .channel_controlled import NO_PROPOSAL


class ChannelVersioned(models.AbstractModel):
    """A working copy under change control; its versions take effect.

    How it works: edits are a draft. Activating copies it into a version, which never
    changes; the planner knows nothing but versions. So active content can be edited,
    previewed and proposed while its last version stays in effect: see
    ``channel.controlled``.

    How to use: inherit it next to the model that holds the content and has
    ``_content_fields``, ``_content`` and ``_difference_from``; have ``name``, and
    ``version_ids`` and ``active_version_id`` of a model that inherits
    ``channel.version``. Name in ``_fixed`` what must stay once a version exists.
    """

    _name = "channel.versioned"
    _description = "Content With Versions"
    _inherit = ["channel.controlled"]
    _fixed = ("company_id",)

    active = fields.Boolean(default=True)
    version_count = fields.Integer(compute="_compute_version_count")
    is_changed = fields.Boolean(
        compute="_compute_is_changed",
        help="The working copy differs from the version in effect.",
    )
    changes = fields.Char(
        compute="_compute_is_changed", string="Changes to the Version in Effect"
    )

    @api.depends(lambda self: [*self._content_paths(), "active_version_id", "state"])
    def _compute_is_changed(self):
        for record in self:
            difference = record._difference() if record.active_version_id else {}
            record.is_changed = bool(difference)
            record.changes = record.active_version_id._get_difference_label(difference)

    def _compute_version_count(self):
        versions = self._fields["version_ids"]
        counts = dict(
            self.env[versions.comodel_name]._read_group(
                [(versions.inverse_name, "in", self.ids)],
                [versions.inverse_name],
                ["__count"],
            )
        )
        for record in self:
            record.version_count = counts.get(record._origin, 0)

    # -------------------------------------------------------------- checks
    @api.constrains("active")
    def _check_archived(self):
        for record in self.filtered(lambda each: not each.active):
            if record.active_version_id or record.state == "proposed":
                raise ValidationError(
                    self.env._(
                        "%s is in effect or proposed: retire it before it is archived.",
                        record._label(),
                    )
                )

    # ---------------------------------------------------------------- CRUD
    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._remember_editor()
        return records

    def write(self, vals):
        if not vals.keys() & set(self._content_fields()):
            return super().write(vals)
        with self._editing():
            return super().write(vals)

    @contextmanager
    def _editing(self):
        """Around all that may change the content of these."""
        before = {record: record._content() for record in self}
        yield
        changed = self.filtered(lambda record: record._content() != before[record])
        for record in changed:
            record._check_changeable(before[record])
        changed._on_content_changed()

    def _check_changeable(self, before):
        """:raise UserError: when it should have stayed as it was"""
        if self.state == "retired":
            raise UserError(
                self.env._(
                    "%s is retired: reopen it before you change it.", self._label()
                )
            )
        moved = any(self._content()[name] != before[name] for name in self._fixed)
        if moved and self.version_ids:
            names = [
                self._fields[name]._description_string(self.env).lower()
                for name in self._fixed
            ]
            raise UserError(
                self.env._(
                    "%(record)s has been in effect: its %(fields)s cannot change any "
                    "more. Retire it and create another one.",
                    record=self._label(),
                    fields=format_list(self.env, names),
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_versions(self):
        for record in self.filtered("version_ids"):
            raise UserError(
                self.env._(
                    "%s has been in effect and published quantities refer to it: "
                    "retire and archive it instead of deleting it.",
                    record._label(),
                )
            )

    # ------------------------------------------------------------- control
    @api.model
    def _content_paths(self):
        """The dependencies of the content, as field paths."""
        return self._content_fields()

    @api.model
    def _content_fields(self):
        """The fields edited by users."""
        return []

    def _on_content_changed(self):
        """The proposal no longer matches the content; the version in effect stays."""
        for record in self.filtered(lambda each: each.state == "proposed"):
            record._log_control(
                self.env._("%s: changed, the proposal is withdrawn", record._label())
            )
        self._end_proposal()
        self._remember_editor()

    def _remember_editor(self):
        """The authors of the differences from the version in effect; none without a
        difference."""
        for record in self:
            same = record._is_in_effect_as_it_is()
            # sudo: who has written what is not for people to write
            record.sudo().editor_ids = (
                [Command.clear()] if same else [Command.link(self.env.uid)]
            )

    def action_discard_changes(self):
        """Back to what is in effect."""
        self._require_role("operator")
        for record in self:
            record._require_effect()
            record.write(record._prepare_discard_vals())
        self._end_proposal()

    def _prepare_discard_vals(self):
        return self.active_version_id._content()

    def _is_in_effect(self):
        return bool(self.active_version_id)

    def _is_in_effect_as_it_is(self):
        version = self.active_version_id
        return bool(version) and version._content() == self._content()

    def _difference(self):
        return self._difference_from(self.active_version_id)

    # ---------------------------------------------------------- activation
    def _put_in_effect(self):
        """The working copy becomes a new version; the last one is retired."""
        # sudo: no user may write versions, activating makes one
        versions = self.env[self._fields["version_ids"].comodel_name].sudo()
        for record in self:
            record.active_version_id._retire()
            version = versions.create(record._prepare_version_vals())
            # sudo: state and version are the buttons' to write, not the user's
            record.sudo().write(
                dict(
                    NO_PROPOSAL,
                    active_version_id=version.id,
                    state="active",
                    editor_ids=[Command.clear()],
                )
            )
        versions._take_effect()

    def _prepare_version_vals(self):
        return {
            **self._content(),
            self._fields["version_ids"].inverse_name: self.id,
            "number": max(self.version_ids.mapped("number"), default=0) + 1,
            "proposed_by_id": (self.proposed_by_id or self.env.user).id,
            "approved_by_id": self.env.uid,
            "activated_at": fields.Datetime.now(),
        }

    def _put_out_of_effect(self):
        """It counts no longer; its versions stay, numbers name them."""
        self.active_version_id._retire()
        # sudo: state and version are the buttons' to write, not the user's
        self.sudo().write(dict(NO_PROPOSAL, active_version_id=False, state="retired"))
