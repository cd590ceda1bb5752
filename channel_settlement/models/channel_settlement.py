# SPDX-License-Identifier: AGPL-3.0-or-later
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_list

from odoo.addons.channel_inventory_base.tools.actions import open_form
from odoo.addons.channel_inventory_base.tools.labels import label_of

from ..const import ISSUES, OPEN, STATES

NO_PROPOSAL = {"proposed_by_id": False, "proposed_at": False}
MATCH_MINUTES = 10
"""From one look at what could not be matched to the next."""
AT_ONCE = 500
"""Lines of orders up to which an approved settlement is posted while its user waits."""


class ChannelSettlement(models.Model):
    """What a channel or gateway has paid out, and its one journal entry.

    How it works: received, read, matched; when every line has its place and the sums
    agree it is ready, is proposed, approved (by another person where the company asks
    for that), posted. Its entry clears the payments of orders, books fees and the rest
    by the map of accounts, and owes the payout to the bank.

    A settlement that the channel corrects is another revision: what is posted stays
    until a person takes the correction.
    """

    _name = "channel.settlement"
    _description = "Settlement"
    _inherit = ["channel.noted", "channel.accountant"]
    _order = "deposit_date desc, id desc"
    _check_company_auto = True

    channel_id = fields.Many2one(
        "channel.channel", required=True, readonly=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one(
        related="channel_id.company_id", store=True, index=True, precompute=True
    )
    name = fields.Char(required=True, readonly=True)
    external_id = fields.Char(string="Channel's Id", required=True, readonly=True)
    kind = fields.Selection(
        [("payout", "Payout"), ("statement", "Account statement")],
        required=True,
        readonly=True,
    )
    gateway = fields.Char(readonly=True)
    status = fields.Selection(
        [
            ("in_transit", "On its way"),
            ("paid", "Paid"),
            ("failed", "Failed"),
            ("cancelled", "Cancelled"),
        ],
        string="Status There",
        required=True,
        readonly=True,
    )
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    started_at = fields.Datetime(string="From", readonly=True)
    ended_at = fields.Datetime(string="To", readonly=True)
    deposit_date = fields.Date(string="Paid On", readonly=True, index=True)
    bank_ref = fields.Char(string="Bank Reference", readonly=True)
    has_total = fields.Boolean(readonly=True)
    stated_total = fields.Monetary(readonly=True, help="As the channel says.")
    total = fields.Monetary(
        string="Sum of Lines", readonly=True, help="Without transfers to the bank."
    )
    payout = fields.Monetary(
        readonly=True, help="What the bank gets, or has to pay where it is negative."
    )
    difference = fields.Monetary(
        readonly=True, help="What the channel says, less the sum of the lines."
    )
    has_balances = fields.Boolean(readonly=True)
    opening = fields.Monetary(string="Balance Before", readonly=True)
    closing = fields.Monetary(string="Balance After", readonly=True)
    summary = fields.Json(readonly=True)
    fees = fields.Monetary(readonly=True)
    line_count = fields.Integer(string="Lines", readonly=True)
    issue_count = fields.Integer(string="To Decide", readonly=True)
    check_text = fields.Text(string="Findings", readonly=True)
    digest = fields.Char(readonly=True)
    revision = fields.Integer(readonly=True, default=1)
    state = fields.Selection(
        STATES,
        default="new",
        required=True,
        readonly=True,
        index=True,
        tracking=True,
    )
    matched_at = fields.Datetime(readonly=True)
    bank_looked_at = fields.Datetime(readonly=True)
    file_id = fields.Many2one(
        "channel.settlement.file", readonly=True, ondelete="restrict", index=True
    )
    line_ids = fields.One2many("channel.settlement.line", "settlement_id")
    proposed_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    proposed_at = fields.Datetime(readonly=True, copy=False)
    approved_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    approved_at = fields.Datetime(readonly=True, copy=False)
    move_id = fields.Many2one(
        "account.move", string="Journal Entry", readonly=True, copy=False, index=True
    )
    error = fields.Char(readonly=True, help="Why it is approved and not posted.")
    transfer_line_ids = fields.Many2many(
        "account.move.line",
        "channel_settlement_transfer_rel",
        string="Payouts on Their Way",
        readonly=True,
        copy=False,
    )
    in_bank = fields.Boolean(
        compute="_compute_in_bank",
        store=True,
        help="The bank shows what was paid out, and both are reconciled.",
    )
    bank_residual = fields.Monetary(
        compute="_compute_bank_residual", help="What the bank does not show yet."
    )
    needs_approval = fields.Boolean(compute="_compute_may_approve")
    may_approve = fields.Boolean(compute="_compute_may_approve")

    _current_uniq = models.UniqueIndex(
        "(channel_id, external_id) WHERE state NOT IN ('correction', 'replaced')"
    )
    _todo_idx = models.Index(
        "(channel_id) WHERE state IN ('new', 'exceptions', 'approved')"
    )

    @api.depends("state", "transfer_line_ids.reconciled", "payout")
    def _compute_in_bank(self):
        for settlement in self:
            # sudo: whether it is in the bank, for those who see no entries
            lines = settlement.sudo().transfer_line_ids
            settlement.in_bank = settlement.state == "posted" and all(
                line.reconciled for line in lines
            )

    @api.depends("transfer_line_ids.amount_residual_currency")
    def _compute_bank_residual(self):
        for settlement in self:
            # sudo: a sum, for those who see no entries
            lines = settlement.sudo().transfer_line_ids
            settlement.bank_residual = sum(lines.mapped("amount_residual_currency"))

    @api.depends("state", "proposed_by_id", "line_ids.decided_by_id", "company_id")
    @api.depends_context("uid")
    def _compute_may_approve(self):
        for settlement in self:
            # sudo: a setting of the company that everybody is bound by
            asked = settlement.company_id.sudo().channel_settlement_approval
            settlement.needs_approval = asked
            settlement.may_approve = settlement.state == "proposed" and not (
                asked and self.env.user in settlement._get_first_persons()
            )

    def _get_first_persons(self):
        """Who has proposed it, and who has decided on its lines."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT decided_by_id FROM channel_settlement_line
                 WHERE settlement_id = ANY(%s) AND decided_by_id IS NOT NULL
                """,
                self.ids,
            )
        )
        deciders = self.env["res.users"].browse([row[0] for row in rows])
        return self.proposed_by_id | deciders

    # ------------------------------------------------------------- buttons
    def action_fetch(self):
        """Ask each channel now what it has paid out, not when it is due."""
        self._require_accountant()
        asked = self.env["channel.channel"]._wake_payouts()
        if not asked:
            raise UserError(
                self.env._(
                    "No connected channel tells of settlements: import their files."
                )
            )
        return asked._notify_user(
            self.env._("Asking %s", format_list(self.env, asked.mapped("name"))),
            self.env._("What has been paid out appears here in a minute."),
            "info",
        )

    def action_match(self):
        """Match what is open once more."""
        self._require_accountant()
        # sudo: lines and states are the server's; the role was asked for
        self.sudo().filtered(lambda each: each.state in OPEN)._match()

    def action_propose(self):
        self._require_accountant()
        self._lock()
        for settlement in self:
            settlement._require_state(("ready",))
        # sudo: the state is the buttons' to write
        self.sudo().write(
            {
                "state": "proposed",
                "proposed_by_id": self.env.uid,
                "proposed_at": fields.Datetime.now(),
            }
        )
        self._log_control(self.env._("proposed"))

    def action_withdraw(self):
        self._require_accountant()
        self._lock()
        for settlement in self:
            settlement._require_state(("proposed",))
        # sudo: the state is the buttons' to write
        self.sudo()._withdraw()
        self._log_control(self.env._("proposal withdrawn"))

    def action_approve(self):
        """Approve, and post; a large one is posted by a job within a minute."""
        self._require_accountant()
        self._lock()
        for settlement in self:
            settlement._check_approvable()
        self._log_control(self.env._("approved"))
        # sudo: state and entry are the server's; the role was asked for
        settlements = self.sudo()
        settlements.write(
            {
                "state": "approved",
                "approved_by_id": self.env.uid,
                "approved_at": fields.Datetime.now(),
            }
        )
        small = settlements.filtered(lambda each: each.line_count <= AT_ONCE)
        # sudo: entries are the server's; the role was asked for
        poster = self.env["channel.settlement.poster"].sudo()
        for settlement in small:
            poster._post(settlement)
        (settlements - small).channel_id._wake("_job_settle")

    def action_take_back(self):
        """Reverse the entry: payments are open again, and it can be matched anew."""
        self._require_accountant()
        self._lock()
        # sudo: state and entry are the server's; the role was asked for
        for settlement in self.sudo():
            settlement._require_state(("posted", "approved"))
            if settlement.move_id:
                self.env["channel.settlement.poster"].sudo()._reverse(settlement)
            settlement.write(
                dict(NO_PROPOSAL, state="exceptions", approved_by_id=False)
            )
            settlement._log_control(self.env._("taken back"))
            settlement._match()

    def action_take_correction(self):
        """The channel has corrected it: what was posted is reversed."""
        self._require_accountant()
        self._lock()
        # sudo: state and entry are the server's; the role was asked for
        for settlement in self.sudo():
            settlement._require_state(("correction",))
            current = settlement._get_current()
            if current.move_id:
                # sudo: as of the state
                self.env["channel.settlement.poster"].sudo()._reverse(current)
            current.write({"state": "replaced"})
            # the index allows one that is current
            current.flush_recordset(["state"])
            settlement.write({"state": "new"})
            settlement._log_control(self.env._("correction taken"))
            settlement._match()

    def action_reject_correction(self):
        """What is posted stays right."""
        self._require_accountant()
        self._lock()
        # sudo: the state is the buttons' to write
        for settlement in self.sudo():
            settlement._require_state(("correction",))
            settlement.write({"state": "replaced"})
            settlement._log_control(self.env._("correction rejected"))
            settlement._resolve()

    def action_void(self):
        """It never was a settlement of ours: its lines count nowhere."""
        self._require_accountant()
        self._lock()
        # sudo: the state is the buttons' to write
        for settlement in self.sudo():
            settlement._require_state((*OPEN, "approved"))
            settlement.write(dict(NO_PROPOSAL, state="void", issue_count=0))
            settlement._log_control(self.env._("voided"))
            settlement._resolve()
        self._wake_open(self.company_id)

    def action_accept_difference(self):
        """Ask for the account of what the lines lack."""
        self.ensure_one()
        self._require_accountant()
        self._require_state(OPEN)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Accept the Difference"),
            "res_model": "channel.settlement.decide",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_settlement_id": self.id,
                "default_decision": "account",
            },
        }

    def action_find_bank(self):
        """Look for the payout in the bank, and reconcile what is there exactly once."""
        self._require_accountant()
        # sudo: what is reconciled is the server's own entry
        posted = self.sudo().filtered(lambda each: each.state == "posted")
        self.env["channel.settlement.banker"].sudo()._find(posted)

    def action_choose_bank(self):
        """Show what could be it."""
        self.ensure_one()
        self._require_accountant()
        self._require_state(("posted",))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Choose the Bank Transaction"),
            "res_model": "channel.settlement.bank",
            "view_mode": "form",
            "target": "new",
            "context": {"default_settlement_id": self.id},
        }

    # ----------------------------------------------------------- open screens
    def action_open_lines(self):
        self.ensure_one()
        return self._open_lines({})

    def action_open_issues(self):
        self.ensure_one()
        return self._open_lines({"search_default_to_decide": 1})

    def _open_lines(self, context):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_settlement.channel_settlement_line_action"
        )
        domain = [("settlement_id", "in", self.ids)]
        return dict(action, domain=domain, context=context)

    def action_open_entry(self):
        self.ensure_one()
        return open_form("account.move", self.move_id.id)

    def action_open_file(self):
        self.ensure_one()
        return open_form("channel.settlement.file", self.file_id.id)

    # -------------------------------------------------------------- checks
    def _require_state(self, states):
        if self.state not in states:
            names = dict(self._fields["state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "%(settlement)s is “%(state)s” now; this is for what is "
                    "%(states)s.",
                    settlement=self.name,
                    state=names[self.state],
                    states=format_list(
                        self.env, [names[each] for each in states], "or"
                    ),
                )
            )

    def _lock(self):
        """:raise UserError: another user or the job is at one of them right now"""
        self.flush_recordset()
        if self.try_lock_for_update() != self:
            raise UserError(
                self.env._(
                    "Another user is deciding on the same settlement right now. Try "
                    "again in a moment."
                )
            )

    def _check_approvable(self):
        self._require_state(("proposed",))
        # sudo: a setting of the company that everybody is bound by
        asked = self.company_id.sudo().channel_settlement_approval
        if asked and self.env.user in self._get_first_persons():
            raise UserError(
                self.env._(
                    "You proposed %(settlement)s or decided on its lines yourself. "
                    "%(company)s requires that another accountant approves it.",
                    settlement=self.name,
                    company=self.company_id.name,
                )
            )

    def _withdraw(self):
        """No proposal any more: what was proposed is not what is there now."""
        proposed = self.filtered(lambda each: each.state == "proposed")
        proposed.write(dict(NO_PROPOSAL, state="ready"))

    def _log_control(self, what):
        for settlement in self:
            self.env["channel.audit"]._log(
                "control",
                settlement.channel_id,
                f"{settlement.name}: {what}",
                record=settlement,
                data={"payout": str(settlement.payout), "digest": settlement.digest},
            )

    # ------------------------------------------------------------ business
    def _get_current(self):
        """The revision that counts."""
        return self.search(
            [
                ("channel_id", "=", self.channel_id.id),
                ("external_id", "=", self.external_id),
                ("state", "not in", ("correction", "replaced")),
            ]
        )

    def _match(self):
        """Match all lines that are open, and conclude what the settlement is then."""
        matcher = self.env["channel.settlement.matcher"]
        for settlement in self:
            matcher._match(settlement)
            settlement._conclude()

    def _conclude(self):
        """Ready where every line has its place and the sums agree; else to check."""
        findings = self._get_findings()
        counts = self._count_matches()
        issues = sum(count for match, count in counts.items() if match in ISSUES)
        state = self.state
        if state in OPEN:
            good = not findings and not issues
            if not good or state != "proposed":
                state = "ready" if good else "exceptions"
        vals = {
            "state": state,
            "issue_count": issues,
            "check_text": "\n".join(findings),
            "matched_at": fields.Datetime.now(),
        }
        if state != "proposed":
            vals |= NO_PROPOSAL
        self.write(vals)
        self._tell(findings, counts)

    def _count_issues(self):
        counts = self._count_matches()
        return sum(count for match, count in counts.items() if match in ISSUES)

    def _count_matches(self):
        rows = self.env.execute_query(
            SQL(
                "SELECT match, count(*) FROM channel_settlement_line "
                "WHERE settlement_id = %s GROUP BY match",
                self.id,
            )
        )
        return dict(rows)

    def _tell(self, findings, counts):
        if self.state != "exceptions":
            self._resolve()
            return
        names = dict(
            self.env["channel.settlement.line"]
            ._fields["match"]
            ._description_selection(self.env)
        )
        issues = [
            f"{names[match]}: {count}"
            for match, count in sorted(counts.items())
            if match in ISSUES
        ]
        self.env["channel.exception"]._report(
            self.channel_id,
            "settlement",
            key=f"settlement:{self.id}",
            record=self,
            message=self.env._(
                "%(settlement)s over %(total)s %(currency)s cannot be posted. "
                "%(findings)s",
                settlement=self.name,
                total=self._format(self.payout),
                currency=self.currency_id.name,
                findings=" ".join(findings) + " " + "; ".join(issues),
            ),
            suggestion=self.env._(
                "Open the settlement: each line says what is to be done. It is matched "
                "again by itself when orders, payments or accounts are there."
            ),
        )

    def _resolve(self):
        for channel, each in self.grouped("channel_id").items():
            keys = [f"settlement:{settlement.id}" for settlement in each]
            self.env["channel.exception"]._resolve_keys(channel, keys)

    def _format(self, amount):
        return f"{amount:.{self.currency_id.decimal_places}f}"

    # ------------------------------------------------------------ received
    def _sum_up(self):
        """The sums of the lines, to the last unit of the currency."""
        self.flush_recordset()
        self.env.execute_query(
            SQL(
                """
                UPDATE channel_settlement settlement
                   SET total = sums.total, fees = sums.fees,
                       line_count = sums.lines, payout = sums.payout,
                       difference = CASE WHEN settlement.has_total
                                    THEN settlement.stated_total - sums.payout
                                    ELSE 0 END
                  FROM (
                    SELECT own.id, count(line.id) AS lines,
                           COALESCE(sum(line.net) FILTER (
                               WHERE line.kind <> 'transfer'), 0) AS total,
                           COALESCE(sum(line.fee), 0) - COALESCE(sum(line.gross)
                               FILTER (WHERE line.kind = 'fee'), 0) AS fees,
                           CASE WHEN own.kind = 'payout' THEN COALESCE(sum(line.net)
                               FILTER (WHERE line.kind <> 'transfer'), 0)
                           ELSE -COALESCE(sum(line.net) FILTER (
                               WHERE line.kind = 'transfer'), 0) END AS payout
                      FROM channel_settlement own
                      LEFT JOIN channel_settlement_line line
                             ON line.settlement_id = own.id
                     WHERE own.id = ANY(%s) GROUP BY own.id
                  ) sums
                 WHERE sums.id = settlement.id
                RETURNING settlement.id
                """,
                self.ids,
            )
        )
        self.invalidate_recordset()

    def _follow_status(self, status, deposit_date):
        """What has become of it there."""
        vals = {"status": status, "deposit_date": deposit_date or self.deposit_date}
        if self.state == "void" and status not in ("failed", "cancelled"):
            # voided as failed, and paid out after all
            vals["state"] = "new"
        self.write(vals)

    def _fail(self, status):
        """The money never came: payments are open again.

        Where the bank shows it all the same, a person has to look.
        """
        was = self.state
        self.status = status
        if was == "void":
            return
        if self.move_id:
            try:
                with self.env.cr.savepoint():
                    self.env["channel.settlement.poster"]._reverse(self)
            except UserError as error:
                self._report_failed(str(error))
                return
        self.write(dict(NO_PROPOSAL, state="void", issue_count=0))
        self._log_control(self.env._("failed or cancelled there"))
        self._resolve()
        if was == "posted":
            self.message_post(
                body=self.env._(
                    "The payout failed or was cancelled: its entry was reversed, and "
                    "the payments are open again."
                )
            )

    def _report_failed(self, why):
        self.env["channel.exception"]._report(
            self.channel_id,
            "settlement",
            key=f"settlement:{self.id}",
            record=self,
            message=self.env._(
                "%(settlement)s failed or was cancelled there, and is posted here: "
                "%(why)s",
                settlement=self.name,
                why=why,
            ),
            suggestion=self.env._(
                "Ask the gateway. If the money did not come, undo the reconciliation "
                "of the bank transaction and press Take Back, then Void."
            ),
        )

    def _report_correction(self, current):
        self.env["channel.exception"]._report(
            self.channel_id,
            "settlement",
            key=f"settlement:{self.id}",
            record=self,
            message=self.env._(
                "%(settlement)s was corrected there; its state here is “%(state)s”: "
                "%(before)s before, %(after)s %(currency)s now.",
                settlement=self.name,
                state=label_of(current, "state", current.state),
                before=current._format(current.payout),
                after=self._format(self.payout),
                currency=self.currency_id.name,
            ),
            suggestion=self.env._(
                "Open it and press Take Correction: the entry is reversed, and the "
                "corrected lines are matched. Or reject the correction."
            ),
        )

    # ------------------------------------------------------------ findings
    def _get_findings(self):
        """:return: list of sentences, why the sums do not agree; empty where they do"""
        found = []
        if self.has_total and self.currency_id.compare_amounts(self.difference, 0):
            found.append(
                self.env._(
                    "The channel says %(stated)s, the lines come to %(total)s: a "
                    "difference of %(difference)s.",
                    stated=self._format(self.stated_total),
                    total=self._format(self.payout),
                    difference=self._format(self.difference),
                )
            )
        if not self.line_count and not self.currency_id.is_zero(self.stated_total):
            found.append(self.env._("It has no lines."))
        if found:
            # where the whole agrees, what a channel counts as what is its own affair
            found += self._get_summary_findings()
        found += self._get_balance_findings()
        return found

    def _get_summary_findings(self):
        """Sums of kinds that the channel tells, too."""
        if not self.summary:
            return []
        rows = self.env.execute_query(
            SQL(
                """
                SELECT kind, sum(gross), sum(fee) FROM channel_settlement_line
                 WHERE settlement_id = %s AND external_id <> 'difference'
                 GROUP BY kind
                """,
                self.id,
            )
        )
        sums = {kind: (gross, fee) for kind, gross, fee in rows}
        found = []
        for told in self.summary:
            known = [sums.get(kind, (Decimal(0), Decimal(0))) for kind in told["kinds"]]
            gross, fee = (sum(each, Decimal(0)) for each in zip(*known, strict=True))
            pairs = [(gross, told["amount"])]
            if told.get("fee") is not None:
                pairs.append((fee, told["fee"]))
            for ours, theirs in pairs:
                if ours != Decimal(theirs):
                    found.append(
                        self.env._(
                            "%(kinds)s: the channel's summary says %(theirs)s, the "
                            "lines come to %(ours)s.",
                            kinds=format_list(self.env, self._get_kinds(told["kinds"])),
                            theirs=theirs,
                            ours=ours,
                        )
                    )
        return found

    def _get_kinds(self, kinds):
        names = dict(
            self.env["channel.settlement.line"]
            ._fields["kind"]
            ._description_selection(self.env)
        )
        return [names[kind] for kind in kinds]

    def _get_balance_findings(self):
        """Of an account with the gateway: from one balance to the next."""
        if not self.has_balances:
            return []
        found = []
        moved = self._get_kept()
        if self.currency_id.compare_amounts(self.opening + moved, self.closing):
            found.append(
                self.env._(
                    "The balance before was %(opening)s, the lines come to %(moved)s, "
                    "and the balance after is %(closing)s.",
                    opening=self._format(self.opening),
                    moved=self._format(moved),
                    closing=self._format(self.closing),
                )
            )
        return found

    def _get_kept(self):
        """What of a statement stays on the account with the gateway."""
        return self.total - self.payout

    # ------------------------------------------------------------- waking
    @api.model
    def _wake_open(self, companies):
        """Have what is to check matched again: an account or an order is there now."""
        self.env.execute_query(
            SQL(
                """
                UPDATE channel_settlement SET matched_at = NULL
                 WHERE id IN (SELECT id FROM channel_settlement
                               WHERE company_id = ANY(%s) AND state = 'exceptions'
                                 FOR NO KEY UPDATE SKIP LOCKED)
                RETURNING id
                """,
                companies.ids,
            )
        )
        self.invalidate_model(["matched_at"])
        self._follow()

    @api.model
    def _follow(self):
        """Once a minute: wake who has something to do."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT channel_id FROM channel_settlement_file WHERE state = 'new'
                UNION
                SELECT channel_id FROM channel_settlement
                 WHERE state IN ('new', 'approved')
                    OR state = 'exceptions' AND COALESCE(matched_at < %(due)s, true)
                    OR state = 'posted' AND NOT COALESCE(in_bank, false)
                       AND COALESCE(bank_looked_at < %(due)s, true)
                """,
                due=fields.Datetime.subtract(
                    fields.Datetime.now(), minutes=MATCH_MINUTES
                ),
            )
        )
        channels = self.env["channel.channel"].browse([row[0] for row in rows])
        channels.filtered("active")._wake("_job_settle")
        self.env["channel.channel"]._wake_payouts_when_due()
