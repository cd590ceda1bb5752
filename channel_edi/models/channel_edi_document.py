# SPDX-License-Identifier: AGPL-3.0-or-later
import json
from dataclasses import replace
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.channel_inventory_base import schemas as base_schemas
from odoo.addons.channel_inventory_base.lib.one_line import one_line
from odoo.addons.channel_inventory_base.tools.actions import open_form
from odoo.addons.channel_inventory_base.tools.readable import readable

from ..kinds import CLASSES
from ..lib import codec
from ..lib.options import DEFAULT

NOTICES = ("856", "DESADV")


class ChannelEdiDocument(models.Model):
    """One document (an 850, a DESADV), in or out, and what has become of it.

    In: ``new``, ``parked`` (an earlier document is missing), ``held`` (a person
    decides), ``refused`` (it breaks its standard), ``done``, ``ignored``, ``dead``.
    Out: ``ready`` (written by what caused it, in its transaction), ``framed`` (in an
    interchange, with a number), ``sent``, ``void``.

    ``ack_state`` is another matter: it tells what the partner's software says of the
    syntax of what we sent, and never that the partner agrees.
    """

    _name = "channel.edi.document"
    _description = "EDI Document"
    _inherit = ["channel.edi.discardable", "channel.guarded"]
    _order = "id desc"

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
    direction = fields.Selection(
        [("in", "From the partner"), ("out", "To the partner")],
        required=True,
        readonly=True,
    )
    kind = fields.Char(string="Document", required=True, readonly=True)
    number = fields.Char(string="Control Number", readonly=True)
    group_number = fields.Char(readonly=True)
    position = fields.Integer(readonly=True, help="In its interchange")
    interchange_id = fields.Many2one(
        "channel.edi.interchange",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
    )
    file_id = fields.Many2one(
        "channel.edi.file", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    what = fields.Char(
        compute="_compute_what", string="What It Is", help="In plain words"
    )
    business_key = fields.Char(
        string="Number",
        readonly=True,
        index="btree_not_null",
        help="The business number that it is about: a purchase order, a shipment",
    )
    digest = fields.Char(
        readonly=True, help="Of its content, without its control number"
    )
    begins = fields.Integer(readonly=True, help="First byte, in its interchange")
    ends = fields.Integer(readonly=True)
    payload = fields.Text(readonly=True, help="What it says, whatever its standard")
    test = fields.Boolean(readonly=True)
    state = fields.Selection(
        [
            ("new", "Received"),
            ("parked", "Waits for an Earlier One"),
            ("held", "On hold"),
            ("refused", "Refused"),
            ("done", "Processed"),
            ("ignored", "Discarded"),
            ("dead", "Dead Letter"),
            ("ready", "Ready to Send"),
            ("framed", "Being Sent"),
            ("sent", "Sent"),
            ("void", "Not Sent"),
        ],
        required=True,
        readonly=True,
    )
    error = fields.Char(readonly=True)
    faults = fields.Json(readonly=True, help="What is wrong with its syntax, by place")
    ack_state = fields.Selection(
        [
            ("awaiting", "Awaited"),
            ("received", "Received"),
            ("accepted", "Accepted"),
            ("errors", "Accepted with Errors"),
            ("rejected", "Rejected"),
            ("unclear", "Unclear"),
            ("overdue", "Overdue"),
        ],
        string="Acknowledgement",
        readonly=True,
    )
    declined = fields.Boolean(
        readonly=True,
        string="Declined by the Partner",
        help="Its form was right, and the partner cannot do what it says (824, APERAK)."
        " Agree on it, then send it anew.",
    )
    due_at = fields.Datetime(string="Acknowledged Until", readonly=True)
    parked_until = fields.Datetime(readonly=True)
    received_at = fields.Datetime(readonly=True, help="By the database's clock")
    processed_at = fields.Datetime(readonly=True)
    sent_at = fields.Datetime(readonly=True)
    source = fields.Char(
        readonly=True, help="Deduplication key of what we send, within its agreement"
    )
    res_model = fields.Char("Record Model", readonly=True)
    res_id = fields.Many2oneReference(
        string="Record", model_field="res_model", readonly=True
    )
    order_id = fields.Many2one(
        "channel.order", readonly=True, ondelete="set null", index="btree_not_null"
    )
    order_refs = fields.Json(readonly=True, help="The channel's ids of its orders")
    corrects_id = fields.Many2one(
        "channel.edi.document",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    trace = fields.Char(readonly=True, index="btree_not_null")
    readable_payload = fields.Text(compute="_compute_readable")
    raw = fields.Text(compute="_compute_raw", string="As Written")

    _source_uniq = models.UniqueIndex(
        "(agreement_id, kind, source) WHERE source IS NOT NULL"
    )
    _todo_idx = models.Index("(channel_id, id) WHERE state IN ('new', 'ready')")
    _parked_idx = models.Index("(parked_until) WHERE state = 'parked'")
    _dead_idx = models.Index("(channel_id) WHERE state = 'dead'")
    _due_idx = models.Index("(due_at) WHERE ack_state = 'awaiting'")
    _key_idx = models.Index("(agreement_id, business_key, id)")
    _orders_idx = models.Index("USING gin (order_refs) WHERE direction = 'in'")
    _ack_idx = models.Index(
        "(agreement_id, group_number, number) WHERE direction = 'out'"
    )

    @api.depends("kind", "business_key", "number")
    def _compute_display_name(self):
        for document in self:
            about = document.business_key or document.number or ""
            document.display_name = f"{document.kind} {about}".strip()

    @api.depends("kind")
    def _compute_what(self):
        names = self._get_kind_names()
        for document in self:
            document.what = names.get(document.kind, document.kind)

    def _get_kind_names(self):
        """:return: {kind: what people call it}"""
        names = (
            (self.env._("Purchase order"), "850", "ORDERS"),
            (self.env._("Change of an order"), "860", "ORDCHG"),
            (self.env._("Answer to an order"), "855", "865", "ORDRSP"),
            (self.env._("Ship notice"), "856", "DESADV"),
            (self.env._("Stock"), "846", "INVRPT"),
            (self.env._("Invoice"), "810", "INVOIC"),
            (self.env._("Refusal"), "824", "864", "APERAK"),
            (self.env._("Acknowledgement"), "997", "999", "TA1", "CONTRL"),
            (self.env._("Receipt"), "944", "RECADV"),
            (self.env._("Shipping order"), "940"),
            (self.env._("Announced receipt"), "943"),
            (self.env._("Shipping advice"), "945"),
            (self.env._("Stock correction"), "947"),
        )
        return {kind: name for name, *kinds in names for kind in kinds}

    @api.depends("payload")
    def _compute_readable(self):
        for document in self:
            document.readable_payload = readable(document.payload)

    @api.depends("interchange_id", "file_id", "begins", "ends")
    def _compute_raw(self):
        for document in self:
            document.raw = document._get_raw(document._bytes())

    # ------------------------------------------------------------- actions
    def action_retry(self):
        """Work on it again: the cause may be fixed."""
        self._require_role("operator")
        stuck = self.filtered(lambda each: each.state in ("held", "parked", "dead"))
        # sudo: operators retry; only jobs write documents otherwise
        stuck.sudo().write({"state": "new", "error": False, "parked_until": False})
        self.env["channel.exception"]._note_retry(stuck)
        stuck.channel_id._wake("_job_edi_work")

    def action_resend(self):
        """Send it once more as a new document, under new numbers: the partner has
        refused it, and the cause is corrected there or in the agreement."""
        self._require_role("operator")
        sent = self.filtered(lambda each: each.direction == "out")
        if not sent or sent.filtered(lambda each: each.state not in ("sent", "void")):
            raise UserError(self.env._("Only what was sent can be sent again."))
        if accepted := sent.filtered(lambda each: each._is_with_partner()):
            raise UserError(
                self.env._(
                    "%s was accepted: sent again it would count twice. Send the "
                    "interchange again if the partner has lost the file.",
                    accepted[0].display_name,
                )
            )
        for document in sent:
            document._send_anew(document._get_payload_anew())
        sent.channel_id._wake("_job_edi_send")

    def action_open_record(self):
        self.ensure_one()
        if self.order_id and not self.res_model:
            return open_form("channel.order", self.order_id.id)
        if not self.res_model:
            raise UserError(self.env._("It is not about any record yet."))
        return open_form(self.res_model, self.res_id)

    # ----------------------------------------------------------------- out
    @api.model
    def _queue(self, agreement, kind, source, value, record=None, **values):
        """Write a document to be sent, in the transaction of what causes it.

        :param kind: as X12 calls it
        :param source: what makes it unique among the agreement's of its kind
        :param value: an object of ``schemas``, or its dump as text
        :return: the document; the one that is there where it was queued before
        """
        if known := self._find_queued(agreement, kind, source):
            return known
        # sudo: whoever causes it may not write documents
        documents = self.sudo()
        kind = agreement._kind_name(kind)
        channel = agreement._channel_of(kind)
        document = documents.create(
            {
                "agreement_id": agreement.id,
                "channel_id": channel.id,
                "direction": "out",
                "kind": kind,
                "source": source,
                "payload": value
                if isinstance(value, str)
                else base_schemas.dumps(value),
                "state": "ready",
                "res_model": record._name if record else False,
                "res_id": record.id if record else False,
                **values,
            }
        )
        channel._wake("_job_edi_send")
        return document

    @api.model
    def _find_queued(self, agreement, kind, source):
        """:param kind: as X12 calls it"""
        # sudo: whoever causes a document may not see others
        return self.sudo().search(
            [
                ("agreement_id", "=", agreement.id),
                ("kind", "=", agreement._kind_name(kind)),
                ("source", "=", source),
            ]
        )

    def _is_with_partner(self):
        """Whether the partner has taken it: its software has, and its people have not
        refused it since."""
        self.ensure_one()
        return self.ack_state == "accepted" and not self.declined

    def _get_payload_anew(self):
        """Hook: what it says when it is sent anew; its record may be corrected."""
        self.ensure_one()
        if self.kind not in NOTICES or self.ack_state not in ("accepted", "errors"):
            return self.payload
        # the partner's software has it: a second one would be another shipment
        notice = base_schemas.load(CLASSES[self.kind], self._values())
        return base_schemas.dumps(replace(notice, purpose="replace", purpose_code=""))

    def _send_anew(self, payload):
        self.ensure_one()
        # sudo: operators send again; only jobs write documents otherwise
        document = self.sudo()
        count = document.search_count([("corrects_id", "=", document.id)])
        anew = document.create(
            {
                **{
                    name: document[name]
                    for name in (
                        "direction",
                        "kind",
                        "business_key",
                        "res_model",
                        "res_id",
                        "test",
                        "trace",
                    )
                },
                "agreement_id": document.agreement_id.id,
                "channel_id": document.channel_id.id,
                "order_id": document.order_id.id,
                "source": f"{document.source or document.id}~{count + 1}",
                "payload": payload,
                "state": "ready",
                "corrects_id": document.id,
            }
        )
        self.env["channel.audit"]._log(
            "operator",
            self.channel_id,
            self.env._("%s is sent anew", self.display_name),
            record=document,
        )
        # once is enough: the new one may be declined again
        document.declined = False
        self.env["channel.exception"]._resolve_record(self)
        return anew

    # ------------------------------------------------------------ business
    def _bytes(self):
        """:return: the document as it was received or sent, b"" before it is sent"""
        self.ensure_one()
        whole = self.interchange_id or (self.direction == "in" and self.file_id)
        if not whole:
            return b""
        data = whole._bytes()
        begins, ends = self._get_span(data)
        return data[begins:ends]

    def _get_span(self, data):
        """Where it is in its interchange. Of what we send this is not stored: it is
        wanted by people only, and found by its control number."""
        if self.direction == "in" or self.ends or not data:
            return self.begins, self.ends
        for found in codec.read(data, DEFAULT):
            for each in found.documents:
                if each.head.number.lstrip("0") == (self.number or "").lstrip("0"):
                    return each.span
        return 0, len(data)

    def _get_raw(self, data, most=200_000):
        """:return: the bytes as text, a segment a line"""
        text = data[:most].decode("latin-1")
        end = "'" if self.agreement_id.standard == "edifact" else "~"
        return text.replace(end, f"{end}\n") if "\n" not in text else text

    def _values(self):
        """:return: the payload as plain values"""
        self.ensure_one()
        return json.loads(self.payload or "{}")

    def _hold(
        self, words, category="edi_document", state="held", suggestion="", key=""
    ):
        """A person decides what becomes of it.

        :param key: of the exception, where several documents have one cause
        """
        self.ensure_one()
        self.write(
            {
                "state": state,
                "error": one_line(words)[:1000],
                "processed_at": fields.Datetime.now(),
            }
        )
        self.env["channel.exception"]._report(
            self.channel_id,
            category,
            key=key or f"edi_document:{self.id}",
            record=self,
            message=self.env._(
                "%(document)s of %(partner)s: %(words)s",
                document=self.display_name,
                partner=self.agreement_id.name,
                words=words,
            ),
            suggestion=suggestion
            or self.env._(
                "Correct what is missing and press Retry, or discard the document. It "
                "is kept as it was received."
            ),
        )

    def _finish(self, record=None, **values):
        """It is done, and what it made is ``record``."""
        self.ensure_one()
        self.write(
            {
                "state": "done",
                "error": False,
                "processed_at": fields.Datetime.now(),
                "parked_until": False,
                "res_model": record._name if record else self.res_model,
                "res_id": record.id if record else self.res_id,
                **values,
            }
        )
        self.env["channel.exception"]._resolve_record(self)

    def _on_rejected(self):
        """Hook: the partner's software has refused this document of ours. Of stock
        documents the partner has the one before: the next is made at once."""
        if self.kind in ("846", "INVRPT"):
            publisher = self.env["channel.publisher.snapshot"]
            publisher._forget(self.channel_id, now=self.state == "sent")

    def _find_taken(self, kinds):
        """:return: documents of these kinds from the same partner about the same thing
        that were taken, oldest first. A number comes again after years."""
        self.ensure_one()
        since = self.received_at - timedelta(days=self.agreement_id.order_days)
        return self.search(
            [
                ("agreement_id", "=", self.agreement_id.id),
                ("direction", "=", "in"),
                ("kind", "in", kinds),
                ("business_key", "=", self.business_key),
                ("state", "=", "done"),
                ("received_at", ">=", since),
            ],
            order="id",
        )
