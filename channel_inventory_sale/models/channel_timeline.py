# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models, tools
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.db.views import create_view_at_end
from odoo.addons.channel_inventory_base.tools.actions import open_form
from odoo.addons.channel_inventory_base.tools.labels import label_of

# Which selection a row's state is a value of, where it is not its record's ``state``.
STATES = {"number": ("channel.publication.line", "result")}


class ChannelTimeline(models.Model):
    """The history of an order: events, documents, jobs and responses, both ways.

    A view over other models' records; each has its own lifetime, and a payload that was
    blanked leaves its row here. The view has keys and figures only (``detail``,
    ``state``); ``message`` and ``status`` are what people read, in their language.
    """

    _name = "channel.timeline"
    _description = "Order Timeline"
    _auto = False
    _order = "at desc, id desc"
    _rec_name = "message"
    _rec_names_search = ["trace"]

    at = fields.Datetime(readonly=True)
    order_id = fields.Many2one("channel.order", readonly=True)
    channel_id = fields.Many2one("channel.channel", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    direction = fields.Selection(
        [("in", "From channel"), ("here", "Odoo"), ("out", "To channel")],
        readonly=True,
    )
    kind = fields.Selection(
        [
            ("event", "Event"),
            ("note", "Note"),
            ("document", "Document"),
            ("message", "Notification"),
            ("answer", "Response"),
            ("job", "Job"),
            ("number", "Quantity"),
            ("exception", "Exception"),
        ],
        readonly=True,
    )
    detail = fields.Json(readonly=True)
    state = fields.Char(readonly=True)
    message = fields.Char(compute="_compute_message")
    status = fields.Char(compute="_compute_status")
    res_model = fields.Char("Record Model", readonly=True)
    res_id = fields.Many2oneReference(
        "Record ID", model_field="res_model", readonly=True
    )
    trace = fields.Char(readonly=True)

    def init(self):
        # at the end, when all the tables it stands on are there
        create_view_at_end(self, self._create_view)

    def _create_view(self):
        tools.drop_view_if_exists(self.env.cr, self._table)
        rows = SQL(" UNION ALL ").join(
            SQL(
                """
                SELECT source.id::bigint * 16 + %s AS id, source.at, source.order_id,
                       told.channel_id, told.company_id, %s AS direction, %s AS kind,
                       source.detail, source.state, source.res_model, source.res_id,
                       told.trace
                  FROM (%s) AS source
                       (id, at, order_id, detail, state, res_model, res_id)
                  JOIN channel_order told ON told.id = source.order_id
                """,
                number,
                direction,
                kind,
                query,
            )
            for number, (direction, kind, query) in enumerate(self._get_sources())
        )
        self.env.cr.execute(
            SQL("CREATE VIEW %s AS %s", SQL.identifier(self._table), rows)
        )

    @api.model
    def _get_sources(self):
        """:return: sources as in SOURCES; addons with other documents add them"""
        return SOURCES

    # ----------------------------------------------------------- what it says
    @api.depends("kind", "detail", "res_model")
    @api.depends_context("lang")
    def _compute_message(self):
        getters = self._get_getters()
        for row in self:
            getter = getters.get(row.res_model)
            # a note may be about any record, and is text already
            plain = getter is None or "text" in row.detail
            row.message = row.detail.get("text") if plain else getter(row, row.detail)

    def _get_getters(self):
        """:return: {model: method that makes the text of its rows}"""
        return {
            "channel.inbox.event": self._get_event_message,
            "channel.message": self._get_notification_message,
            "channel.publication": self._get_quantity_message,
            "channel.refund": self._get_refund_message,
        }

    @api.depends("kind", "state", "res_model")
    @api.depends_context("lang")
    def _compute_status(self):
        for row in self:
            model, field = STATES.get(row.kind, (row.res_model, "state"))
            row.status = row.state and label_of(self.env[model], field, row.state)

    def _get_event_message(self, row, detail):
        source = label_of(self.env["channel.inbox.event"], "source", detail["source"])
        return self.env._("Order received (%s)", source)

    def _get_notification_message(self, row, detail):
        kind = label_of(self.env["channel.message"], "kind", detail["kind"])
        message = f"{kind}: {detail['summary']}" if detail["summary"] else kind
        if detail.get("error"):
            return self.env._(
                "%(message)s, error: %(error)s", message=message, error=detail["error"]
            )
        if (detail.get("attempts") or 0) > 1:
            return self.env._(
                "%(message)s (attempt %(number)s)",
                message=message,
                number=detail["attempts"],
            )
        return message

    def _get_quantity_message(self, row, detail):
        return self.env._(
            "%(sku)s at %(node)s: %(before)s → %(after)s",
            sku=detail["sku"],
            node=detail["node"],
            before=detail["base"],
            after=detail["quantity"],
        )

    def _get_refund_message(self, row, detail):
        currency = row.order_id._get_currency(detail["currency"])
        if currency:
            return self.env._("Refund of %s", currency.format(detail["amount"]))
        return self.env._(
            "Refund of %(amount)s %(currency)s",
            amount=detail["amount"],
            currency=detail["currency"] or "",
        )

    def action_open_source(self):
        self.ensure_one()
        return open_form(self.res_model, self.res_id)


# (direction, kind, query): a row is (id, at, order, detail, state, model, record).
SOURCES = (
    (
        "in",
        "event",
        SQL(
            """
            SELECT id, received_at, order_id,
                   jsonb_build_object('source', source), state,
                   'channel.inbox.event', id
              FROM channel_inbox_event WHERE order_id IS NOT NULL
            """
        ),
    ),
    (
        "here",
        "note",
        SQL(
            """
            SELECT id, at, res_id, jsonb_build_object('text', message), NULL,
                   'channel.order', res_id
              FROM channel_audit WHERE res_model = 'channel.order'
            """
        ),
    ),
    (
        "here",
        "note",
        SQL(
            """
            SELECT audit.id, audit.at, own.id,
                   jsonb_build_object('text', audit.message), NULL,
                   audit.res_model, audit.res_id
              FROM channel_audit audit JOIN channel_order own ON own.trace = audit.trace
             WHERE audit.res_model IS DISTINCT FROM 'channel.order'
               AND audit.kind <> 'publication'
            """
        ),
    ),
    (
        "here",
        "document",
        SQL(
            """
            SELECT id, create_date, channel_order_id,
                   jsonb_build_object('text', name), state, 'sale.order', id
              FROM sale_order WHERE channel_order_id IS NOT NULL
            """
        ),
    ),
    (
        "here",
        "document",
        SQL(
            """
            SELECT picking.id, COALESCE(picking.date_done, picking.create_date),
                   sale.channel_order_id,
                   jsonb_build_object('text', picking.name), picking.state,
                   'stock.picking', picking.id
              FROM stock_picking picking
              JOIN sale_order sale ON sale.id = picking.sale_id
             WHERE sale.channel_order_id IS NOT NULL
            """
        ),
    ),
    (
        "in",
        "document",
        SQL(
            """
            SELECT id, COALESCE(created_at, now() AT TIME ZONE 'UTC'), order_id,
                   jsonb_build_object('amount', amount, 'currency', currency_name),
                   state, 'channel.refund', id
              FROM channel_refund
            """
        ),
    ),
    (
        "here",
        "message",
        SQL(
            """
            SELECT id, create_date, order_id,
                   jsonb_build_object('kind', kind, 'summary', summary), 'ready',
                   'channel.message', id
              FROM channel_message
            """
        ),
    ),
    (
        "out",
        "message",
        SQL(
            """
            SELECT id, sent_at, order_id,
                   jsonb_build_object('kind', kind, 'summary', summary,
                                      'attempts', attempts),
                   state, 'channel.message', id
              FROM channel_message WHERE sent_at IS NOT NULL
            """
        ),
    ),
    (
        "in",
        "answer",
        SQL(
            """
            SELECT id, COALESCE(acked_at, write_date), order_id,
                   jsonb_build_object('kind', kind, 'summary', summary, 'error', error),
                   state,
                   'channel.message', id
              FROM channel_message WHERE state IN ('done', 'dead', 'wait')
            """
        ),
    ),
    (
        "here",
        "job",
        SQL(
            """
            SELECT message.id,
                   COALESCE(job.date_done, job.date_started, job.date_created),
                   message.order_id, jsonb_build_object('text', job.name), job.state,
                   'queue.job', job.id
              FROM channel_message message JOIN queue_job job
                ON job.uuid = message.job_uuid
            """
        ),
    ),
    (
        "out",
        "number",
        SQL(
            """
            SELECT line.id, publication.sent_at, own.id,
                   jsonb_build_object(
                       'sku', COALESCE(NULLIF(listing.sku, ''), listing.title,
                                       listing.external_id),
                       'node', node.name, 'base', line.base,
                       'quantity', line.quantity),
                   line.result,
                   'channel.publication', publication.id
              FROM channel_publication_line line
              JOIN channel_publication publication
                ON publication.id = line.publication_id
              JOIN channel_order own ON own.trace = line.cause_trace
              JOIN channel_level level ON level.id = line.level_id
              JOIN channel_listing listing ON listing.id = level.listing_id
              JOIN channel_node node ON node.id = level.node_id
            """
        ),
    ),
    (
        "here",
        "exception",
        SQL(
            """
            SELECT id, create_date, res_id, jsonb_build_object('text', message), state,
                   'channel.exception', id
              FROM channel_exception WHERE res_model = 'channel.order'
            UNION ALL
            SELECT shared.id, shared.create_date, stopped.order_id,
                   jsonb_build_object('text', shared.message), shared.state,
                   'channel.exception', shared.id
              FROM channel_exception_order_rel stopped
              JOIN channel_exception shared ON shared.id = stopped.exception_id
            """
        ),
    ),
)
