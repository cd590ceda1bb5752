from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .channel_rule_terms import WAREHOUSE_KINDS


class ChannelRule(models.Model):
    """A step between a stock position and the number a channel shows, as people edit it.

    How it works: what is written here is a draft. Activating copies the terms into a
    ``channel.rule.version``, which never changes; the planner knows nothing but
    versions that are in effect. So an active rule can be edited, previewed and
    proposed while its last version goes on counting.

    Which rule counts: for each kind ONE on a level. The lower sequence first; of equal
    sequences the narrowest scope; of two categories the deeper; then the older rule.
    In which order: as listed in ``KINDS``. A rule of value 0 switches a wider rule of
    its kind off.
    """

    _name = "channel.rule"
    _description = "Channel Rule"
    _inherit = ["channel.rule.terms"]
    _order = "kind, sequence, specificity desc, id"

    name = fields.Char(compute="_compute_name", store=True, readonly=False, copy=False)
    active = fields.Boolean(default=True)
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
    )
    version_ids = fields.One2many("channel.rule.version", "rule_id", readonly=True)
    active_version_id = fields.Many2one(
        "channel.rule.version", readonly=True, copy=False, string="Version in Effect"
    )

    @api.depends("kind", "value")
    def _compute_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        percent = ("percent", "share", "risk")
        for rule in self:
            unit = " %" if rule.kind in percent else ""
            rule.name = f"{kinds.get(rule.kind, '')} {rule.value:g}{unit}"

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
                    "Exclusive allocation %s is for products: channels that share stock "
                    "cannot each have a rule of their own. Name them in its group.",
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

    # ---------------------------------------------------------- activation
    def _activate(self, proposed_by=None, approved_by=None):
        """Put the terms into effect as a new version; the last one retires."""
        versions = self.env["channel.rule.version"].sudo()  # written by nobody else
        for rule in self:
            rule.active_version_id._retire()
            numbers = rule.with_context(active_test=False).version_ids.mapped("number")
            version = versions.create(
                {
                    **rule._terms(),
                    "rule_id": rule.id,
                    "name": rule.name,
                    "number": max(numbers, default=0) + 1,
                    "proposed_by_id": (proposed_by or self.env.user).id,
                    "approved_by_id": (approved_by or self.env.user).id,
                    "activated_at": fields.Datetime.now(),
                }
            )
            # sudo: state and version are the buttons' to write, not the user's
            rule.sudo().write({"active_version_id": version.id, "state": "active"})
        versions._follow_time()

    def _retire(self):
        """The rule counts no longer; its versions stay, numbers name them."""
        self.active_version_id._retire()
        # sudo: as above
        self.sudo().write({"active_version_id": False, "state": "retired"})

    def action_activate(self):
        self._activate()

    def action_retire(self):
        self._retire()
