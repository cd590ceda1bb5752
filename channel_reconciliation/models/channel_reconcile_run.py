# SPDX-License-Identifier: AGPL-3.0-or-later
import uuid

from odoo import api, fields, models

from ..const import PENDING
from ..db.staging import create_staging


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
    kind = fields.Selection(
        [("levels", "Quantities on the channel"), ("stock", "Figures in Odoo")],
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
        ],
        default="note",
        readonly=True,
    )
    round = fields.Integer(
        readonly=True, default=1, help="Levels that moved meanwhile are read again"
    )
    cursor = fields.Char(readonly=True)
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

    @api.depends("kind", "trigger", "channel_id", "create_date")
    def _compute_display_name(self):
        names = dict(self._fields["kind"]._description_selection(self.env))
        for run in self:
            whose = run.channel_id or run.company_id
            run.display_name = f"{whose.name}: {names.get(run.kind, '')}"

    @api.depends("counts", "message")
    def _compute_summary(self):
        kinds = self.env["channel.reconcile.difference"]._fields["kind"]
        names = dict(kinds._description_selection(self.env))
        for run in self:
            counts = sorted((run.counts or {}).items(), key=lambda each: -each[1])
            words = [f"{names.get(kind, kind)}: {count}" for kind, count in counts]
            run.summary = run.message or ", ".join(words)

    def _compute_differences(self):
        differences = self.env["channel.reconcile.difference"]
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

    # ---------------------------------------------------------------- CRUD
    def init(self):
        create_staging(self.env.cr)

    # ------------------------------------------------------------- actions
    def action_open_differences(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_reconciliation.channel_reconcile_difference_action"
        )
        return dict(action, domain=[("run_id", "=", self.id)], context={})

    # ------------------------------------------------------------ business
    @api.model
    def _begin(self, kind, trigger, channel=None, company=None):
        """Begin a run, or go on with the one that is under way.

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
