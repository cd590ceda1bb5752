# SPDX-License-Identifier: AGPL-3.0-or-later
import uuid

from odoo import api, fields, models

from ..const import PENDING, UNBOOKED
from ..db.commitments import create_open
from ..db.order_refs import create_refs
from ..db.staging import create_staging
from ..tools.trail import log_decision

REPORTED = 2000
"""So many differences are in a report."""
BOOKABLE = [
    ("state", "=", "open"),
    ("warehouse_id", "!=", False),
    ("kind", "not in", UNBOOKED),
    ("product_id.tracking", "=", "none"),
]
"""Of differences: Odoo's stock can be adjusted to them."""


class ChannelReconcileRun(models.Model):
    """One comparison of a channel, or of a company's own tables, from beginning to end.

    Written by ``channel.reconciler`` only, step by step: a worker that dies leaves a
    run that the next one goes on with. What it has found is kept as differences; what
    is equal, or explained, is counted.
    """

    _name = "channel.reconcile.run"
    _description = "Reconciliation Run"
    _inherit = ["channel.guarded"]
    _order = "id desc"
    _rec_name = "trace"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    channel_id = fields.Many2one(
        "channel.channel", readonly=True, ondelete="cascade", index=True
    )
    warehouse_id = fields.Many2one(
        "stock.warehouse", readonly=True, ondelete="cascade", index="btree_not_null"
    )
    source = fields.Char(readonly=True, help="Whose stock report was compared")
    kind = fields.Selection(
        [
            ("levels", "Quantities on the channel"),
            ("orders", "Orders by day"),
            ("commitments", "Units in open orders"),
            ("counts", "Stock of other systems"),
            ("stock", "Figures in Odoo"),
        ],
        required=True,
        readonly=True,
    )
    trigger = fields.Selection(
        [
            ("schedule", "Scheduled"),
            ("hand", "By hand"),
            ("outage", "After an outage"),
            ("connect", "After a new connection"),
            ("live", "Before or after going live"),
            ("report", "Stock report"),
        ],
        required=True,
        readonly=True,
    )
    state = fields.Selection(
        [
            ("running", "Running"),
            ("done", "Done"),
            ("refused", "Not believable"),
            ("failed", "Failed"),
        ],
        default="running",
        required=True,
        readonly=True,
        index=True,
    )
    step = fields.Selection(
        [
            ("note", "Noting what is expected"),
            ("read", "Reading"),
            ("pull", "Waiting for orders"),
            ("compare", "Comparing"),
            ("count", "Counting orders"),
            ("list", "Listing orders"),
            ("sort", "Comparing orders"),
            ("fetch", "Fetching missing orders"),
        ],
        default="note",
        readonly=True,
    )
    round = fields.Integer(
        readonly=True, default=1, help="Levels that moved meanwhile are read again"
    )
    cursor = fields.Char(readonly=True)
    day_from = fields.Date(
        string="First Day", readonly=True, help="Orders placed from this day on, UTC"
    )
    day_until = fields.Date(string="Last Day", readonly=True)
    day = fields.Date(readonly=True, help="The day that is being compared")
    by_ids = fields.Boolean(
        string="By Ids",
        readonly=True,
        help="Each order is compared, and not only how many there are",
    )
    noted_at = fields.Datetime(
        string="As of, from", readonly=True, help="What is expected was noted then"
    )
    read_until = fields.Datetime(string="As of, until", readonly=True)
    finished_at = fields.Datetime(readonly=True)
    expected_count = fields.Integer(
        string="Levels", readonly=True, aggregator=None, help="Levels to be read"
    )
    read_count = fields.Integer(string="Numbers Read", readonly=True, aggregator=None)
    coverage = fields.Float(
        readonly=True,
        aggregator=None,
        help="Part of the quantities above 0 that the reading has",
    )
    counts = fields.Json(readonly=True, help="Levels by class")
    summary = fields.Char(compute="_compute_summary", string="Result")
    message = fields.Char(readonly=True)
    reading = fields.Binary(
        readonly=True,
        attachment=False,
        help="What a report said that was not believable, should it be right",
    )
    is_complete = fields.Boolean(
        readonly=True, help="What is not in the report is not there at all"
    )
    is_kept = fields.Boolean(compute="_compute_is_kept")
    bookable_count = fields.Integer(compute="_compute_differences")
    trace = fields.Char(readonly=True, required=True, index=True)
    difference_ids = fields.One2many(
        "channel.reconcile.difference", "run_id", readonly=True
    )
    difference_count = fields.Integer(compute="_compute_differences")
    pending_count = fields.Integer(
        compute="_compute_differences", string="Open Differences"
    )
    value = fields.Monetary(
        compute="_compute_differences",
        string="Value of Differences",
        help="Cost of the units that differ, up and down",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")

    _running_uniq = models.UniqueIndex(
        "(channel_id, kind) WHERE state = 'running' AND channel_id IS NOT NULL"
    )

    @api.depends("kind", "channel_id", "warehouse_id", "company_id")
    def _compute_display_name(self):
        names = dict(self._fields["kind"]._description_selection(self.env))
        for run in self:
            whose = run.channel_id or run.warehouse_id or run.company_id
            run.display_name = f"{whose.name}: {names.get(run.kind, '')}"

    @api.depends("counts", "message")
    def _compute_summary(self):
        kinds = self.env["channel.reconcile.difference"]._fields["kind"]
        names = dict(kinds._description_selection(self.env))
        for run in self:
            counts = sorted((run.counts or {}).items(), key=lambda each: -each[1])
            words = [f"{names.get(kind, kind)}: {count}" for kind, count in counts]
            run.summary = run.message or ", ".join(words)

    @api.depends("state", "kind")
    def _compute_is_kept(self):
        for run in self:
            run.is_kept = run.state == "refused" and run.kind == "counts"

    def _compute_differences(self):
        differences = self.env["channel.reconcile.difference"]
        bookable = dict(
            differences._read_group(
                [("run_id", "in", self.ids), *BOOKABLE], ["run_id"], ["__count"]
            )
        )
        groups = differences._read_group(
            [("run_id", "in", self.ids)],
            ["run_id", "state"],
            ["__count", "value:sum"],
        )
        for run in self:
            mine = [each for each in groups if each[0] == run]
            run.difference_count = sum(count for *_key, count, _value in mine)
            run.pending_count = sum(
                count for _run, state, count, _value in mine if state in PENDING
            )
            run.value = sum(value or 0 for *_key, value in mine)
            run.bookable_count = bookable.get(run, 0)

    # ---------------------------------------------------------------- CRUD
    def init(self):
        create_staging(self.env.cr)
        create_refs(self.env.cr)
        create_open(self.env.cr)

    # ------------------------------------------------------------- actions
    def action_open_differences(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_reconciliation.channel_reconcile_difference_action"
        )
        return dict(action, domain=[("run_id", "=", self.id)], context={})

    def action_believe(self):
        """What was refused is right: record what differs."""
        self._require_role("manager")
        for run in self:
            log_decision(run, self.env._("a person says that the report is right"))
            # sudo: runs and differences are the server's
            self.env["channel.stock.snapshot"].sudo()._believe(run.sudo())

    def action_adjust_all(self):
        """Ask why Odoo's stock is to be brought to all counts of this report."""
        self.ensure_one()
        self._require_role("operator")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Adjust Odoo's Stock"),
            "res_model": "channel.reconcile.adjust",
            "view_mode": "form",
            "target": "new",
            "context": {"default_run_id": self.id},
        }

    def _get_bookable(self):
        """:return: the differences that Odoo's stock can be adjusted to"""
        return self.env["channel.reconcile.difference"].search(
            [("run_id", "in", self.ids), *BOOKABLE]
        )

    # -------------------------------------------------------------- report
    def _get_classes(self):
        """What a report says of each class that was found.

        :return: list of dicts with name, count, units and value
        """
        self.ensure_one()
        differences = self.env["channel.reconcile.difference"]
        names = dict(differences._fields["kind"]._description_selection(self.env))
        sums = {
            kind: (units, value)
            for kind, units, value in differences._read_group(
                [("run_id", "=", self.id)], ["kind"], ["units:sum", "value:sum"]
            )
        }
        counts = dict(self.counts or {})
        for kind in sums:
            counts.setdefault(kind, 0)
        return [
            {
                "name": names.get(kind, kind),
                "count": count,
                "units": sums.get(kind, (0, 0))[0] or 0,
                "value": sums.get(kind, (0, 0))[1] or 0,
            }
            for kind, count in sorted(counts.items(), key=lambda each: -each[1])
        ]

    def _get_reported_differences(self):
        return self.env["channel.reconcile.difference"].search(
            [("run_id", "=", self.id)], order="value desc, id", limit=REPORTED
        )

    # ------------------------------------------------------------ business
    @api.model
    def _begin(self, kind, trigger, channel=None, company=None, **values):
        """Begin a run, or go on with the one that is under way.

        :param values: what is to be compared, of a new run
        :return: the run
        """
        # sudo: runs are the server's, whoever has asked for one
        runs = self.sudo()
        if channel:
            domain = [
                ("channel_id", "=", channel.id),
                ("kind", "=", kind),
                ("state", "=", "running"),
            ]
            if found := runs.search(domain, limit=1):
                return found
        return runs.create(
            {
                "channel_id": channel.id if channel else False,
                "company_id": (channel.company_id if channel else company).id,
                "kind": kind,
                "trigger": trigger,
                "trace": f"reconcile:{uuid.uuid4().hex[:16]}",
                **values,
            }
        )

    def _is_whole(self):
        """Whether it has read what is there, and not only what we have asked for."""
        return self.channel_id._capabilities().reads_all

    def _end(self, state, message=False):
        self.write(
            {
                "state": state,
                "step": False,
                "message": message,
                "finished_at": fields.Datetime.now(),
            }
        )
