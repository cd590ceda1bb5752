# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..const import UNBOOKED
from ..db import commitments
from ..tools.trail import log_decision

MOST_ORDERS = 200
"""So many open orders of an item are shown."""
LOGGED = 20
"""So many decisions of one moment have a row each in the audit trail."""

KINDS = [
    ("equal", "Equal"),
    ("moving", "Moving"),
    ("unseen_sale", "Sale not known yet"),
    ("echo", "Sold after the reading"),
    ("not_applied", "Not applied"),
    ("lost_decrement", "Sale not deducted"),
    ("edited", "Changed on the channel"),
    ("wrong_unit", "Wrong unit"),
    ("not_stocked", "Not stocked"),
    ("unmapped", "Not matched"),
    ("foreign_place", "Other location"),
    ("sells_below_zero", "Sells below zero"),
    ("untracked", "Not tracked"),
    ("stuck", "Publication stuck"),
    ("gone", "Gone"),
    ("unknown", "Unknown"),
    ("units_unknown", "Units in unknown orders"),
    ("units_over", "Units of ended orders"),
    ("units_unmoved", "Units in no transfer"),
    ("units_twice", "Units counted twice"),
    ("units_short", "Units short"),
    ("stock_timing", "Moved and not told yet"),
    ("stock_lost", "Less than expected"),
    ("stock_found", "More than expected"),
    ("stock_damaged", "Became damaged"),
    ("stock_unit", "Counted in another unit"),
    ("stock_absent", "Not in the report"),
    ("order_missing", "Order missing here"),
    ("order_gone", "Order gone there"),
    ("order_cancelled", "Order cancelled there"),
    ("order_changed", "Order changed there"),
]


class ChannelReconcileDifference(models.Model):
    """A difference between a channel and Odoo, and what was decided about it.

    One that is pending a class and level, however often it is seen. SOLD units.

    States: *checking*, the observer looks; *watched*, not a matter for a person yet;
    *open*, a person is told; *proposed*, a person has to decide, and the level is
    lowered meanwhile but not raised; *decided*, another person has to approve that;
    *booking*, the job adjusts Odoo's stock; *repaired*, *explained*, *accepted* and
    *closed* are over.
    """

    _name = "channel.reconcile.difference"
    _description = "Reconciliation Difference"
    _inherit = ["channel.guarded"]
    _order = "id desc"
    _rec_name = "sku"

    run_id = fields.Many2one(
        "channel.reconcile.run", readonly=True, ondelete="set null", index=True
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    channel_id = fields.Many2one(
        "channel.channel", readonly=True, ondelete="cascade", index=True
    )
    kind = fields.Selection(
        KINDS, string="Class", required=True, readonly=True, index=True
    )
    state = fields.Selection(
        [
            ("checking", "Being checked"),
            ("watched", "Watched"),
            ("open", "Open"),
            ("proposed", "To decide"),
            ("decided", "To approve"),
            ("booking", "Being booked"),
            ("repaired", "Repaired"),
            ("explained", "Explained"),
            ("accepted", "Accepted"),
            ("closed", "Closed"),
        ],
        required=True,
        readonly=True,
        index=True,
    )
    level_id = fields.Many2one(
        "channel.level", readonly=True, ondelete="cascade", index="btree_not_null"
    )
    listing_id = fields.Many2one(
        "channel.listing", readonly=True, ondelete="cascade", index="btree_not_null"
    )
    node_id = fields.Many2one("channel.node", readonly=True, ondelete="cascade")
    product_id = fields.Many2one(
        "product.product", readonly=True, ondelete="cascade", index="btree_not_null"
    )
    warehouse_id = fields.Many2one(
        "stock.warehouse", readonly=True, ondelete="cascade", index="btree_not_null"
    )
    stock_units = fields.Float(
        readonly=True,
        digits="Product Unit",
        help="Counted less expected, in stock units, as of the count",
    )
    explanation = fields.Text(
        readonly=True, help="Movements between the last count and this one"
    )
    reason = fields.Char(readonly=True, help="Why Odoo's stock was adjusted")
    stock_ref = fields.Char(string="Item", readonly=True, required=True)
    node_ref = fields.Char(string="Location", readonly=True)
    sku = fields.Char(string="SKU", readonly=True)
    shown = fields.Integer(
        readonly=True, aggregator=None, help="Quantity on the channel, in sold units"
    )
    expected = fields.Integer(
        readonly=True,
        aggregator=None,
        help="Quantity that the channel should have shown, in sold units",
    )
    target = fields.Integer(
        string="Ours",
        readonly=True,
        aggregator=None,
        help="Quantity that should be offered, in sold units",
    )
    units = fields.Integer(
        readonly=True, help="Shown less expected, in sold units", aggregator="sum"
    )
    value = fields.Monetary(readonly=True, help="Cost of the units, up or down")
    currency_id = fields.Many2one(related="company_id.currency_id")
    changed_at = fields.Datetime(
        string="Changed There", readonly=True, help="When, as far as the channel tells"
    )
    day = fields.Date(
        readonly=True,
        index="btree_not_null",
        help="When the order was placed, in UTC",
    )
    late_hours = fields.Float(
        string="Hours Late",
        readonly=True,
        aggregator="max",
        help="So long after it was placed the order was found to be missing",
    )
    first_seen = fields.Datetime(readonly=True)
    last_seen = fields.Datetime(readonly=True, index=True)
    times = fields.Integer(readonly=True, default=1, aggregator=None)
    within_tolerance = fields.Boolean(readonly=True)
    note = fields.Char(readonly=True)
    trace = fields.Char(readonly=True, index="btree_not_null")
    res_model = fields.Char("Record Model", readonly=True)
    res_id = fields.Many2oneReference(
        "Record ID", model_field="res_model", readonly=True
    )
    decision = fields.Selection(
        [
            ("publish", "Publish ours"),
            ("count", "Count the shelf"),
            ("leave", "Leave theirs"),
            ("safe", "The lower of the two"),
            ("adjust", "Adjust Odoo's stock"),
            ("stop", "Stop selling at 0"),
        ],
        readonly=True,
    )
    decided_by_id = fields.Many2one("res.users", string="Decided by", readonly=True)
    decided_at = fields.Datetime(readonly=True)
    approved_by_id = fields.Many2one("res.users", string="Approved by", readonly=True)
    answer_by = fields.Datetime(readonly=True)
    is_escalated = fields.Boolean(readonly=True)
    rule_id = fields.Many2one("channel.rule", readonly=True, ondelete="set null")
    needs_approval = fields.Boolean(compute="_compute_needs_approval")

    _pending_uniq = models.UniqueIndex(
        "(COALESCE(channel_id, 0), company_id, kind, stock_ref, "
        "COALESCE(node_ref, '')) WHERE state IN "
        "('checking', 'watched', 'open', 'proposed', 'decided', 'booking')"
    )
    _held_idx = models.Index("(level_id) WHERE state IN ('proposed', 'decided')")

    @api.depends("sku", "kind", "stock_ref")
    def _compute_display_name(self):
        names = dict(self._fields["kind"]._description_selection(self.env))
        for difference in self:
            item = difference.sku or difference.stock_ref
            difference.display_name = f"{item}: {names.get(difference.kind, '')}"

    @api.depends("company_id", "warehouse_id", "value")
    def _compute_needs_approval(self):
        for difference in self:
            # sudo: settings of the company that everybody is bound by
            company = difference.company_id.sudo()
            limit = difference.warehouse_id.sudo().channel_adjust_value
            above = bool(limit) and difference.value >= limit
            difference.needs_approval = company.channel_change_approval or above

    # ------------------------------------------------------------- actions
    def action_publish_ours(self):
        """Publish Odoo's quantity; as a wish where a second person has to agree."""
        self._decide("publish")

    def action_approve(self):
        """Carry out what another person has decided."""
        self._require_role("manager")
        self._lock()
        for difference in self:
            difference._require_state(("decided",))
            if difference.decided_by_id == self.env.user:
                raise UserError(
                    self.env._(
                        "You decided on %(difference)s yourself. %(company)s requires "
                        "approval by a second person: another manager has to approve "
                        "it.",
                        difference=difference.display_name,
                        company=difference.company_id.name,
                    )
                )
        # sudo: what was decided is the buttons' to write
        self.sudo().write({"approved_by_id": self.env.uid})
        for decision, differences in self.grouped("decision").items():
            differences._carry_out(decision)

    def action_reject(self):
        """Have it decided again."""
        self._require_role("manager")
        self._lock()
        for difference in self:
            difference._require_state(("decided",))
            difference._log(self.env._("the decision was rejected"))
        counts = self.filtered(
            lambda each: each.warehouse_id or each.decision == "stop"
        )
        values = {"decision": False, "decided_by_id": False}
        # sudo: what was decided is the buttons' to write
        counts.sudo().write({**values, "state": "open"})
        # sudo: likewise
        (self - counts).sudo().write({**values, "state": "proposed"})

    def action_count_shelf(self):
        """Ask for a count of the node's warehouses; nothing is adjusted."""
        self._require_role("operator")
        self._lock()
        for difference in self:
            difference._require_state(("open", "proposed"))
            difference._request_count()
        hours = timedelta(days=1)
        # sudo: what was decided is the buttons' to write
        self.sudo().write(
            {
                "decision": "count",
                "decided_by_id": self.env.uid,
                "decided_at": fields.Datetime.now(),
                "answer_by": fields.Datetime.now() + hours,
            }
        )

    def action_leave_theirs(self):
        """Ask until when, and why."""
        self._require_role("operator")
        for difference in self:
            difference._require_state(("proposed",))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Leave Theirs Until"),
            "res_model": "channel.reconcile.leave",
            "view_mode": "form",
            "target": "new",
            "context": {"default_difference_ids": self.ids},
        }

    def action_accept_count(self):
        """Ask why Odoo's stock is to be brought to the count."""
        self._require_role("operator")
        for difference in self:
            difference._require_count()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Adjust Odoo's Stock"),
            "res_model": "channel.reconcile.adjust",
            "view_mode": "form",
            "target": "new",
            "context": {"default_difference_ids": self.ids},
        }

    def action_stop_selling(self):
        """Have the channel not sell items any more when there are none."""
        self._require_role("operator")
        self._lock()
        for difference in self:
            difference._require_stoppable()
        asked = self.filtered("needs_approval")
        # sudo: what was decided is the buttons' to write
        self.sudo().write(
            {
                "decision": "stop",
                "decided_by_id": self.env.uid,
                "decided_at": fields.Datetime.now(),
            }
        )
        # sudo: the state is the buttons' to write
        asked.sudo().write({"state": "decided"})
        for difference in asked:
            difference._log(self.env._("decided, to be approved by another person"))
        (self - asked)._carry_out("stop")

    def _require_stoppable(self):
        self._require_state(("open",))
        channel = self.channel_id
        if self.kind != "sells_below_zero" or not channel._capabilities().stops_selling:
            raise UserError(
                self.env._(
                    "%(channel)s cannot be told to stop selling %(item)s: change it on "
                    "the channel.",
                    channel=channel.name,
                    item=self.display_name,
                )
            )

    def action_close(self):
        """A person has seen to it."""
        self._require_role("operator")
        self._lock()
        for difference in self:
            difference._require_state(("open",))
            difference._log(self.env._("closed by a person"))
        self._settle("closed")

    def action_open_level(self):
        self.ensure_one()
        record = self.level_id or self.listing_id
        if self.res_model in self.env:
            record = self.env[self.res_model].browse(self.res_id)
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "view_mode": "form",
        }

    def action_open_orders(self):
        """The orders that have open units of the item."""
        self.ensure_one()
        query = commitments.find_open_orders(
            self.channel_id.id, [self.stock_ref], MOST_ORDERS
        )
        ids = [order_id for (order_id,) in self.env.execute_query(query)]
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_inventory_base.channel_order_action"
        )
        return dict(action, domain=[("id", "in", ids)], context={})

    # ----------------------------------------------------------- decisions
    def _require_state(self, states):
        if self.state not in states:
            names = dict(self._fields["state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "%(difference)s is not waiting for that: it is %(state)s now.",
                    difference=self.display_name,
                    state=names[self.state].lower(),
                )
            )

    def _lock(self):
        """:raise UserError: another user is deciding on one of them right now"""
        self.flush_recordset()
        if self.try_lock_for_update() != self:
            raise UserError(
                self.env._(
                    "Another user is changing the same records right now. Try again in "
                    "a moment."
                )
            )
        self.invalidate_recordset()

    def _decide(self, decision):
        self._require_role("operator")
        self._lock()
        for difference in self:
            difference._require_state(("proposed",))
        asked = self.filtered("needs_approval")
        # sudo: what was decided is the buttons' to write
        self.sudo().write(
            {
                "decision": decision,
                "decided_by_id": self.env.uid,
                "decided_at": fields.Datetime.now(),
            }
        )
        # sudo: the state is the buttons' to write
        asked.sudo().write({"state": "decided"})
        for difference in asked:
            difference._log(self.env._("decided, to be approved by another person"))
        (self - asked)._carry_out(decision)

    def _carry_out(self, decision):
        """:param decision: ``publish`` and ``adjust``: what is left to do here"""
        if decision == "stop":
            # sudo: state and queue are the server's
            self.sudo().write({"state": "checking"})
            self.env["channel.selling.stop"].sudo()._ask(self)
            for difference in self:
                difference._log(self.env._("the channel is told to stop selling at 0"))
        if decision == "adjust":
            self.env["channel.count.booker"]._book_decided(self)
        if decision != "publish":
            return
        self._settle("repaired")
        for difference in self:
            difference._log(self.env._("ours is published"))
            difference._publish_ours()

    def _publish_ours(self):
        level = self.level_id
        if level:
            # sudo: the queue is the server's
            self.env["channel.level.pending"].sudo()._add(level, trace=self.trace)
            level.channel_id._wake("_job_publish")

    def _request_count(self):
        """Have the stock of its product counted, in all warehouses of its node.

        :raise UserError: there is no record of stock that could be counted
        """
        warehouses = self.warehouse_id or self.node_id.warehouse_ids
        quants = self.env["stock.quant"].search(
            [
                ("product_id", "=", self.product_id.id),
                ("location_id", "child_of", warehouses.view_location_id.ids),
                ("location_id.usage", "=", "internal"),
            ]
        )
        if not quants:
            raise UserError(
                self.env._(
                    "%(product)s has no stock record in %(warehouses)s: enter a count "
                    "under Inventory, Physical Inventory.",
                    product=self.product_id.display_name,
                    warehouses=", ".join(warehouses.mapped("name")),
                )
            )
        # sudo: a request to count, which changes no quantity
        quants.sudo().write({"inventory_date": fields.Date.context_today(self)})
        self._log(self.env._("a count was requested"))

    # --------------------------------------------------------------- counts
    def _require_count(self):
        """:raise UserError: it is no count that Odoo's stock can be brought to"""
        self._require_state(("open",))
        if not self.warehouse_id or self.kind in UNBOOKED:
            raise UserError(
                self.env._(
                    "%s is no count that Odoo's stock can be adjusted to.",
                    self.display_name,
                )
            )
        if self.product_id.tracking != "none":
            raise UserError(
                self.env._(
                    "%s is tracked by lots or serial numbers: count it under "
                    "Inventory, Physical Inventory.",
                    self.product_id.display_name,
                )
            )

    def _leave_until(self, until, reason):
        """Freeze the channel's quantity by a rule, which is under change control.

        :return: the rule
        """
        self.ensure_one()
        self._require_state(("proposed",))
        rule = self.env["channel.rule"].create(
            {
                "name": self.env._("Left as on the channel: %s", self.display_name),
                "company_id": self.company_id.id,
                "kind": "freeze",
                "value": max(self.shown, 0),
                "channel_id": self.channel_id.id,
                "node_id": self.node_id.id,
                "listing_id": self.listing_id.id,
                "valid_until": until,
                "reason": reason,
            }
        )
        # sudo: what was decided is the buttons' to write
        self.sudo().write(
            {
                "decision": "leave",
                "decided_by_id": self.env.uid,
                "decided_at": fields.Datetime.now(),
                "rule_id": rule.id,
                "state": "decided",
            }
        )
        self._log(self.env._("theirs is to be left until %s", until))
        if rule.needs_approval or not rule._is_manager():
            rule.action_propose()
        else:
            rule.action_activate()
        self.env["channel.reconcile.watcher"]._follow_rules()
        return rule

    def _settle(self, state):
        # sudo: what ends a difference is the server's to write, and the buttons'
        self.sudo().write({"state": state, "last_seen": fields.Datetime.now()})
        exceptions = self.env["channel.exception"]
        for channel, differences in self.grouped("channel_id").items():
            keys = [each._get_key() for each in differences]
            if channel:
                exceptions._resolve_keys(channel, keys)

    def _get_key(self):
        """What its exception is known by."""
        return f"difference:{self.id}"

    def _is_edited(self):
        """A person on the channel may want to know that ours was published."""
        return self.kind in ("edited", "not_stocked")

    def _log(self, words):
        log_decision(self, words)

    def _log_all(self, words):
        """Of many the trail has one row a run: each of them has the decision itself."""
        if len(self) <= LOGGED:
            for difference in self:
                difference._log(words)
            return
        for run, differences in self.grouped("run_id").items():
            self.env["channel.audit"]._log(
                "control",
                differences.channel_id[:1],
                f"{run.display_name}, {len(differences)}: {words}",
                record=run,
                trace=run.trace,
                company=differences.company_id,
                user=differences.decided_by_id[:1],
            )

    def _report(self, category, message, suggestion):
        self.env["channel.exception"]._report(
            self.channel_id,
            category,
            key=self._get_key(),
            message=message,
            suggestion=suggestion,
            record=self,
            company=self.company_id,
        )

    def _propose(self, hours):
        """Ask a person; until then the level is lowered, and not raised."""
        self.write(
            {
                "state": "proposed",
                # what was decided of another quantity is not decided of this one
                "decision": False,
                "decided_by_id": False,
                "is_escalated": False,
                "answer_by": fields.Datetime.now() + timedelta(hours=hours),
            }
        )
        words = self.env._(
            "%(item)s shows %(shown)s, %(expected)s was expected. Until this is "
            "decided, the lower quantity is offered.",
            item=self.display_name,
            shown=self.shown,
            expected=self.expected,
        )
        suggestion = self.env._(
            "Open the difference: publish ours, have the shelf counted, or leave "
            "theirs until a date."
        )
        if self.kind == "wrong_unit":
            words = self.env._(
                "%(item)s shows %(shown)s, %(expected)s was expected: the same number "
                "in another unit. Nothing but 0 is published until this is decided.",
                item=self.display_name,
                shown=self.shown,
                expected=self.expected,
            )
            suggestion = self.env._(
                "Review the pack of the listing; then publish ours."
            )
        self._report("proposal", words, suggestion)
