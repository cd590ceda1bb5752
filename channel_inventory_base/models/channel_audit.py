# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..const import MOVE
from ..db.audit_guard import create_guard, lifted_guard
from ..lib.one_line import one_line
from ..tools.labels import label_of

MINIMUM_DAYS = 90


class ChannelAudit(models.Model):
    """Append-only record of what happened, from source event to channel confirmation.

    Database triggers refuse every UPDATE and TRUNCATE, and every DELETE of a row
    younger than ``MINIMUM_DAYS``: also through SQL with Odoo's own role. The retention
    job is the only way out.
    """

    _name = "channel.audit"
    _description = "Channel Audit Trail"
    _inherit = ["channel.guarded"]
    _order = "id desc"
    _rec_name = "message"
    _log_access = False

    at = fields.Datetime(required=True, readonly=True, index=True)
    channel_id = fields.Many2one(
        "channel.channel", readonly=True, ondelete="restrict", index=True
    )
    # restrict, all of them: to empty a field would be to change the trail
    company_id = fields.Many2one(
        "res.company", readonly=True, ondelete="restrict", index=True
    )
    user_id = fields.Many2one("res.users", readonly=True, ondelete="restrict")
    kind = fields.Selection(
        [
            ("channel", "Channel"),
            ("webhook", "Webhook"),
            ("order", "Order"),
            ("sale", "Sale order"),
            ("document", "Document"),
            ("message", "Notification"),
            ("publication", "Publication"),
            ("drift", "Drift"),
            ("exception", "Exception"),
            ("control", "Rules and mappings"),
            ("operator", "Operator"),
            ("stock", "Stock"),
        ],
        required=True,
        readonly=True,
    )
    res_model = fields.Char("Record Model", readonly=True)
    res_id = fields.Many2oneReference(
        "Record ID", model_field="res_model", readonly=True
    )
    trace = fields.Char(readonly=True, index="btree_not_null")
    message = fields.Char(readonly=True, required=True)
    data = fields.Json(readonly=True)
    sku = fields.Char(
        string="SKU",
        store=False,
        readonly=True,
        search="_search_sku",
        help="Finds what has changed quantities of listings with this SKU, their "
        "publications, and what was said of the listings.",
    )

    def init(self):
        create_guard(self.env.cr, MINIMUM_DAYS)

    def _init_column(self, column_name):
        """An upgrade adds a field: its default is written to the rows there are."""
        with lifted_guard(self.env.cr):
            return super()._init_column(column_name)

    @api.model
    def _refuse_deletion(self, field, records):
        """Say in words what the foreign key would refuse.

        :raise UserError: the trail names one of them
        """
        # sudo: whether there is a trace, not what it says
        named = self.sudo().search_fetch([(field, "in", records.ids)], [field], limit=1)
        if named:
            raise UserError(
                self.env._(
                    "%s is named in the audit trail of Channels, which cannot be "
                    "changed. Archive it instead of deleting it.",
                    named[field].display_name,
                )
            )

    @api.model
    def _search_sku(self, operator, value):
        """By the traces of its numbers and orders: no row of the trail names a SKU."""
        if operator not in ("=", "in", "ilike", "=ilike"):
            return NotImplemented
        named = Domain("sku", operator, value)
        listings = self.env["channel.listing"]._search(named)
        sent = self.env["channel.publication.line"]._search(
            [("level_id.listing_id", "in", listings)]
        )
        sold = self.env["channel.order"]._search([("line_ids", "any", named)])
        return (
            Domain("trace", "in", sent.subselect("cause_trace"))
            | Domain("trace", "in", sold.subselect("trace"))
            # what has no cause of its own, such as a number that was read
            | Domain("res_model", "=", "channel.publication")
            & Domain("res_id", "in", sent.subselect("publication_id"))
            | Domain("res_model", "=", "channel.listing")
            & Domain("res_id", "in", listings)
        )

    @api.model
    def _log(
        self,
        kind,
        channel,
        message,
        record=None,
        trace=None,
        data=None,
        company=None,
        user=None,
    ):
        """:param company: of what concerns no channel, or all of them
        :param user: who has caused it, where that is not who runs this
        """
        # sudo: all users leave traces, no user may write them
        return self.sudo().create(
            {
                "at": fields.Datetime.now(),
                "channel_id": channel.id,
                "company_id": (company or channel.company_id).id,
                "user_id": user.id if user else self.env.uid,
                "kind": kind,
                "res_model": record._name if record else False,
                "res_id": record.id if record else False,
                "trace": trace,
                "message": one_line(message),
                "data": data,
            }
        )

    @api.model
    def _log_publication(self, publication, grouped):
        """One row a cause: the trace of a sale leads to the numbers it changed."""
        counts = {status: len(lines) for status, lines in grouped.items()}
        message = self.env._(
            "%(count)s quantities published: %(counts)s",
            count=sum(counts.values()),
            counts=", ".join(
                f"{number} {label_of(publication.line_ids, 'result', status).lower()}"
                for status, number in sorted(counts.items())
            ),
        )
        traces = {line.cause_trace for lines in grouped.values() for line in lines}
        for trace in {publication.trace, *filter(None, traces)}:
            self._log(
                "publication",
                publication.channel_id,
                message,
                record=publication,
                trace=trace,
                data=counts,
            )

    @api.model
    def _log_moves(self, caused):
        """Log the stock moves behind changed quantities, once each.

        :param caused: set of (listing id, trace) that were planned
        """
        caused = [each for each in caused if (each[1] or "").startswith(MOVE)]
        if not caused:
            return
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT named.trace
                  FROM unnest(%s::int[], %s::varchar[]) AS named (listing_id, trace)
                  JOIN channel_level level USING (listing_id, trace)
                 WHERE NOT EXISTS (SELECT FROM channel_audit audit
                                    WHERE audit.trace = named.trace
                                      AND audit.kind = 'stock')
                """,
                [listing_id for listing_id, _trace in caused],
                [trace for _listing_id, trace in caused],
            )
        )
        moves = self.env["stock.move"]._of_traces(trace for (trace,) in rows)
        rows = [move._prepare_audit_vals(trace) for trace, move in moves.items()]
        # sudo: all users leave traces, no user may write them
        self.sudo().create(
            [{**row, "message": one_line(row["message"])} for row in rows]
        )

    @api.model
    def _cron_retention(self):
        """Delete what is older than the retention time (days, system parameter)."""
        # sudo: a system parameter, read by the scheduler
        params = self.env["ir.config_parameter"].sudo()
        days = int(params.get_param("channel_inventory.audit_days", 730))
        # by the clock that the guard goes by
        now = self.env.cr.now().replace(microsecond=0)
        before = now - timedelta(days=max(days, MINIMUM_DAYS))
        rows = self.env.execute_query(
            SQL("DELETE FROM channel_audit WHERE at < %s RETURNING id", before)
        )
        if rows:
            self._log_retention([self._name], before, len(rows))

    @api.model
    def _log_retention(self, models, before, count):
        """What was removed is not there any more to say why: this row says it.

        :param models: names of those whose rows were removed
        :param before: how old they were at least
        """
        self._log(
            "control",
            self.env["channel.channel"],
            self.env._(
                "Retention: %(count)s records from before %(before)s removed "
                "(%(model)s)",
                count=count,
                before=fields.Datetime.to_string(before),
                model=self.env["ir.model"]._get(models[0]).name,
            ),
            data={
                "removed": dict.fromkeys(
                    models, before.isoformat(timespec="microseconds")
                )
            },
        )
