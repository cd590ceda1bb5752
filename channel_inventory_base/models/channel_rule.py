from odoo import api, fields, models
from odoo.exceptions import ValidationError

KINDS = [
    ("backorder", "Backorder"),
    ("fixed", "Fixed buffer"),
    ("percent", "Percent buffer"),
    ("threshold", "Threshold"),
    ("cap", "Cap"),
]

# A narrower scope beats all wider ones together.
SCOPES = {
    "channel_id": 1,
    "node_id": 2,
    "categ_id": 4,
    "product_tmpl_id": 8,
    "product_id": 16,
    "listing_id": 32,
}


class ChannelRule(models.Model):
    """A step between a stock position and the number a channel shows.

    For each kind ONE rule counts on a level: the one with the narrowest scope; of two
    categories the deeper; then the lower sequence; then the older. The kinds are
    applied in a fixed order: backorder adds, fixed and percent buffer take away (STOCK
    units); the rest is rounded down to SOLD units; threshold and cap judge those.
    A rule of value 0 switches a wider rule of its kind off.
    """

    _name = "channel.rule"
    _description = "Channel Rule"
    _order = "kind, specificity desc, sequence, id"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name", store=True, readonly=False, copy=False)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    kind = fields.Selection(KINDS, required=True, default="fixed")
    value = fields.Float(
        digits="Product Unit",
        help="Backorder: at most so many stock units of dated inbound are promised. "
        "Fixed buffer: stock units kept back. Percent buffer: percent kept back. "
        "Threshold: at or below so many sold units 0 is shown. Cap: never more than "
        "so many sold units are shown; 0 means no cap.",
    )
    channel_id = fields.Many2one("channel.channel", ondelete="cascade", index=True)
    node_id = fields.Many2one(
        "channel.node", ondelete="cascade", index="btree_not_null"
    )
    categ_id = fields.Many2one(
        "product.category", string="Category", ondelete="cascade", help="And below."
    )
    product_tmpl_id = fields.Many2one(
        "product.template",
        string="Product",
        ondelete="cascade",
        index="btree_not_null",
        check_company=True,
    )
    product_id = fields.Many2one(
        "product.product",
        string="Variant",
        ondelete="cascade",
        index="btree_not_null",
        check_company=True,
    )
    listing_id = fields.Many2one(
        "channel.listing", ondelete="cascade", index="btree_not_null"
    )
    specificity = fields.Integer(
        compute="_compute_specificity",
        store=True,
        help="How narrow the scope is; the narrowest rule of a kind counts.",
    )

    _value_positive = models.Constraint(
        "CHECK (value >= 0)", "The value of a rule cannot be negative."
    )
    _percent_range = models.Constraint(
        "CHECK (kind != 'percent' OR value <= 100)",
        "More than 100 percent cannot be kept back.",
    )

    @api.depends("kind", "value")
    def _compute_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for rule in self:
            unit = " %" if rule.kind == "percent" else ""
            rule.name = f"{kinds.get(rule.kind, '')} {rule.value:g}{unit}"

    @api.depends(*SCOPES, "categ_id.parent_path")
    def _compute_specificity(self):
        for rule in self:
            scope = sum(weight for name, weight in SCOPES.items() if rule[name])
            depth = (rule.categ_id.parent_path or "").count("/")
            rule.specificity = scope * 100 + depth

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

    @api.model_create_multi
    def create(self, vals_list):
        self.env["channel.change"]._wake_planner()
        return super().create(vals_list)

    def write(self, vals):
        self.env["channel.change"]._wake_planner()
        return super().write(vals)

    def unlink(self):
        self.env["channel.change"]._wake_planner()
        return super().unlink()
