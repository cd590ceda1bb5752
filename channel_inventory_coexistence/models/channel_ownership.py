# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..const import OF_CHANNEL, STOCK

SCOPES = ("channel_id", "warehouse_id")


class ChannelOwnership(models.Model):
    """Who owns a domain: whose word counts where two systems know of the same thing.

    How it works: a draft under change control; what was approved last (``effect``)
    counts. Of several rows of a domain, the narrowest applies. Where one place in the
    code decides, it asks here, and the row is *enforced*: another system that confirms
    shipments or accepts orders is not contradicted by a notification from Odoo,
    invoices that another system writes are not written by Odoo, and the stock of a
    warehouse is handed to its owner by a cut-over. Elsewhere it is an *agreement* of
    people, and is shown as one.
    """

    _name = "channel.ownership"
    _description = "Ownership"
    _inherit = ["channel.controlled", "mail.thread"]
    _order = "company_id, domain, id"
    _rec_name = "domain"
    _check_company_auto = True

    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    domain = fields.Selection(
        [
            ("product", "Product master"),
            ("price", "Price"),
            ("stock", "Stock count"),
            ("reservation", "Reservation"),
            ("acceptance", "Order acceptance"),
            ("shipment", "Shipment confirmation"),
            ("customer", "Customer"),
            ("invoice", "Invoice"),
        ],
        required=True,
        tracking=True,
    )
    owner = fields.Selection(
        [
            ("odoo", "Odoo"),
            ("channel", "The channel"),
            ("external", "Another system"),
        ],
        required=True,
        default="odoo",
        tracking=True,
    )
    system = fields.Char(help="Name of the other system")
    channel_id = fields.Many2one(
        "channel.channel",
        ondelete="restrict",
        check_company=True,
        index="btree_not_null",
        help="Empty: all channels",
    )
    warehouse_id = fields.Many2one(
        "stock.warehouse",
        ondelete="restrict",
        check_company=True,
        index="btree_not_null",
        help="Empty: all warehouses",
    )
    note = fields.Char(help="What was agreed on, and with whom")
    state = fields.Selection(tracking=True)
    effect = fields.Json(readonly=True, copy=False, help="The terms in effect")
    owner_in_effect = fields.Selection(
        [
            ("odoo", "Odoo"),
            ("channel", "The channel"),
            ("external", "Another system"),
        ],
        compute="_compute_standing",
    )
    standing = fields.Selection(
        [
            ("enforced", "Enforced"),
            ("agreement", "By agreement"),
            ("contradicted", "Contradicted"),
        ],
        string="Enforcement",
        compute="_compute_standing",
        help="Enforced: the code asks for the owner. By agreement: people keep to it. "
        "Contradicted: something is set up in another way.",
    )
    contradiction = fields.Char(compute="_compute_standing")

    # ------------------------------------------------------------- compute
    @api.depends("effect", "domain", "owner", "channel_id", "warehouse_id")
    def _compute_standing(self):
        for row in self:
            effect = row.effect or {}
            row.owner_in_effect = effect.get("owner") or False
            row.contradiction = bool(effect) and row._find_contradiction(effect)
            if not effect:
                row.standing = False
            elif row.contradiction:
                row.standing = "contradicted"
            else:
                enforced = effect["domain"] in (*OF_CHANNEL, STOCK)
                row.standing = "enforced" if enforced else "agreement"

    def _find_contradiction(self, effect):
        """:return: what is set up in another way than ``effect`` says, in words"""
        if effect["domain"] != STOCK:
            return False
        if effect["owner"] == "channel":
            return self._find_published(effect)
        warehouses = self.env["stock.warehouse"].browse(effect["warehouse_id"])
        if not warehouses:
            warehouses = warehouses.search([("company_id", "=", self.company_id.id)])
        odd = warehouses.filtered(
            lambda each: (
                not self._is_counted_by(
                    each.channel_authority,
                    # a narrower row may say otherwise of one
                    self._get_owner(STOCK, self.company_id, warehouse=each)
                    or effect["owner"],
                )
            )
        )
        if not odd:
            return False
        return self.env._(
            "Counted in another way: %s", ", ".join(odd.mapped("display_name"))
        )

    def _find_published(self, effect):
        """A channel that counts by itself is not told other numbers."""
        nodes = self.env["channel.node"].search(
            [("channel_id", "=", effect["channel_id"]), ("publish", "=", True)]
        )
        if not nodes:
            return False
        return self.env._(
            "Quantities are published to: %s", ", ".join(nodes.mapped("display_name"))
        )

    @api.model
    def _is_counted_by(self, authority, owner):
        """Whether an authority of a warehouse is that of an owner of its stock."""
        return (authority == "external") == (owner != "odoo")

    @api.constrains("domain", "owner")
    def _check_owner(self):
        for row in self:
            if row.domain == STOCK and row.owner == "channel" and not row.channel_id:
                raise ValidationError(
                    self.env._("Name the channel that counts the stock.")
                )

    # ---------------------------------------------------------------- CRUD
    @api.model_create_multi
    def create(self, vals_list):
        rows = super().create(vals_list)
        rows._remember_editor()
        return rows

    def write(self, vals):
        if not vals.keys() & set(self._content_fields()):
            return super().write(vals)
        for row in self:
            if row.state == "retired":
                raise UserError(
                    self.env._("%s is retired: reopen it first.", row.display_name)
                )
        result = super().write(vals)
        self._remember_editor()
        self.filtered("proposal")._end_proposal()
        for row in self.filtered(lambda each: each.state == "active"):
            if row.effect != row._content():
                # sudo: the state is the buttons' to write; its effect stays
                row.sudo().state = "draft"
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_in_effect(self):
        for row in self:
            if row.effect or row.state == "proposed":
                raise UserError(
                    self.env._(
                        "%s is in effect or proposed: retire it first.",
                        row.display_name,
                    )
                )

    def _remember_editor(self):
        if self.env.su:
            return
        for row in self:
            # sudo: who has written what is pending is not for people to write
            row.sudo().editor_ids = [(4, self.env.uid)]

    # -------------------------------------------------------------- owners
    @api.model
    def _get_owner(self, domain, company, channel=None, warehouse=None):
        """:return: who owns a domain: *odoo*, *channel* or *external*; "" where nobody
        has said so"""
        # sudo: what is in effect counts, whoever's job it is
        rows = self.sudo().search(
            [("company_id", "=", company.id), ("effect", "!=", False)]
        )
        asked = {"channel_id": channel, "warehouse_id": warehouse}
        fitting = [
            row.effect
            for row in rows
            if row.effect
            and row.effect["domain"] == domain
            and all(
                row.effect[name] in (False, asked[name] and asked[name].id)
                for name in SCOPES
            )
        ]
        if not fitting:
            return ""
        narrowest = max(
            fitting, key=lambda effect: sum(bool(effect[name]) for name in SCOPES)
        )
        return narrowest["owner"]

    # ------------------------------------------------------------- control
    @api.model
    def _content_fields(self):
        return ["domain", "owner", "system", "note", *SCOPES]

    def _content(self):
        """The terms, JSON-able."""
        self.ensure_one()
        return {
            name: self[name].id if name in SCOPES else self[name]
            for name in self._content_fields()
        }

    def _channel(self):
        return self.channel_id

    def _label(self):
        label = dict(self._fields["domain"]._description_selection(self.env))
        places = [self.channel_id.name, self.warehouse_id.name]
        return " / ".join(filter(None, [label[self.domain], *places]))

    def _check_complete(self):
        twins = self.search(
            [
                ("id", "!=", self.id),
                ("company_id", "=", self.company_id.id),
                ("effect", "!=", False),
            ]
        )
        scope = {name: self._content()[name] for name in ("domain", *SCOPES)}
        for twin in twins:
            if twin.effect and scope.items() <= twin.effect.items():
                raise UserError(
                    self.env._(
                        "%s has an owner already: retire that row, or change it.",
                        self._label(),
                    )
                )

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
        for row in self:
            row._settle("active", row._content())

    def _put_out_of_effect(self):
        for row in self:
            row._settle("retired", False)

    def _settle(self, state, effect):
        # sudo: what takes effect is the buttons' to write
        self.sudo().write(
            {
                "effect": effect,
                "state": state,
                "proposal": False,
                "proposed_by_id": False,
                "proposed_at": False,
                "editor_ids": [(5,)],
            }
        )
