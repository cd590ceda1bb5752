# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.fields import Domain

# In the order in which they are applied.
KINDS = [
    ("backorder", "Backorder"),
    ("fixed", "Fixed buffer"),
    ("percent", "Percent buffer"),
    ("cover", "Days of cover"),
    ("risk", "Risk buffer"),
    ("share", "Pool share"),
    ("threshold", "Threshold"),
    ("cap", "Cap"),
    ("freeze", "Frozen quantity"),
    ("exclusive", "Exclusive allocation"),
]

# What a rule for one warehouse can do: judge that warehouse's stock, before the
# warehouses of a node are summed.
WAREHOUSE_KINDS = ("fixed", "percent", "cover", "threshold", "cap")

# A narrower scope beats all wider ones together. A warehouse is not among them: its
# rules judge something else.
SCOPES = {
    "channel_id": 1,
    "node_id": 2,
    "categ_id": 4,
    "tag_id": 8,
    "product_tmpl_id": 16,
    "product_id": 32,
    "listing_id": 64,
}

# The same, as paths from a level.
SCOPE_PATHS = {
    "listing_id": "listing_id",
    "product_id": "listing_id.product_id",
    "product_tmpl_id": "listing_id.product_id.product_tmpl_id",
    "tag_id": "listing_id.product_id.all_product_tag_ids",
    "categ_id": "listing_id.product_id.categ_id",
    "warehouse_id": "node_id.warehouse_ids",
    "node_id": "node_id",
    "channel_id": "channel_id",
}


class ChannelRuleTerms(models.AbstractModel):
    """What a rule says: kind, value, scope and time. No state, no history.

    Shared by ``channel.rule``, which users edit, and ``channel.rule.version``, which
    the planner reads.
    """

    _name = "channel.rule.terms"
    _description = "Terms of a Channel Rule"
    _check_company_auto = True

    sequence = fields.Integer(
        default=10,
        help="Of two rules of a kind, the lower sequence takes precedence, whatever "
        "their scope. With equal sequences the more specific scope takes "
        "precedence.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    kind = fields.Selection(KINDS, required=True, default="fixed")
    value = fields.Float(
        digits="Product Unit",
        help="Backorder: maximum stock units promised beyond the available quantity. "
        "Fixed buffer: stock units kept back. Percent buffer: percentage kept "
        "back. Days of cover: number of days whose sales are kept back. Risk "
        "buffer: maximum chance of overselling, in percent. Pool share: maximum "
        "percentage of the available quantity. Threshold: 0 is offered at or below "
        "this many sold units. Cap: maximum sold units; 0 means no cap. Frozen "
        "quantity: exact sold units. Exclusive allocation: applies while this many "
        "stock units or fewer are left; 0 means always. For one warehouse, "
        "threshold and cap are in stock units.",
    )
    horizon_days = fields.Integer(
        help="Backorder: only inbound due within this many days is promised; 0 means "
        "any date."
    )
    lead_days = fields.Integer(
        help="Backorder: days from arrival until it can be shipped; they count "
        "within the horizon."
    )
    supplier_stock = fields.Boolean(
        help="Backorder: also promise suppliers' reported stock, if they deliver "
        "within the horizon."
    )
    allocation_group_id = fields.Many2one(
        "channel.allocation.group",
        ondelete="restrict",
        check_company=True,
        help="Exclusive allocation: the channels that share the stock.",
    )
    channel_id = fields.Many2one(
        "channel.channel", ondelete="restrict", check_company=True, index=True
    )
    node_id = fields.Many2one(
        "channel.node", ondelete="restrict", check_company=True, index="btree_not_null"
    )
    warehouse_id = fields.Many2one(
        "stock.warehouse",
        ondelete="restrict",
        check_company=True,
        index="btree_not_null",
        help="Apply to the stock of this warehouse before the warehouses of a node are "
        "summed. Buffers, threshold and cap are then in stock units.",
    )
    categ_id = fields.Many2one(
        "product.category",
        string="Category",
        ondelete="restrict",
        help="Including its subcategories.",
    )
    tag_id = fields.Many2one(
        "product.tag",
        string="Product Tag",
        ondelete="restrict",
        index="btree_not_null",
        help="Products and variants with this tag.",
    )
    product_tmpl_id = fields.Many2one(
        "product.template",
        string="Product",
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
    )
    product_id = fields.Many2one(
        "product.product",
        string="Variant",
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
    )
    listing_id = fields.Many2one(
        "channel.listing",
        ondelete="restrict",
        check_company=True,
        index="btree_not_null",
    )
    valid_from = fields.Datetime(
        help="The rule takes effect at this time, within a minute; empty: immediately."
    )
    valid_until = fields.Datetime(
        help="The rule ends at this time, within a minute; empty: never."
    )
    reason = fields.Char(help="Reason for the rule; required for a frozen quantity.")
    specificity = fields.Integer(
        compute="_compute_specificity",
        store=True,
        help="How specific the scope is; with equal sequences the most specific rule "
        "takes precedence.",
    )

    _value_positive = models.Constraint(
        "CHECK (value >= 0)", "The value of a rule cannot be negative."
    )
    _percent_range = models.Constraint(
        "CHECK (kind NOT IN ('percent', 'share', 'risk') OR value <= 100)",
        "A percentage cannot exceed 100.",
    )
    _days_positive = models.Constraint(
        "CHECK (COALESCE(horizon_days, 0) >= 0 AND COALESCE(lead_days, 0) >= 0)",
        "Days cannot be negative.",
    )
    _window_order = models.Constraint(
        "CHECK (valid_from < valid_until)", "A rule's end must be after its start."
    )

    @api.depends(*SCOPES, "categ_id.parent_path")
    def _compute_specificity(self):
        for terms in self:
            scope = sum(weight for name, weight in SCOPES.items() if terms[name])
            depth = (terms.categ_id.parent_path or "").count("/")
            terms.specificity = scope * 100 + depth

    @api.model
    def _terms_fields(self):
        """Names of the fields in which rule and version agree."""
        base = self.env["channel.rule.terms"]._fields
        return [
            name
            for name, field in base.items()
            if field.store and name not in (*models.MAGIC_COLUMNS, "specificity")
        ]

    def _terms(self):
        """The terms of this rule or version, as values to write."""
        self.ensure_one()
        return {
            name: self._fields[name].convert_to_write(self[name], self)
            for name in self._terms_fields()
        }

    @api.model
    def _content_fields(self):
        """The fields edited by users: the terms and the rule's name."""
        return [*self._terms_fields(), "name"]

    def _content(self):
        return dict(self._terms(), name=self.name)

    def _get_term_label(self, name):
        """A value as a person reads it; "" when there is none."""
        field = self._fields[name]
        if self and field.type == "float":
            return f"{self[name]:g}"
        if not self or (not self[name] and field.type != "integer"):
            return ""
        return str(field.convert_to_export(self[name], self))

    def _is_automatic(self, name):
        """Whether it is what some kind and value are called."""
        words, _space, number = name.removesuffix(" %").rpartition(" ")
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        try:
            float(number)
        except ValueError:
            return False
        return words in kinds.values()

    def _difference_from(self, other):
        """The differences from ``other``, a version or none: field -> [from, to] as
        text.

        A computed name is not listed.
        """
        old, new = other._content() if other else {}, self._content()
        if other and self._is_automatic(old["name"]) and self._is_automatic(self.name):
            new.pop("name")
        return {
            name: [other._get_term_label(name), self._get_term_label(name)]
            for name in new
            if old.get(name, False) != new[name]
        }

    # --------------------------------------------------------------- scope
    def _scope_domain(self, sharing=None):
        """Domain of the levels that the terms are about: planned ones.

        :param sharing: channels that share exclusively, when others than those that
            do so now
        """
        self.ensure_one()
        domain = Domain("company_id", "=", self.company_id.id)
        domain &= Domain("listing_id.state", "=", "mapped")
        for name, path in SCOPE_PATHS.items():
            if self[name]:
                operator = "child_of" if name == "categ_id" else "in"
                domain &= Domain(path, operator, self[name]._origin.ids)
        if self.kind == "exclusive":
            sharing = sharing or self.allocation_group_id._sharing_channels()
            domain &= Domain("channel_id", "in", sharing._origin.ids)
        return domain
