# SPDX-License-Identifier: AGPL-3.0-or-later
import json
import uuid

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.channel_inventory_base import exceptions, schemas
from odoo.addons.channel_inventory_base.tools.actions import open_form
from odoo.addons.channel_inventory_base.tools.readable import readable

OPEN_STATES = ("ready", "sending", "pending", "wait")


class ChannelMessage(models.Model):
    """Outbox of the notifications about an order, each to be delivered once.

    Written in the transaction of the Odoo document that causes it, one row a parcel,
    cancellation, refund. The payload is frozen then and never changes; the sender
    (``channel.messenger``) reads nothing but this row. States: ``ready``, ``sending``
    (handed to the network, the outcome may be unknown), ``pending`` (the channel has
    taken it and is at work), ``wait`` (the channel does not take it now), ``done``,
    ``dead`` (refused for good), ``void`` (discarded).
    """

    _name = "channel.message"
    _description = "Notification to a Channel"
    _inherit = ["channel.guarded"]
    _order = "id desc"
    _letter_content = "payload"

    channel_id = fields.Many2one(
        "channel.channel", required=True, readonly=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one(
        related="channel_id.company_id", store=True, index=True, precompute=True
    )
    order_id = fields.Many2one(
        "channel.order", required=True, readonly=True, ondelete="restrict", index=True
    )
    kind = fields.Selection(
        [
            ("acceptance", "Acceptance"),
            ("shipment", "Shipment"),
            ("tracking", "Tracking"),
            ("cancel", "Cancellation"),
            ("refund", "Refund"),
        ],
        required=True,
        readonly=True,
    )
    source = fields.Char(
        required=True, readonly=True, help="Deduplication key within its order"
    )
    res_model = fields.Char("Record Model", readonly=True)
    res_id = fields.Many2oneReference(
        string="Document", model_field="res_model", readonly=True
    )
    summary = fields.Char(readonly=True)
    key = fields.Char(required=True, readonly=True, help="Idempotency key")
    trace = fields.Char(readonly=True, index="btree_not_null")
    after_id = fields.Many2one(
        "channel.message",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Notification to be confirmed first",
    )
    payload = fields.Text(required=True, readonly=True, help="Payload as sent")
    state = fields.Selection(
        [
            ("ready", "Queued"),
            ("sending", "Sending"),
            ("pending", "Accepted, processing"),
            ("wait", "Deferred by channel"),
            ("done", "Confirmed"),
            ("dead", "Dead letter"),
            ("void", "Discarded"),
        ],
        default="ready",
        required=True,
        readonly=True,
    )
    ref = fields.Char(string="Channel's ID", readonly=True)
    answer = fields.Text(readonly=True)
    error = fields.Char(readonly=True)
    attempts = fields.Integer(readonly=True)
    sent_at = fields.Datetime(readonly=True, help="Last sent")
    acked_at = fields.Datetime(string="Confirmed At", readonly=True)
    retry_at = fields.Datetime(readonly=True, help="Not retried before")
    is_alone = fields.Boolean(
        readonly=True,
        help="Sent by itself: the channel refused it together with others.",
    )
    job_uuid = fields.Char(string="Job", readonly=True, help="Job of the last attempt")
    discard_reason = fields.Char(readonly=True)
    readable_payload = fields.Text(compute="_compute_readable")
    readable_answer = fields.Text(compute="_compute_readable")

    _key_uniq = models.UniqueIndex("(key)")
    _source_uniq = models.UniqueIndex("(order_id, kind, source)")
    _open_idx = models.Index(
        "(channel_id, id) WHERE state IN ('ready', 'sending', 'pending', 'wait')"
    )
    _dead_idx = models.Index("(channel_id) WHERE state = 'dead'")

    @api.depends("kind", "summary")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for message in self:
            message.display_name = f"{labels[message.kind]}: {message.summary or ''}"

    @api.depends("payload", "answer")
    def _compute_readable(self):
        for message in self:
            message.readable_payload = readable(message.payload)
            message.readable_answer = readable(message.answer)

    # ------------------------------------------------------------- actions
    def action_retry(self):
        """Dead letters and waiting ones: try again, with the same key and payload."""
        self._require_role("operator")
        chosen = self.filtered(lambda each: each.state in ("dead", "wait"))
        # sudo: operators retry; only the messenger writes messages otherwise
        chosen.sudo().write(
            {"state": "ready", "retry_at": False, "error": False, "is_alone": False}
        )
        chosen.channel_id._wake("_job_send")

    def action_discard(self):
        self._discard(self.env._("Discarded by %s", self.env.user.name))

    def action_open_document(self):
        self.ensure_one()
        return open_form(self.res_model, self.res_id)

    # --------------------------------------------------------------- queue
    @api.model
    def _queue(self, order, kind, source, data, document=None, **values):
        """Write a message in this transaction; sent soon after it commits.

        :param source: what makes it unique among the order's messages of its kind
        :param data: an object of ``schemas.DATA[kind]``
        :param document: the Odoo record that causes it
        :return: the message, empty when the channel is not told of such things
        """
        channel = order.channel_id
        if not channel._notifies(kind):
            return self.browse()
        message = self._insert(
            {
                "channel_id": channel.id,
                "order_id": order.id,
                "kind": kind,
                "source": source,
                "res_model": document._name if document else False,
                "res_id": document.id if document else False,
                "key": str(uuid.uuid4()),
                "trace": order.trace,
                "payload": schemas.dumps(data),
                **values,
            }
        )
        if message:
            channel._wake("_job_send")
        return message

    @api.model
    def _insert(self, values):
        """Create, unless it is there: the document may be looked at twice."""
        # sudo: users who ship or refund create messages, no user may write them
        messages = self.sudo()
        known = messages.search_count(
            [(name, "=", values[name]) for name in ("order_id", "kind", "source")],
            limit=1,
        )
        return messages if known else messages.create(values)

    def _get_data(self):
        """:return: the object of ``schemas.DATA`` that was frozen

        :raise MalformedDataError: a payload of another version of this addon
        """
        return schemas.load(schemas.DATA[self.kind], json.loads(self.payload))

    @api.model
    def _is_open(self, order, kinds):
        """Whether one of ``kinds`` is on its way for the order."""
        return self._has_state(order, kinds, OPEN_STATES)

    @api.model
    def _is_dead(self, order, kinds):
        """Whether the channel has refused one of ``kinds``, and nobody has decided."""
        return self._has_state(order, kinds, ("dead",))

    def _has_state(self, order, kinds, states):
        return bool(
            self.search_count(
                [
                    ("order_id", "=", order.id),
                    ("kind", "in", kinds),
                    ("state", "in", states),
                ],
                limit=1,
            )
        )

    def _get_rejected_suggestion(self):
        return self.env._(
            "Compare the order with the channel. Retry when the cause is fixed; "
            "discard the notification when the channel is correct as it is."
        )

    @api.model
    def _lock_open(self, message_id):
        """The message, locked; empty when nothing is to be done about it."""
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM channel_message WHERE id = %s AND state = ANY(%s) "
                "FOR UPDATE",
                message_id,
                list(OPEN_STATES),
            )
        )
        return self.browse(row[0] for row in rows)

    @api.model
    def _withdraw_cancellations(self, orders):
        """Whole orders are not to be cancelled after all. What may be under way is
        not given up: the sender's transaction and this one exclude each other."""
        self.flush_model()
        self.env.execute_query(
            SQL(
                """
                UPDATE channel_message
                   SET state = 'void', discard_reason = %(reason)s
                 WHERE order_id = ANY(%(orders)s) AND kind = 'cancel'
                   AND source LIKE 'order%%' AND state = 'ready'
                   AND COALESCE(attempts, 0) = 0
                RETURNING id
                """,
                reason=self.env._("The sale order was confirmed again"),
                orders=orders.ids,
            )
        )
        self.invalidate_model(["state", "discard_reason"])

    @api.model
    def _withdraw(self, document, kind, reason):
        """A document is taken back before the channel has done what it says. What may
        be under way is not given up; issued again, the document is told again.

        :return: the messages, as void
        """
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE channel_message
                   SET state = 'void', discard_reason = %(reason)s,
                       source = source || '~' || id
                 WHERE res_model = %(model)s AND res_id = ANY(%(ids)s)
                   AND kind = %(kind)s
                   AND (state = 'dead'
                        OR state = 'ready' AND COALESCE(attempts, 0) = 0)
                RETURNING id
                """,
                reason=reason,
                model=document._name,
                ids=document.ids,
                kind=kind,
            )
        )
        self.invalidate_model(["state", "discard_reason", "source"])
        withdrawn = self.browse(row[0] for row in rows)
        self.env["channel.exception"]._resolve_record(withdrawn)
        return withdrawn

    # ------------------------------------------------------------- buttons
    def _discard(self, reason):
        """The channel is not told. One that may have been carried out is not given up.

        :raise UserError: the outcome of one is not known yet
        """
        self._require_role("operator")
        for message in self:
            if message.state in ("sending", "pending"):
                raise UserError(
                    self.env._(
                        "%s was sent and its outcome is not known yet. It will be "
                        "determined automatically; discard it then if it was rejected.",
                        message.display_name,
                    )
                )
        chosen = self.filtered(lambda each: each.state in ("ready", "wait", "dead"))
        # sudo: operators discard; only the messenger writes messages otherwise
        chosen.sudo().write({"state": "void", "discard_reason": reason})
        for message in chosen:
            self.env["channel.audit"]._log(
                "message",
                message.channel_id,
                self.env._("%(name)s: %(why)s", name=message.display_name, why=reason),
                record=message.order_id,
                trace=message.trace,
            )
        self.env["channel.exception"]._resolve_record(chosen)

    # -------------------------------------------------------------- letter
    def _correct(self, payload):
        """Send ``payload`` instead of this dead letter, under a key of its own.

        :return: the new message
        :raise UserError: it is not of the form that messages of this kind have, or says
            more than the document did
        """
        self.ensure_one()
        self._require_role("operator")
        if self.state != "dead":
            raise UserError(
                self.env._("%s is no longer a dead letter.", self.display_name)
            )
        data = self._parse_corrected(payload)
        corrected = self._queue(
            self.order_id,
            self.kind,
            f"{self.source}~{self.id}",
            data,
            document=self.env[self.res_model].browse(self.res_id)
            if self.res_model
            else None,
            summary=self.summary,
            after_id=self.after_id.id,
        )
        # sudo: what had to wait for the old one waits for the new one
        self.sudo().search([("after_id", "=", self.id)]).after_id = corrected
        self._discard(self.env._("Corrected by %s", self.env.user.name))
        return corrected

    def _parse_corrected(self, payload):
        try:
            data = schemas.load(schemas.DATA[self.kind], json.loads(payload))
        except (exceptions.ChannelError, ValueError) as error:
            raise UserError(
                self.env._("The content cannot be read: %s", error)
            ) from error
        self._check_corrected(data)
        return data

    def _check_corrected(self, data):
        """:raise UserError: it is about another order, or pays back more than the
        credit note: that is for accountants"""
        if data.order_ref != self.order_id.external_id:
            raise UserError(
                self.env._(
                    "This is a notification about %s, and stays one: do not change "
                    "order_ref.",
                    self.order_id.name,
                )
            )
        if self.kind != "refund":
            return
        told = self._get_data()
        if data.currency != told.currency or data.amount > told.amount:
            raise UserError(
                self.env._(
                    "%(document)s pays back %(amount)s %(currency)s, and no more is "
                    "refunded for it: correct the credit note in accounting.",
                    document=self.summary or self.display_name,
                    amount=told.amount,
                    currency=told.currency,
                )
            )
