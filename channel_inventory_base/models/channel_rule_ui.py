from odoo import api, fields, models
from odoo.tools import format_datetime

from .channel_rule import PERCENT_KINDS
from .channel_rule_terms import WAREHOUSE_KINDS

# What a rule is about, in the order in which it is told.
TOLD = (
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
    """What people see of a rule besides its terms: words, numbers, and what is next."""

    _inherit = "channel.rule"

    unit_words = fields.Char(compute="_compute_unit_words")
    summary = fields.Char(compute="_compute_summary", string="In Words")
    level_count = fields.Integer(
        compute="_compute_level_count",
        string="Numbers in Scope",
        help="Levels that the rule is about, also as edited and not saved yet. On a "
        "level another rule of its kind may count instead.",
    )
    in_effect = fields.Boolean(
        related="active_version_id.in_effect", string="In Effect Now"
    )

    @api.depends("kind", "warehouse_id")
    def _compute_unit_words(self):
        """In what the value is counted."""
        for rule in self:
            if rule.kind in PERCENT_KINDS:
                rule.unit_words = self.env._("percent")
            elif rule.kind == "cover":
                rule.unit_words = self.env._("days")
            elif rule.kind == "freeze" or (
                rule.kind in ("threshold", "cap") and not rule.warehouse_id
            ):
                rule.unit_words = self.env._("sold units")
            else:
                rule.unit_words = self.env._("stock units")

    @api.depends(lambda self: [n for n in self._terms_fields() if n != "sequence"])
    def _compute_summary(self):
        for rule in self:
            parts = [rule._words_for_kind(), rule._words_for_scope()]
            parts += [rule._words_for_window()]
            words = "; ".join(part for part in parts if part)
            rule.summary = words[:1].upper() + words[1:]

    def _words_for_kind(self):
        value = f"{self.value:g}"
        words = {
            "backorder": self._words_for_backorder(value),
            "fixed": self.env._("%s stock units are kept back", value),
            "percent": self.env._("%s %% of what is left is kept back", value),
            "cover": self.env._("what sells in %s days is kept back", value),
            "risk": self.env._(
                "so much is kept back that a sale elsewhere finds nothing left in "
                "%s %% of all cases at the most",
                value,
            ),
            "share": self.env._("at most %s %% of what can be sold is shown", value),
            "threshold": self.env._("at or below %s nothing is shown", value),
            "cap": self.env._("never more than %s are shown", value)
            if self.value
            else self.env._("no cap"),
            "freeze": self.env._("exactly %s are shown", value),
            "exclusive": self._words_for_exclusive(value),
        }
        return words.get(self.kind, "")

    def _words_for_backorder(self, value):
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

    def _words_for_exclusive(self, value):
        words = self.env._(
            "the channels of %s share what there is",
            self.allocation_group_id.name or "?",
        )
        if self.value:
            words = self.env._(
                "%(words)s once %(value)s stock units or fewer are left",
                words=words,
                value=value,
            )
        return words

    def _words_for_scope(self):
        named = [self[name].display_name for name in TOLD if self[name]]
        if not named:
            return self.env._("everywhere")
        return self.env._("for %s", ", ".join(named))

    def _words_for_window(self):
        start = format_datetime(self.env, self.valid_from, dt_format="short")
        end = format_datetime(self.env, self.valid_until, dt_format="short")
        if start and end:
            return self.env._("from %(start)s to %(end)s", start=start, end=end)
        if start:
            return self.env._("from %s on", start)
        return self.env._("until %s", end) if end else ""

    @api.onchange("kind")
    def _onchange_kind(self):
        """What the new kind does not know is not kept in secret."""
        if self.kind != "backorder":
            self.update({"horizon_days": 0, "lead_days": 0, "supplier_stock": False})
        if self.kind != "exclusive":
            self.allocation_group_id = False
        else:
            self.update({"channel_id": False, "node_id": False, "listing_id": False})
        if self.kind not in WAREHOUSE_KINDS:
            self.warehouse_id = False

    # --------------------------------------------------------------- scope
    @api.depends(
        *TOLD,
        "company_id",
        "kind",
        "allocation_group_id.member_ids.channel_id",
        "allocation_group_id.active_version_id",
    )
    def _compute_level_count(self):
        levels = self.env["channel.level"]
        for rule in self:
            rule.level_count = levels.search_count(rule._scope_domain())

    # ------------------------------------------------------------- buttons
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
        """What the numbers would be; see the wizard."""
        self._require_role("operator")
        return self.env["channel.rule.preview"]._make(self)._open()

    def action_show_numbers(self):
        """Levels that a version of this rule has worked on."""
        self.ensure_one()
        return self.version_ids.action_show_levels()
