# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_datetime

NO_PROPOSAL = {"proposal": False, "proposed_by_id": False, "proposed_at": False}


class ChannelControlled(models.AbstractModel):
    """Content that takes effect on activation, and after approval by a second user.

    How it works: content is edited freely and has no effect. Proposing records the user
    and the time; approving puts it into effect through ``_put_in_effect``, ending
    through ``_put_out_of_effect``. Approval applies to exactly the proposal: an edit
    withdraws it, a button may say in its context which proposal it shows
    (``seen_proposal``), and two approvals at the same moment meet at a row lock.

    Only the buttons write state and proposal: they are fields of the server's.

    How to use: inherit it, have a ``company_id``, and implement the hooks at the end.
    """

    _name = "channel.controlled"
    _description = "Change Control"
    _inherit = ["channel.guarded"]

    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("proposed", "Proposed"),
            ("active", "Active"),
            ("retired", "Retired"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
    )
    proposal = fields.Selection(
        [("activate", "To activate"), ("retire", "To retire")],
        readonly=True,
        copy=False,
        string="Proposed",
    )
    proposed_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    proposed_at = fields.Datetime(readonly=True, copy=False)
    editor_ids = fields.Many2many(
        "res.users",
        readonly=True,
        copy=False,
        string="Written by",
        help="Authors of the pending changes. Where approval by a second person is "
        "required, none of them may approve.",
    )
    needs_approval = fields.Boolean(
        compute="_compute_approval",
        help="The company requires a second person to approve changes.",
    )
    may_approve = fields.Boolean(
        compute="_compute_approval",
        search="_search_may_approve",
        help="You may approve this proposal.",
    )

    @api.depends("company_id", "state", "proposal", "proposed_by_id", "editor_ids")
    @api.depends_context("uid")
    def _compute_approval(self):
        manager = self._is_manager()
        for record in self:
            # sudo: a setting of the company that everybody is bound by
            asked = record.company_id.sudo().channel_change_approval
            record.needs_approval = asked
            record.may_approve = (
                manager
                and record.state == "proposed"
                and not (asked and self.env.user in record._get_first_persons())
            )

    def _get_first_persons(self):
        """The authors of the proposal: its proposer and its editors."""
        if self.proposal == "retire":
            return self.proposed_by_id
        return self.proposed_by_id | self.editor_ids

    @api.model
    def _search_may_approve(self, operator, value):
        if operator != "in":
            return NotImplemented
        if not self._is_manager():
            return Domain(True not in value)
        # sudo: a setting of the company that everybody is bound by
        asking = self.env["res.company"].sudo()
        asking = asking.search([("channel_change_approval", "=", True)])
        domain = Domain("state", "=", "proposed") & (
            Domain("company_id", "not in", asking.ids)
            | Domain("proposed_by_id", "!=", self.env.uid)
            & (
                Domain("proposal", "=", "retire")
                | Domain("editor_ids", "not in", [self.env.uid])
            )
        )
        return domain if True in value else ~domain

    # ------------------------------------------------------------- buttons
    def action_propose(self):
        self._require_role("operator")
        for record in self:
            record._require_state(("draft",))
            record._check_complete()
        self._propose("activate")

    def action_withdraw(self):
        """Take a proposal back; nothing that is in effect changes."""
        self._require_role("operator")
        self._lock()
        for record in self:
            record._require_state(("proposed",))
            record._log_control(self.env._("%s: proposal withdrawn", record._label()))
        self._end_proposal(self.env._("Withdrawn by %s", self.env.user.name))

    def action_approve(self):
        self._require_role("manager")
        self._lock()
        for record in self:
            record._require_state(("proposed",))
            record._check_seen()
            record._check_second_person()
        for record in self.filtered(lambda each: each.proposal == "retire"):
            record._check_end()
            record._log_control(self.env._("%s: retirement approved", record._label()))
            record._put_out_of_effect()
        self.filtered(lambda each: each.proposal == "activate")._approve_content()

    def _approve_content(self):
        for record in self:
            # as of today, not of the day of its proposal
            record._check_complete()
            record._log_control(
                self.env._("%s: approved", record._label()), record._difference()
            )
        self._put_in_effect()

    def action_activate(self):
        """Put into effect directly, where no approval is required."""
        proposed = self.filtered(lambda each: each.state == "proposed")
        proposed.action_approve()
        records = self - proposed
        if not records:
            return
        records._require_role("manager")
        records._lock()
        for record in records:
            record._require_state(("draft",))
            if record.needs_approval:
                raise UserError(
                    self.env._(
                        "%(company)s requires approval by a second person: propose "
                        "%(record)s, and another manager approves it.",
                        company=record.company_id.name,
                        record=record._label(),
                    )
                )
            record._check_complete()
            record._log_control(
                self.env._("%s: activated", record._label()), record._difference()
            )
        records._put_in_effect()

    def action_reject(self):
        """Ask for the reason first."""
        self._require_role("manager")
        for record in self:
            record._require_state(("proposed",))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Reject"),
            "res_model": "channel.rejection",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_res_model": self._name,
                "default_res_ids": self.ids,
                "seen_proposal": self.env.context.get("seen_proposal"),
            },
        }

    def _reject(self, reason):
        self._require_role("manager")
        self._lock()
        for record in self:
            record._require_state(("proposed",))
            record._check_seen()
            message = self.env._(
                "%(record)s: proposal of %(user)s rejected: %(reason)s",
                record=record._label(),
                user=record.proposed_by_id.name,
                reason=reason,
            )
            record._log_control(message, record._difference())
            record._chatter().message_post(body=message)
        self._end_proposal(
            self.env._(
                "Rejected by %(user)s: %(reason)s",
                user=self.env.user.name,
                reason=reason,
            )
        )

    def action_retire(self):
        """End it; as a proposal where a second person has to agree."""
        asked = self.filtered("needs_approval")
        if asked:
            asked._require_role("operator")
            for record in asked:
                record._require_state(("draft", "active"))
                record._require_effect()
                record._check_end()
            asked._propose("retire")
        rest = self - asked
        if rest:
            rest._require_role("manager")
            rest._lock()
            for record in rest:
                record._require_effect()
                record._check_end()
                record._log_control(self.env._("%s: retired", record._label()))
                record._put_out_of_effect()

    def action_reopen(self):
        """Turn a retired record into a draft again."""
        self._require_role("operator")
        self._lock()
        for record in self:
            record._require_state(("retired",))
        # sudo: the state is the buttons' to write
        self.sudo().write({"state": "draft"})

    def action_show_audit(self):
        """Open the audit trail of its proposals and decisions."""
        return dict(
            self.env["ir.actions.act_window"]._for_xml_id(
                "channel_inventory_base.channel_audit_action"
            ),
            domain=[("res_model", "=", self._name), ("res_id", "in", self.ids)],
        )

    # -------------------------------------------------------------- checks
    def _is_manager(self):
        group = "channel_inventory_base.group_channel_manager"
        return self.env.su or self.env.user.has_group(group)

    def _require_state(self, states):
        if self.state not in states:
            raise UserError(
                self.env._(
                    "%(record)s is in the state “%(state)s”: this is not possible now.",
                    record=self._label(),
                    state=self._get_state_name(),
                )
            )

    def _get_state_name(self):
        return self._fields["state"].convert_to_export(self.state, self).lower()

    def _require_effect(self):
        if not self._is_in_effect():
            raise UserError(
                self.env._(
                    "%s is not in effect: there is nothing to retire.", self._label()
                )
            )

    def _check_seen(self):
        """The proposal that is decided on must be the one that was looked at."""
        seen = self.env.context.get("seen_proposal")
        if seen and seen != fields.Datetime.to_string(self.proposed_at):
            raise UserError(
                self.env._(
                    "%(record)s was proposed again by %(user)s on %(at)s, after you "
                    "opened it: review it again.",
                    record=self._label(),
                    user=self.proposed_by_id.name,
                    at=format_datetime(self.env, self.proposed_at),
                )
            )

    def _check_second_person(self):
        if not self.needs_approval or self.env.user not in self._get_first_persons():
            return
        words = {"record": self._label(), "company": self.company_id.name}
        if self.proposed_by_id == self.env.user:
            raise UserError(
                self.env._(
                    "You proposed %(record)s yourself. %(company)s requires approval "
                    "by a second person: another manager has to approve it.",
                    **words,
                )
            )
        raise UserError(
            self.env._(
                "You wrote %(record)s yourself, or a part of it. %(company)s requires "
                "approval by a second person: a manager who did not write it has to "
                "approve it.",
                **words,
            )
        )

    def _lock(self):
        """:raise UserError: if another user is deciding on one of them right now"""
        self.flush_recordset()
        if self.try_lock_for_update() != self:
            raise UserError(
                self.env._(
                    "Another user is changing the same records right now. Try again in "
                    "a moment."
                )
            )

    # ----------------------------------------------------------- proposals
    def _propose(self, proposal):
        self._lock()
        for record in self:
            if proposal == "retire":
                record._log_control(
                    self.env._("%s: retirement proposed", record._label())
                )
            else:
                record._log_control(
                    self.env._("%s: proposed", record._label()), record._difference()
                )
        # sudo: proposal fields are the buttons' to write
        self.sudo().write(
            {
                "state": "proposed",
                "proposal": proposal,
                "proposed_by_id": self.env.uid,
                "proposed_at": fields.Datetime.now(),
            }
        )

    def _end_proposal(self, outcome=""):
        """No proposal any more: what is in effect stays, what is not is a draft.

        :param outcome: what became of it, for those who keep that
        """
        for record in self:
            state = "active" if record._is_in_effect_as_it_is() else "draft"
            if record.proposal or record.state != state:
                # sudo: proposal fields are the buttons' to write
                record.sudo().write(dict(NO_PROPOSAL, state=state))

    def _log_control(self, message, difference=None):
        self.env["channel.audit"]._log(
            "control",
            self._channel(),
            message,
            record=self,
            data=difference,
            company=self.company_id,
        )

    # --------------------------------------------------------------- hooks
    def _label(self):
        """How messages call it."""
        return self.display_name

    def _channel(self):
        """The one channel it is about, if it is one."""
        return self.env["channel.channel"]

    def _chatter(self):
        """The record whose chatter tells about it."""
        return self

    def _check_complete(self):
        """:raise UserError: when something is missing before it can take effect"""

    def _check_end(self):
        """:raise UserError: when it cannot end, because something stands on it"""

    def _is_in_effect(self):
        """Whether anything of it counts, be it as it is or as it was."""
        raise NotImplementedError

    def _is_in_effect_as_it_is(self):
        raise NotImplementedError

    def _difference(self):
        """The changes of an approval: field -> [from, to], as text."""
        raise NotImplementedError

    def _put_in_effect(self):
        """Write what was approved, by this user, to where it counts."""
        raise NotImplementedError

    def _put_out_of_effect(self):
        raise NotImplementedError
