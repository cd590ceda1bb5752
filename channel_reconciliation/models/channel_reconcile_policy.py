# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..const import ANSWERS, WITHOUT_POLICY

SCOPES = {"channel_id": 1, "node_id": 2, "categ_id": 4, "listing_id": 8}
TOLERANCE = ("units", "percent", "value")


class ChannelReconcilePolicy(models.Model):
    """How much may differ, and what is done about what differs more.

    How it works: a draft under change control; what was approved last is ``effect``,
    and nothing else counts. Of several, the most specific scope applies. A difference
    within ALL that is set of units, percent and value is put right without a word.
    """

    _name = "channel.reconcile.policy"
    _description = "Reconciliation Policy"
    _inherit = ["channel.controlled", "mail.thread"]
    _order = "company_id, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    channel_id = fields.Many2one(
        "channel.channel", ondelete="restrict", check_company=True, index=True
    )
    node_id = fields.Many2one(
        "channel.node",
        ondelete="restrict",
        check_company=True,
        index="btree_not_null",
    )
    categ_id = fields.Many2one(
        "product.category",
        string="Category",
        ondelete="restrict",
        help="Including its subcategories.",
    )
    listing_id = fields.Many2one(
        "channel.listing",
        ondelete="restrict",
        check_company=True,
        index="btree_not_null",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    units = fields.Integer(
        string="Tolerance in Units", help="Sold units; 0: nothing is tolerated"
    )
    percent = fields.Float(
        string="Tolerance in Percent",
        help="Of the expected quantity; 0: not limited by it",
    )
    value = fields.Monetary(
        string="Tolerance in Value", help="Cost of the units; 0: not limited by it"
    )
    edited = fields.Selection(
        [("propose", "Ask a person"), ("repair", "Publish ours")],
        string="Changed on the Channel",
        default="propose",
        required=True,
    )
    not_applied = fields.Selection(
        [("repair", "Publish ours"), ("propose", "Ask a person")],
        default="repair",
        required=True,
    )
    lost_decrement = fields.Selection(
        [("repair", "Publish ours"), ("propose", "Ask a person")],
        string="Lost Sale in a Number",
        default="repair",
        required=True,
    )
    not_stocked = fields.Selection(
        [("repair", "Stock it there"), ("propose", "Ask a person")],
        default="repair",
        required=True,
    )
    wrong_unit = fields.Selection(
        [("propose", "Ask a person"), ("report", "Report")],
        default="propose",
        required=True,
    )
    unmapped = fields.Selection(
        [("report", "Report"), ("ignore", "Ignore")], default="report", required=True
    )
    foreign_place = fields.Selection(
        [("report", "Report"), ("ignore", "Ignore")],
        string="Other Location",
        default="report",
        required=True,
    )
    sells_below_zero = fields.Selection(
        [("report", "Report"), ("ignore", "Ignore")], default="report", required=True
    )
    untracked = fields.Selection(
        [("report", "Report"), ("ignore", "Ignore")], default="report", required=True
    )
    gone = fields.Selection(
        [("report", "Report"), ("ignore", "Ignore")], default="report", required=True
    )
    stuck = fields.Selection(
        [("report", "Report"), ("ignore", "Ignore")],
        string="Publication Stuck",
        default="report",
        required=True,
    )
    units_unknown = fields.Selection(
        [("report", "Report"), ("ignore", "Ignore")],
        string="Units in Unknown Orders",
        default="report",
        required=True,
    )
    units_over = fields.Selection(
        [("report", "Report"), ("ignore", "Ignore")],
        string="Units of Ended Orders",
        default="report",
        required=True,
    )
    answer_hours = fields.Integer(
        default=24,
        required=True,
        help="A proposal without an answer for so long is escalated, and the lower of "
        "the two quantities stays.",
    )
    effect = fields.Json(readonly=True, copy=False, help="The terms in effect")
    is_changed = fields.Boolean(
        compute="_compute_is_changed", help="The draft differs from what is in effect."
    )

    _bounds = models.Constraint(
        "CHECK (units >= 0 AND percent >= 0 AND value >= 0 AND answer_hours > 0)",
        "A tolerance cannot be negative, and an answer takes time.",
    )

    @api.depends(lambda self: [*self._content_fields(), "effect"])
    def _compute_is_changed(self):
        for policy in self:
            effect = policy.effect
            policy.is_changed = bool(effect) and effect != policy._content()

    @api.constrains("active")
    def _check_archived(self):
        for policy in self:
            if not policy.active and (policy.effect or policy.state == "proposed"):
                raise ValidationError(
                    self.env._(
                        "%s is in effect or proposed: retire it before it is archived.",
                        policy.name,
                    )
                )

    # ---------------------------------------------------------------- CRUD
    @api.model_create_multi
    def create(self, vals_list):
        policies = super().create(vals_list)
        policies._remember_editor()
        return policies

    def write(self, vals):
        if not vals.keys() & set(self._content_fields()):
            return super().write(vals)
        before = {policy: policy._content() for policy in self}
        result = super().write(vals)
        changed = self.filtered(lambda each: each._content() != before[each])
        for policy in changed:
            if policy.state == "retired":
                raise UserError(
                    self.env._(
                        "%s is retired: reopen it before you change it.", policy.name
                    )
                )
        changed._remember_editor()
        changed.filtered("proposal")._end_proposal()
        for policy in changed.filtered(lambda each: each.state == "active"):
            if policy.is_changed:
                # sudo: the state is the buttons' to write; its effect stays
                policy.sudo().state = "draft"
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_in_effect(self):
        for policy in self:
            if policy.effect or policy.state == "proposed":
                raise UserError(
                    self.env._(
                        "%s is in effect or proposed: retire it first.", policy.name
                    )
                )

    def _remember_editor(self):
        if self.env.su:
            return
        for policy in self:
            # sudo: who has written what is pending is not for people to write
            policy.sudo().editor_ids = [(4, self.env.uid)]

    # ------------------------------------------------------------- content
    @api.model
    def _content_fields(self):
        return [*SCOPES, *TOLERANCE, *ANSWERS, "answer_hours"]

    def _content(self):
        """The terms, JSON-able."""
        self.ensure_one()
        return {
            name: self[name].id if name in SCOPES else self[name]
            for name in self._content_fields()
        }

    # --------------------------------------------------------------- hooks
    def _channel(self):
        return self.channel_id

    def _is_in_effect(self):
        return bool(self.effect)

    def _is_in_effect_as_it_is(self):
        return bool(self.effect) and self.effect == self._content()

    def _difference(self):
        before, now = self.effect or {}, self._content()
        return {
            name: [str(before.get(name)), str(value)]
            for name, value in now.items()
            if before.get(name) != value
        }

    def _put_in_effect(self):
        for policy in self:
            # sudo: what takes effect is the buttons' to write
            policy.sudo().write(
                {
                    "effect": policy._content(),
                    "state": "active",
                    "proposal": False,
                    "proposed_by_id": False,
                    "proposed_at": False,
                    "editor_ids": [(5,)],
                }
            )

    def _put_out_of_effect(self):
        for policy in self:
            # sudo: what takes effect is the buttons' to write
            policy.sudo().write(
                {
                    "effect": False,
                    "state": "retired",
                    "proposal": False,
                    "proposed_by_id": False,
                    "proposed_at": False,
                }
            )

    # --------------------------------------------------------------- terms
    @api.model
    def _get_terms(self, channel):
        """The terms in effect for a channel, the most specific first.

        :return: list of dicts, see ``_content``
        """
        # sudo: what is in effect counts, whoever's job it is
        policies = self.sudo().search(
            [("company_id", "=", channel.company_id.id), ("effect", "!=", False)]
        )
        terms = [
            each.effect
            for each in policies.sorted("id")
            if each.effect and each.effect["channel_id"] in (False, channel.id)
        ]
        return sorted(
            terms,
            key=lambda each: (
                -sum(weight for name, weight in SCOPES.items() if each[name])
            ),
        )

    @api.model
    def _choose(self, terms, kind, listing=None, node=None, product=None):
        """What is done about a difference of a class.

        :param terms: what ``_get_terms`` gave
        :return: (answer, terms); without terms the answer of the suite
        """
        path = (product and product.categ_id.parent_path) or ""
        categories = {int(each) for each in path.split("/") if each}
        for each in terms:
            if (
                each["listing_id"] in (False, listing and listing.id)
                and each["node_id"] in (False, node and node.id)
                and (not each["categ_id"] or each["categ_id"] in categories)
            ):
                return each.get(kind) or ANSWERS[kind][0], each
        return WITHOUT_POLICY.get(kind, ANSWERS[kind][0]), None

    @api.model
    def _is_tolerated(self, terms, units, expected, value):
        """Whether a difference is within everything that the terms set.

        :param units: sold units, value: their cost; both not negative
        """
        if not terms or not terms["units"] or units > terms["units"]:
            return False
        if terms["percent"] and units * 100 > terms["percent"] * max(expected, 1):
            return False
        return not terms["value"] or value <= terms["value"]
