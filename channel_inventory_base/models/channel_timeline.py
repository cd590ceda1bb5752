from odoo import fields, models, tools
from odoo.tools import SQL


class ChannelTimeline(models.Model):
    """All that happened to an order: events, documents, jobs and answers, both ways.

    A view over what others keep; each has its own lifetime, and a payload that was
    blanked leaves its row here.
    """

    _name = "channel.timeline"
    _description = "Order Timeline"
    _auto = False
    _order = "at desc, id desc"
    _rec_name = "message"

    at = fields.Datetime(readonly=True)
    order_id = fields.Many2one("channel.order", readonly=True)
    channel_id = fields.Many2one("channel.channel", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    direction = fields.Selection(
        [("in", "Channel"), ("here", "Odoo"), ("out", "To channel")],
        readonly=True,
    )
    kind = fields.Selection(
        [
            ("event", "Event"),
            ("note", "Note"),
            ("document", "Document"),
            ("message", "Message"),
            ("answer", "Answer"),
            ("job", "Job"),
            ("number", "Numbers"),
            ("exception", "Exception"),
        ],
        readonly=True,
    )
    message = fields.Char(readonly=True)
    state = fields.Char(readonly=True)
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(model_field="res_model", readonly=True)
    trace = fields.Char(readonly=True)

    def init(self):
        # at the end, when all the tables it stands on are there
        self.pool.post_init(self._create_view)

    def _create_view(self):
        tools.drop_view_if_exists(self.env.cr, self._table)
        rows = SQL(" UNION ALL ").join(
            SQL(
                """
                SELECT source.id::bigint * 16 + %s AS id, source.at, source.order_id,
                       told.channel_id, told.company_id, %s AS direction, %s AS kind,
                       source.message, source.state, source.res_model, source.res_id,
                       told.trace
                  FROM (%s) AS source
                       (id, at, order_id, message, state, res_model, res_id)
                  JOIN channel_order told ON told.id = source.order_id
                """,
                number,
                direction,
                kind,
                query,
            )
            for number, (direction, kind, query) in enumerate(SOURCES)
        )
        self.env.cr.execute(
            SQL("CREATE VIEW %s AS %s", SQL.identifier(self._table), rows)
        )

    def action_open_source(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
        }


# (direction, kind, query): a row is (id, at, order, message, state, model, record).
SOURCES = (
    (
        "in",
        "event",
        SQL(
            """
            SELECT id, received_at, order_id,
                   topic || ' (' || source || ')', state,
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
            SELECT id, at, res_id, message, NULL, 'channel.order', res_id
              FROM channel_audit WHERE res_model = 'channel.order'
            """
        ),
    ),
    (
        "here",
        "note",
        SQL(
            """
            SELECT audit.id, audit.at, own.id, audit.message, NULL,
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
            SELECT id, create_date, channel_order_id, name, state, 'sale.order', id
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
                   sale.channel_order_id, picking.name, picking.state,
                   'stock.picking', picking.id
              FROM stock_picking picking
              JOIN sale_order sale ON sale.id = picking.sale_id
             WHERE sale.channel_order_id IS NOT NULL
            """
        ),
    ),
    (
        "here",
        "document",
        SQL(
            """
            SELECT move.id, move.create_date, sale.channel_order_id,
                   COALESCE(move.name, move.ref, move.move_type), move.state,
                   'account.move', move.id
              FROM sale_order sale
              JOIN sale_order_line line ON line.order_id = sale.id
              JOIN sale_order_line_invoice_rel rel ON rel.order_line_id = line.id
              JOIN account_move_line item ON item.id = rel.invoice_line_id
              JOIN account_move move ON move.id = item.move_id
             WHERE sale.channel_order_id IS NOT NULL
             GROUP BY move.id, sale.channel_order_id
            """
        ),
    ),
    (
        "in",
        "document",
        SQL(
            """
            SELECT id, COALESCE(created_at, now() AT TIME ZONE 'UTC'), order_id,
                   'Refund ' || amount || ' ' || COALESCE(currency_name, ''), state,
                   'channel.refund', id
              FROM channel_refund
            """
        ),
    ),
    (
        "here",
        "message",
        SQL(
            """
            SELECT id, create_date, order_id, kind || ' ' || COALESCE(summary, ''),
                   'ready', 'channel.message', id
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
                   kind || ' ' || COALESCE(summary, '') || ' (' || attempts || ')',
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
                   kind || ' ' || COALESCE(ref, error, ''), state,
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
                   message.order_id, job.name, job.state, 'queue.job', job.id
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
                   line.base || ' → ' || line.quantity, line.result,
                   'channel.publication', publication.id
              FROM channel_publication_line line
              JOIN channel_publication publication
                ON publication.id = line.publication_id
              JOIN channel_order own ON own.trace = line.cause_trace
            """
        ),
    ),
    (
        "here",
        "exception",
        SQL(
            """
            SELECT id, create_date, res_id, message, state, 'channel.exception', id
              FROM channel_exception WHERE res_model = 'channel.order'
            UNION ALL
            SELECT shared.id, shared.create_date, stopped.order_id, shared.message,
                   shared.state, 'channel.exception', shared.id
              FROM channel_exception_order_rel stopped
              JOIN channel_exception shared ON shared.id = stopped.exception_id
            """
        ),
    ),
)
