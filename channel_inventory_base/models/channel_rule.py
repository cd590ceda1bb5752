from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .channel_rule_terms import WAREHOUSE_KINDS

# Their value is one of hundred.
PERCENT_KINDS = ("percent", "share", "risk")


class ChannelRule(models.Model):
    """A step from a stock position to the number a channel shows, as people edit it.

    How it works: what is written here is a draft; the planner knows nothing but
    ``channel.rule.version``: see ``channel.versioned``.

    Which rule counts: for each kind ONE on a level. The lower sequence first; of equal
    sequences the narrowest scope; of two categories the deeper; then the older rule.
    In which order: as listed in ``KINDS``. A rule of value 0 switches a wider rule of
    its kind off.
    """

    _name = "channel.rule"
    _description = "Channel Rule"
    _inherit = [
        "channel.rule.terms",
        "channel.versioned",
        "channel.import",
        "mail.thread",
    ]
    _order = "kind, sequence, specificity desc, id"
    # the versions of a rule are of one kind
    _fixed = ("kind", "company_id")

    name = fields.Char(compute="_compute_name", store=True, readonly=False, copy=False)
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

    # ------------------------------------------------------------- control
    def _channel(self):
        return self.channel_id or self.node_id.channel_id or self.listing_id.channel_id

    def _check_complete(self):
        if self.valid_until and self.valid_until <= fields.Datetime.now():
            raise UserError(
                self.env._("%s has ended already: choose a later end.", self.name)
            )
        if self.kind == "exclusive":
            self.allocation_group_id._check_usable(self.name)
        if self.lead_days and self.lead_days >= self.horizon_days > 0:
            raise UserError(
                self.env._(
                    "%s promises nothing: what arrives needs as long to be shipped as "
                    "its horizon reaches.",
                    self.name,
                )
            )

    def _put_in_effect(self):
        sharing = self.filtered(lambda rule: rule.kind == "exclusive")
        sharing.allocation_group_id._hold_in_effect()
        return super()._put_in_effect()
