# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_datetime

from .channel_rule_terms import WAREHOUSE_KINDS

# Their value is one of hundred.
PERCENT_KINDS = ("percent", "share", "risk")


# What a rule is about, in the order in which it is told.
SUMMARIZED = (
    "listing_id",
    "product_id",
    "product_tmpl_id",
    "tag_id",
    "categ_id",
    "warehouse_id",
    "node_id",
    "channel_id",
)


class ChannelRule(models.Model):
    """A step from a stock position to the quantity that a channel offers, as edited by
    users.

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
    unit_label = fields.Char(compute="_compute_unit_label")
    summary = fields.Char(compute="_compute_summary", string="Description")
    level_count = fields.Integer(
        compute="_compute_level_count",
        string="Levels in Scope",
        help="Levels in the rule's scope, including unsaved edits. Another rule of its "
        "kind may take precedence on a level.",
    )
    in_effect = fields.Boolean(
        related="active_version_id.in_effect", string="In Effect Now"
    )

    @api.depends("kind", "value")
    def _compute_name(self):
        """Names made by people stay."""
        for rule in self:
            if not rule.name or rule._is_automatic(rule.name):
                rule.name = rule._automatic_name()

    @api.depends("kind", "warehouse_id")
    def _compute_unit_label(self):
        """In what the value is counted."""
        for rule in self:
            if rule.kind in PERCENT_KINDS:
                rule.unit_label = self.env._("percent")
            elif rule.kind == "cover":
                rule.unit_label = self.env._("days")
            elif rule.kind == "freeze" or (
                rule.kind in ("threshold", "cap") and not rule.warehouse_id
            ):
                rule.unit_label = self.env._("sold units")
            else:
                rule.unit_label = self.env._("stock units")

    @api.depends(lambda self: [n for n in self._terms_fields() if n != "sequence"])
    def _compute_summary(self):
        for rule in self:
            parts = [rule._get_kind_summary(), rule._get_scope_summary()]
            parts += [rule._get_window_summary()]
            words = "; ".join(part for part in parts if part)
            rule.summary = words[:1].upper() + words[1:]

    @api.depends(
        *SUMMARIZED,
        "company_id",
        "kind",
        "allocation_group_id.member_ids.channel_id",
        "allocation_group_id.active_version_id",
    )
    def _compute_level_count(self):
        levels = self.env["channel.level"]
        for rule in self:
            rule.level_count = levels.search_count(rule._scope_domain())

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
                        "cover, threshold and cap apply to a single warehouse.",
                        rule.name,
                    )
                )
            if rule.kind == "exclusive":
                rule._check_exclusive()

    @api.constrains("kind", "reason", "valid_until")
    def _check_freeze(self):
        for rule in self.filtered(lambda each: each.kind == "freeze"):
            if not rule.reason or not rule.valid_until:
                raise ValidationError(
                    self.env._("A frozen quantity needs a reason and an end.")
                )

    @api.onchange("kind")
    def _onchange_kind(self):
        """Fields that the new kind does not use are cleared."""
        if self.kind != "backorder":
            self.update({"horizon_days": 0, "lead_days": 0, "supplier_stock": False})
        if self.kind != "exclusive":
            self.allocation_group_id = False
        else:
            self.update({"channel_id": False, "node_id": False, "listing_id": False})
        if self.kind not in WAREHOUSE_KINDS:
            self.warehouse_id = False

    # ------------------------------------------------------------- actions
    def action_show_levels(self):
        """The levels in scope of what is written here."""
        self.ensure_one()
        return dict(
            self.env["ir.actions.act_window"]._for_xml_id(
                "channel_inventory_base.channel_level_action"
            ),
            domain=list(self._scope_domain()),
            context={},
        )

    def action_preview(self):
        """Preview the quantities; see the wizard."""
        self._require_role("operator")
        return self.env["channel.rule.preview"]._make(self)._open()

    def action_show_numbers(self):
        """Levels that a version of this rule has worked on."""
        self.ensure_one()
        return self.version_ids.action_show_levels()

    # ------------------------------------------------------------ business
    def _automatic_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        unit = " %" if self.kind in PERCENT_KINDS else ""
        return f"{kinds.get(self.kind, '')} {self.value:g}{unit}"

    # -------------------------------------------------------------- checks
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
                    "stock cannot each have a rule of their own. Add them to its "
                    "group.",
                    self.name,
                )
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
                    "%s promises nothing: its shipping delay is as long as its "
                    "horizon.",
                    self.name,
                )
            )

    def _put_in_effect(self):
        sharing = self.filtered(lambda rule: rule.kind == "exclusive")
        sharing.allocation_group_id._hold_in_effect()
        return super()._put_in_effect()

    def _get_kind_summary(self):
        value = f"{self.value:g}"
        words = {
            "backorder": self._get_backorder_summary(value),
            "fixed": self.env._("%s stock units are kept back", value),
            "percent": self.env._("%s %% of what is left is kept back", value),
            "cover": self.env._("the sales of %s days are kept back", value),
            "risk": self.env._(
                "a buffer limits the chance of overselling to %s %%",
                value,
            ),
            "share": self.env._(
                "at most %s %% of the available quantity is offered", value
            ),
            "threshold": self.env._("at or below %s nothing is offered", value),
            "cap": self.env._("at most %s are offered", value)
            if self.value
            else self.env._("no cap"),
            "freeze": self.env._("exactly %s are offered", value),
            "exclusive": self._get_exclusive_summary(value),
        }
        return words.get(self.kind, "")

    def _get_backorder_summary(self, value):
        words = self.env._("up to %s stock units of dated inbound are promised", value)
        if self.horizon_days:
            words = self.env._(
                "%(words)s, when due within %(days)s days",
                words=words,
                days=self.horizon_days,
            )
        if self.supplier_stock:
            words = self.env._("%s, suppliers' stock included", words)
        return words

    def _get_exclusive_summary(self, value):
        words = self.env._(
            "the channels of %s share the available stock",
            self.allocation_group_id.name or "?",
        )
        if self.value:
            words = self.env._(
                "%(words)s once %(value)s stock units or fewer are left",
                words=words,
                value=value,
            )
        return words

    def _get_scope_summary(self):
        named = [self[name].display_name for name in SUMMARIZED if self[name]]
        if not named:
            return self.env._("everywhere")
        return self.env._("for %s", ", ".join(named))

    def _get_window_summary(self):
        start = format_datetime(self.env, self.valid_from, dt_format="short")
        end = format_datetime(self.env, self.valid_until, dt_format="short")
        if start and end:
            return self.env._("from %(start)s to %(end)s", start=start, end=end)
        if start:
            return self.env._("from %s on", start)
        return self.env._("until %s", end) if end else ""
