from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .channel_controlled import NO_PROPOSAL
from .channel_rule_terms import WAREHOUSE_KINDS

# Their value is one of hundred.
PERCENT_KINDS = ("percent", "share", "risk")
# What stays once a version exists: the versions of a rule are of one kind.
FIXED = ("kind", "company_id")


class ChannelRule(models.Model):
    """A step from a stock position to the number a channel shows, as people edit it.

    How it works: what is written here is a draft. Activating copies the terms into a
    ``channel.rule.version``, which never changes; the planner knows nothing but
    versions that are in effect. So an active rule can be edited, previewed and
    proposed while its last version goes on counting: see ``channel.controlled``.

    Which rule counts: for each kind ONE on a level. The lower sequence first; of equal
    sequences the narrowest scope; of two categories the deeper; then the older rule.
    In which order: as listed in ``KINDS``. A rule of value 0 switches a wider rule of
    its kind off.
    """

    _name = "channel.rule"
    _description = "Channel Rule"
    _inherit = [
        "channel.rule.terms",
        "channel.controlled",
        "channel.import",
        "mail.thread",
    ]
    _order = "kind, sequence, specificity desc, id"

    name = fields.Char(compute="_compute_name", store=True, readonly=False, copy=False)
    active = fields.Boolean(default=True)
    state = fields.Selection(tracking=True)
    value = fields.Float(tracking=True)
    version_ids = fields.One2many("channel.rule.version", "rule_id", readonly=True)
    active_version_id = fields.Many2one(
        "channel.rule.version", readonly=True, copy=False, string="Version in Effect"
    )

    @api.depends("kind", "value")
    def _compute_name(self):
        """Names made by people stay."""
        for rule in self:
            if not rule.name or rule._is_automatic(rule.name):
                rule.name = rule._automatic_name()

    def _automatic_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        unit = " %" if self.kind in PERCENT_KINDS else ""
        return f"{kinds.get(self.kind, '')} {self.value:g}{unit}"

    # -------------------------------------------------------------- checks
    @api.constrains("channel_id", "node_id", "listing_id", "company_id")
    def _check_scope(self):
        for rule in self:
            channels = rule.channel_id | rule.node_id.channel_id
            channels |= rule.listing_id.channel_id
            if len(channels) > 1 or channels.company_id - rule.company_id:
                raise ValidationError(
                    self.env._(
                        "The channel, node and listing of rule %s do not belong "
                        "together, or to its company.",
                        rule.name,
                    )
                )

    @api.constrains("kind", "warehouse_id", "allocation_group_id")
    def _check_kind(self):
        for rule in self:
            if rule.warehouse_id and rule.kind not in WAREHOUSE_KINDS:
                raise ValidationError(
                    self.env._(
                        "%s cannot be limited to one warehouse: only buffers, days of "
                        "cover, threshold and cap judge a warehouse by itself.",
                        rule.name,
                    )
                )
            if rule.kind == "exclusive":
                rule._check_exclusive()

    def _check_exclusive(self):
        """Channels that share must agree on how: the rule is the same for all."""
        if not self.allocation_group_id:
            raise ValidationError(
                self.env._("Exclusive allocation %s needs a group.", self.name)
            )
        if self.channel_id or self.node_id or self.listing_id or self.warehouse_id:
            raise ValidationError(
                self.env._(
                    "Exclusive allocation %s is for products: channels that share "
                    "stock cannot each have a rule of their own. Name them in its "
                    "group.",
                    self.name,
                )
            )

    @api.constrains("kind", "reason", "valid_until")
    def _check_freeze(self):
        for rule in self.filtered(lambda each: each.kind == "freeze"):
            if not rule.reason or not rule.valid_until:
                raise ValidationError(
                    self.env._("A frozen number needs a reason and an end.")
                )

    @api.constrains("active")
    def _check_archived(self):
        for rule in self.filtered(lambda each: not each.active):
            if rule.active_version_id or rule.state == "proposed":
                raise ValidationError(
                    self.env._(
                        "%s is in effect or proposed: retire it before it is archived.",
                        rule.name,
                    )
                )

    # ---------------------------------------------------------------- CRUD
    def write(self, vals):
        if not vals.keys() & set(self._content_fields()):
            return super().write(vals)
        before = {rule: rule._content() for rule in self}
        result = super().write(vals)
        changed = self.filtered(lambda rule: rule._content() != before[rule])
        for rule in changed:
            rule._check_changeable(before[rule])
        changed._on_content_changed()
        return result

    def _check_changeable(self, before):
        """:raise UserError: when it should have stayed as it was"""
        if self.state == "retired":
            raise UserError(
                self.env._("%s is retired: reopen it before you change it.", self.name)
            )
        moved = any(self._content()[name] != before[name] for name in FIXED)
        if moved and self.version_ids:
            raise UserError(
                self.env._(
                    "%s has been in effect: its kind and company stay. Retire it and "
                    "make another rule.",
                    self.name,
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_versions(self):
        for rule in self.filtered("version_ids"):
            raise UserError(
                self.env._(
                    "%s has been in effect and published numbers name it: retire and "
                    "archive it instead of deleting it.",
                    rule.name,
                )
            )

    # ------------------------------------------------------------- control
    @api.model
    def _control_fields(self):
        return super()._control_fields() | {"active_version_id", "version_ids"}

    def _on_content_changed(self):
        """What was proposed was something else; what is in effect stays."""
        for rule in self.filtered(lambda each: each.state == "proposed"):
            rule._log_control(
                self.env._("%s: changed, the proposal is taken back", rule.name)
            )
        self._end_proposal()

    def action_discard_changes(self):
        """Back to what is in effect."""
        self._require_role("operator")
        for rule in self:
            rule._require_effect()
            rule.write(rule.active_version_id._content())
        self._end_proposal()

    def _channel(self):
        return self.channel_id or self.node_id.channel_id or self.listing_id.channel_id

    def _is_in_effect(self):
        return bool(self.active_version_id)

    def _is_in_effect_as_it_is(self):
        version = self.active_version_id
        return bool(version) and version._content() == self._content()

    def _check_complete(self):
        if self.valid_until and self.valid_until <= fields.Datetime.now():
            raise UserError(
                self.env._("%s has ended already: choose a later end.", self.name)
            )
        members = self.allocation_group_id.member_ids.filtered("weight")
        if self.kind == "exclusive" and len(members) < 2:
            raise UserError(
                self.env._(
                    "%(rule)s: the group %(group)s needs two channels with a weight to "
                    "share anything.",
                    rule=self.name,
                    group=self.allocation_group_id.name,
                )
            )
        if self.lead_days and self.lead_days >= self.horizon_days > 0:
            raise UserError(
                self.env._(
                    "%s promises nothing: what arrives needs as long to be shipped as "
                    "its horizon reaches.",
                    self.name,
                )
            )

    def _difference(self):
        return self._difference_from(self.active_version_id)

    # ---------------------------------------------------------- activation
    def _put_in_effect(self):
        """The terms become a new version; the last one retires."""
        # sudo: nobody may write versions, activating a rule makes one
        versions = self.env["channel.rule.version"].sudo()
        for rule in self:
            rule.active_version_id._retire()
            version = versions.create(rule._prepare_version_vals())
            # sudo: state and version are the buttons' to write, not the user's
            rule.sudo().write(
                dict(NO_PROPOSAL, active_version_id=version.id, state="active")
            )
        versions._follow_time()

    def _prepare_version_vals(self):
        return {
            **self._content(),
            "rule_id": self.id,
            "number": max(self.version_ids.mapped("number"), default=0) + 1,
            "proposed_by_id": (self.proposed_by_id or self.env.user).id,
            "approved_by_id": self.env.uid,
            "activated_at": fields.Datetime.now(),
        }

    def _put_out_of_effect(self):
        """The rule counts no longer; its versions stay, numbers name them."""
        self.active_version_id._retire()
        # sudo: state and version are the buttons' to write, not the user's
        self.sudo().write(dict(NO_PROPOSAL, active_version_id=False, state="retired"))
