# SPDX-License-Identifier: AGPL-3.0-or-later
import json
from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.channel_edi import schemas
from odoo.addons.channel_edi.lib.fold import line_key
from odoo.addons.channel_inventory_base import schemas as base_schemas
from odoo.addons.channel_inventory_base.db.transaction import own_transaction

ANSWERS = [
    ("none", "None is expected"),
    ("awaited", "Awaited"),
    ("partly", "Answered in Part"),
    ("accepted", "Accepted"),
    ("changed", "Changed"),
    ("rejected", "Rejected"),
]


class ChannelEdiPurchase(models.Model):
    """A purchase order as its supplier knows it by documents.

    ``told`` is the order with all that was told, ``known`` the same without the last
    change as long as that has not left: it is written anew then, so several changes in
    a row are one document. Both are ``schemas.PurchaseOrder``. What a supplier answers
    becomes part of both, since it knows that already.

    ``differences`` is what it has answered otherwise than ordered and nobody has
    decided about: {line number: [{"kind": .., ..}]}; see ``channel.edi.differences``.
    """

    _name = "channel.edi.purchase"
    _description = "Purchase by EDI"
    _inherit = ["channel.guarded"]
    _order = "id desc"
    _rec_name = "number"

    agreement_id = fields.Many2one(
        "channel.edi.agreement",
        required=True,
        readonly=True,
        ondelete="restrict",
        index=True,
    )
    channel_id = fields.Many2one(
        "channel.channel", required=True, readonly=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one(
        related="channel_id.company_id", store=True, index=True, precompute=True
    )
    purchase_id = fields.Many2one(
        "purchase.order",
        string="Purchase Order",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    partner_id = fields.Many2one(related="purchase_id.partner_id", string="Vendor")
    number = fields.Char(
        required=True, readonly=True, index=True, help="As the supplier was told it"
    )
    cancelled = fields.Boolean(readonly=True, help="The supplier was told so")
    told = fields.Text(readonly=True, help="What the supplier was told, all in all")
    known = fields.Text(
        readonly=True,
        help="What the supplier knows: without changes that are not sent yet",
    )
    change_count = fields.Integer(string="Changes Told", readonly=True)
    answer = fields.Selection(ANSWERS, required=True, default="awaited", readonly=True)
    answer_number = fields.Char(
        string="Supplier's Number", readonly=True, help="Of the order, at the supplier"
    )
    answered_at = fields.Datetime(readonly=True, help="By the supplier's clock")
    answer_due_at = fields.Datetime(string="Answered Until", readonly=True)
    answered = fields.Json(readonly=True, help="Lines that the supplier has answered")
    differences = fields.Json(readonly=True)
    shorts = fields.Json(readonly=True, help="Lines of which less is under way")
    difference_text = fields.Text(
        string="To Decide",
        compute="_compute_difference_text",
        compute_sudo=True,
    )
    document_count = fields.Integer(
        string="Documents", compute="_compute_document_count"
    )

    _purchase_uniq = models.UniqueIndex("(purchase_id)")
    _number_idx = models.Index("(agreement_id, number)")
    _due_idx = models.Index("(answer_due_at) WHERE answer IN ('awaited', 'partly')")

    @api.depends("differences")
    def _compute_difference_text(self):
        differences = self.env["channel.edi.differences"]
        for purchase in self:
            purchase.difference_text = differences._describe(purchase)

    def _compute_document_count(self):
        documents = self.env["channel.edi.document"]
        for purchase in self:
            purchase.document_count = documents.search_count(
                purchase._get_document_domain()
            )

    # ------------------------------------------------------------- actions
    def action_open_order(self):
        self.ensure_one()
        return self.purchase_id.get_formview_action()

    def action_open_documents(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_edi.channel_edi_document_action"
        )
        return dict(action, domain=self._get_document_domain(), context={})

    def _get_document_domain(self):
        """Those that name it, and those that have made something of it."""
        return [
            ("agreement_id", "=", self.agreement_id.id),
            "|",
            ("business_key", "=", self.number),
            "&",
            ("res_model", "=", "purchase.order"),
            ("res_id", "=", self.purchase_id.id),
        ]

    # ------------------------------------------------------------ business
    @api.model
    def _find(self, order):
        """:return: the row of a purchase order; empty where none was told"""
        # sudo: buyers need not see what channels keep
        return self.sudo().search([("purchase_id", "=", order.id)])

    @api.model
    def _find_number(self, agreement, number):
        """:return: the purchase that a supplier calls by this number: the newest"""
        return self.search(
            [("agreement_id", "=", agreement.id), ("number", "=", number)],
            order="id desc",
            limit=1,
        )

    def _load(self, name):
        """:param name: told or known
        :return: schemas.PurchaseOrder"""
        return base_schemas.load(schemas.PurchaseOrder, json.loads(self[name]))

    def _set_told(self, told, known):
        """:param told, known: schemas.PurchaseOrder"""
        self.write(
            {"told": base_schemas.dumps(told), "known": base_schemas.dumps(known)}
        )

    def _get_lines(self, number):
        """:return: purchase.order.line of one line of the supplier, as they come in"""
        key = line_key(number)
        return self.purchase_id.order_line.filtered(
            lambda line: line.edi_number and line_key(line.edi_number) == key
        ).sorted(lambda line: (line.date_planned, line.id))

    def _await(self):
        """An answer is owed from now on."""
        hours = self.channel_id.edi_answer_hours
        due = hours and fields.Datetime.now() + timedelta(hours=hours)
        self.write(
            {"answer": "awaited" if hours else "none", "answer_due_at": due or False}
        )
        self._resolve("overdue")

    def _key(self, name):
        return f"edi_po_{name}:{self.purchase_id.id}"

    def _resolve(self, *names):
        for purchase in self:
            keys = [purchase._key(name) for name in names]
            self.env["channel.exception"]._resolve_keys(purchase.channel_id, keys)

    def _report(self, name, words, suggestion):
        self.ensure_one()
        self.env["channel.exception"]._report(
            self.channel_id,
            "edi_purchase",
            key=self._key(name),
            record=self.purchase_id,
            message=words,
            suggestion=suggestion,
        )

    # -------------------------------------------------------------- timers
    @api.model
    def _watch_answers(self):
        """Recovery: what a supplier has not answered in time is told to a person."""
        with own_transaction(self.env) as env:
            env["channel.edi.purchase"]._report_overdue()

    @api.model
    def _report_overdue(self):
        late = self._lock_due(
            [
                ("answer", "in", ("awaited", "partly")),
                ("cancelled", "=", False),
                ("answer_due_at", "<=", fields.Datetime.now()),
            ]
        )
        for purchase in late:
            purchase._report(
                "overdue",
                self.env._(
                    "%(partner)s has not answered purchase order %(order)s, of which "
                    "an answer was due %(when)s UTC.",
                    partner=purchase.partner_id.display_name,
                    order=purchase.number,
                    when=purchase.answer_due_at,
                ),
                self.env._(
                    "Ask the supplier whether it has the order. It ends when the "
                    "answer comes in."
                ),
            )
        # once: the exception stands until it is answered
        late.answer_due_at = False
