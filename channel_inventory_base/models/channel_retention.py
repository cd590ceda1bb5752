import time

from odoo import api, fields, models
from odoo.tools import SQL

from ..db.transaction import own_transaction

BATCH = 2000
RUN_SECONDS = 60
REMOVED = "…"


class ChannelRetention(models.Model):
    """How long payloads, logs and personal data are kept: one record a kind.

    How it works: once a day, in batches with transactions of their own, so that a
    backlog of years locks nothing for long; what is not done today is done tomorrow.
    Facts stay: which event came when, what was sent and answered, quantities, amounts,
    and the audit trail, which has a retention of its own.
    """

    _name = "channel.retention"
    _description = "Retention"
    _order = "sequence, id"
    _rec_name = "kind"
    _log_access = False

    sequence = fields.Integer(default=10)
    kind = fields.Selection(
        [
            ("body", "Bodies of inbox events"),
            ("event", "Inbox events as such"),
            ("publication", "Publications"),
            ("message", "Answers to lifecycle messages"),
            ("personal", "Personal data of finished orders"),
        ],
        required=True,
        readonly=True,
    )
    days = fields.Integer(required=True, help="0 keeps it for ever.")
    what = fields.Char(compute="_compute_what", string="What Happens Then")
    last_run = fields.Datetime(readonly=True)
    last_count = fields.Integer(readonly=True, help="Rows in the last run")

    _kind_uniq = models.UniqueIndex("(kind)")
    _days_positive = models.Constraint("CHECK (days >= 0)", "Days cannot be negative.")

    @api.depends("kind")
    def _compute_what(self):
        words = {
            "body": self.env._("The raw body is blanked: it cannot be replayed then"),
            "event": self.env._("The event is deleted; its order and its trail stay"),
            "publication": self.env._(
                "Request, answer and lines are deleted; what a channel shows now stays"
            ),
            "message": self.env._("The answer is blanked; that it came stays"),
            "personal": self.env._(
                "Name, addresses, telephone and notes are blanked, in the order, its "
                "events, messages and closed exceptions. Contacts and documents are "
                "Odoo's"
            ),
        }
        for retention in self:
            retention.what = words.get(retention.kind)

    @api.model
    def _cron_retention(self):
        end = time.monotonic() + RUN_SECONDS
        for retention in self.search([("days", ">", 0)]):
            retention._run(end)

    def _run(self, end):
        """Batch by batch, until nothing is left or the time is up."""
        count = 0
        for step in getattr(self, f"_steps_{self.kind}")():
            done = BATCH
            while done == BATCH and time.monotonic() < end:
                with own_transaction(self.env) as env:
                    done = len(env.execute_query(step))
                count += done
        self.write({"last_run": fields.Datetime.now(), "last_count": count})

    def _due(self, column):
        return SQL(
            "%s < now() AT TIME ZONE 'UTC' - make_interval(days => %s)",
            SQL.identifier(*column.split(".")),
            self.days,
        )

    # ---------------------------------------------------------------- steps
    # Each is one statement that touches BATCH rows at the most, and returns them. Rows
    # that somebody works on are left for the next time.
    def _steps_body(self):
        yield SQL(
            """
            UPDATE channel_inbox_event SET body = NULL
             WHERE id IN (SELECT id FROM channel_inbox_event
                           WHERE state IN ('done', 'ignored') AND body IS NOT NULL
                             AND %s ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
            RETURNING id
            """,
            self._due("received_at"),
            BATCH,
        )

    def _steps_event(self):
        yield SQL(
            """
            DELETE FROM channel_inbox_event
             WHERE id IN (SELECT id FROM channel_inbox_event event
                           WHERE state IN ('done', 'ignored') AND %s
                             AND NOT EXISTS (SELECT FROM channel_inbox_event
                                              WHERE corrects_id = event.id)
                           ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
            RETURNING id
            """,
            self._due("received_at"),
            BATCH,
        )

    def _steps_publication(self):
        yield SQL(
            """
            DELETE FROM channel_publication
             WHERE id IN (SELECT id FROM channel_publication
                           WHERE state IN ('done', 'void') AND %s
                           ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
            RETURNING id
            """,
            self._due("write_date"),
            # each has up to hundreds of lines
            BATCH // 20,
        )

    def _steps_message(self):
        yield SQL(
            """
            UPDATE channel_message SET answer = NULL
             WHERE id IN (SELECT id FROM channel_message
                           WHERE state IN ('done', 'void') AND answer IS NOT NULL
                             AND %s ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
            RETURNING id
            """,
            self._due("write_date"),
            BATCH,
        )

    def _steps_personal(self):
        """Order by order, everything of it in one statement: no half-blanked orders."""
        yield SQL(
            """
            WITH due AS (
                SELECT id FROM channel_order finished
                 WHERE blanked_at IS NULL
                   AND state IN ('imported', 'cancelled', 'closed', 'gone')
                   AND %(due)s
                   AND NOT EXISTS (
                        SELECT FROM sale_order sale
                          LEFT JOIN stock_picking picking ON picking.sale_id = sale.id
                         WHERE sale.id = finished.sale_order_id
                           AND (sale.state IN ('draft', 'sent')
                                OR picking.state NOT IN ('done', 'cancel')))
                   AND NOT EXISTS (
                        SELECT FROM channel_message
                         WHERE order_id = finished.id
                           AND state NOT IN ('done', 'void'))
                 ORDER BY id LIMIT %(batch)s FOR UPDATE SKIP LOCKED
            ), event AS (
                UPDATE channel_inbox_event SET body = NULL
                  FROM due WHERE order_id = due.id AND state IN ('done', 'ignored')
            ), message AS (
                UPDATE channel_message SET answer = NULL,
                       payload = (payload::jsonb - CASE kind
                            WHEN 'shipment' THEN '{note,tracking}'
                            ELSE '{note}' END::text[])::text
                  FROM due WHERE order_id = due.id
            ), line AS (
                UPDATE channel_order_line SET properties = NULL
                  FROM due WHERE order_id = due.id AND properties IS NOT NULL
            ), sold AS (
                UPDATE sale_order_line sold
                   SET name = replace(sold.name, E'\n' || channel_properties, ''),
                       channel_properties = NULL
                  FROM due JOIN channel_order own ON own.id = due.id
                 WHERE sold.order_id = own.sale_order_id
                   AND channel_properties IS NOT NULL
            ), exception AS (
                UPDATE channel_exception SET message = %(removed)s, suggestion = NULL
                  FROM due WHERE res_model = 'channel.order' AND res_id = due.id
                   AND channel_exception.state <> 'open'
            )
            UPDATE channel_order
               SET customer_name = NULL, blanked_at = now() AT TIME ZONE 'UTC',
                   data = data || '{"customer": {}, "billing": null,
                                    "shipping": null, "note": ""}'::jsonb
                           || jsonb_build_object('lines', (
                                SELECT COALESCE(jsonb_agg(each - 'properties'), '[]')
                                  FROM jsonb_array_elements(data -> 'lines') each))
              FROM due WHERE channel_order.id = due.id
            RETURNING channel_order.id
            """,
            due=self._due("finished.write_date"),
            batch=BATCH,
            removed=REMOVED,
        )
        # a guest is known by the e-mail address: by its hash, when all orders are blank
        yield SQL(
            """
            UPDATE channel_partner
               SET external_id = 'blanked:' || md5(external_id)
             WHERE id IN (
                SELECT binding.id FROM channel_partner binding
                 WHERE (external_id LIKE 'email:%%' OR external_id LIKE 'guest:%%')
                   AND %s
                   AND NOT EXISTS (
                        SELECT FROM channel_order
                         WHERE channel_id = binding.channel_id
                           AND partner_id = binding.partner_id
                           AND blanked_at IS NULL)
                 ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
            RETURNING id
            """,
            self._due("write_date"),
            BATCH,
        )


class ChannelOrder(models.Model):
    _inherit = "channel.order"

    blanked_at = fields.Datetime(
        readonly=True, help="When its personal data was blanked"
    )

    def _is_old(self, data, version):
        """The state that was blanked is known: a replay must not bring it back."""
        if self.blanked_at and self.version and version <= self.version:
            return True
        return super()._is_old(data, version)

    def _apply(self, data, version):
        # a newer state is the channel's to tell, and due in its own time
        if self.blanked_at:
            self.blanked_at = False
        return super()._apply(data, version)
