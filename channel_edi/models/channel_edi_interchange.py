# SPDX-License-Identifier: AGPL-3.0-or-later
import hashlib

from psycopg2 import errors

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..transport.entry import other_name
from .channel_edi_file import pack, unpack

OPEN_STATES = ("ready", "sending")
ATTEMPTS = 3
"""So often a name is looked for that others take at the same moment."""


class ChannelEdiInterchange(models.Model):
    """One envelope with its documents, in or out; its bytes never change.

    Out: ``ready`` (frozen, with its control numbers), ``sending`` (handed to the
    network), ``sent``. What dies in between is found by its name and size in the
    partner's folder, or written again: the same bytes under the same name.
    """

    _name = "channel.edi.interchange"
    _description = "EDI Interchange"
    _inherit = ["channel.edi.discardable", "channel.guarded"]
    _order = "id desc"

    agreement_id = fields.Many2one(
        "channel.edi.agreement", readonly=True, ondelete="restrict", index=True
    )
    mailbox_id = fields.Many2one(
        "channel.edi.mailbox", required=True, readonly=True, ondelete="restrict"
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
    file_id = fields.Many2one(
        "channel.edi.file", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    number = fields.Char(string="Control Number", readonly=True)
    written = fields.Char(
        string="Date and Time", readonly=True, help="As the envelope has them"
    )
    sender = fields.Char(readonly=True)
    receiver = fields.Char(readonly=True)
    version = fields.Char(readonly=True)
    test = fields.Boolean(readonly=True)
    digest = fields.Char(readonly=True, required=True, help="SHA-256 of the bytes")
    data = fields.Binary(readonly=True, attachment=False, help="Compressed bytes")
    name = fields.Char(string="File Name", readonly=True)
    state = fields.Selection(
        [
            ("done", "Read"),
            ("duplicate", "Duplicate"),
            ("held", "On hold"),
            ("refused", "Refused"),
            ("ignored", "Discarded"),
            ("ready", "Ready to Send"),
            ("sending", "Sending"),
            ("sent", "Sent"),
            ("void", "Not Sent"),
        ],
        required=True,
        readonly=True,
    )
    error = fields.Char(readonly=True)
    attempts = fields.Integer(readonly=True)
    sent_at = fields.Datetime(readonly=True)
    ack_status = fields.Char(
        string="TA1 / CONTRL", readonly=True, help="What the partner says of it"
    )
    answers_id = fields.Many2one(
        "channel.edi.interchange",
        string="Acknowledges",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
    )
    duplicate_of_id = fields.Many2one(
        "channel.edi.interchange",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
    )
    document_ids = fields.One2many("channel.edi.document", "interchange_id")

    _number_idx = models.Index("(agreement_id, direction, number)")
    _open_idx = models.Index(
        "(channel_id, id) WHERE state IN ('ready', 'sending') AND direction = 'out'"
    )
    # control numbers of ours are gapless, and each is used once until they wrap
    _name_uniq = models.UniqueIndex("(mailbox_id, name) WHERE direction = 'out'")

    @api.depends("number", "sender", "receiver")
    def _compute_display_name(self):
        for interchange in self:
            interchange.display_name = (
                f"{interchange.sender or ''} {interchange.number or ''}".strip()
            )

    # ------------------------------------------------------------- actions
    def action_retry(self):
        """Take in what was held after all: a person has looked at it."""
        self._require_role("operator")
        for interchange in self.filtered(lambda each: each.state == "held"):
            self.env["channel.edi.splitter"]._release(interchange)

    def action_send_again(self):
        """The same bytes under the same numbers once more: they were lost there."""
        self._require_role("operator")
        sent = self.filtered(lambda each: each.direction == "out")
        if not sent or sent.filtered(lambda each: each.state not in ("sent", "void")):
            raise UserError(self.env._("Only what was sent can be sent again."))
        if blanked := sent.filtered(lambda each: not each._bytes()):
            raise UserError(
                self.env._(
                    "The content of %s was deleted by retention. Send its documents "
                    "anew.",
                    blanked[0].display_name,
                )
            )
        # sudo: operators send again; only the sender writes interchanges otherwise
        sent.sudo().write({"state": "ready", "error": False})
        for interchange in sent:
            self.env["channel.audit"]._log(
                "operator",
                interchange.channel_id,
                self.env._("%s is sent again", interchange.name),
                record=interchange,
            )
        sent.channel_id._wake("_job_edi_send")

    def action_open_content(self):
        """The bytes; of a mailbox without a server, this is how they are sent."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_url",
            "url": f"/channel/edi/interchange/{self.id}",
            "target": "download",
        }

    def action_mark_sent(self):
        """A person has delivered it."""
        self._require_role("operator")
        by_hand = self.filtered(
            lambda each: (
                each.direction == "out"
                and each.state == "ready"
                and each.mailbox_id.kind == "manual"
            )
        )
        for interchange in by_hand:
            # sudo: a person has sent it; only the sender writes interchanges otherwise
            self.env["channel.edi.sender"]._mark_sent(interchange.sudo())

    # ------------------------------------------------------------ business
    def _bytes(self):
        self.ensure_one()
        # sudo: the content is shown to those who may see the record, and to jobs
        return unpack(self.sudo().with_context(bin_size=False).data)

    @api.model
    def _prepare_vals(self, data):
        """:param data: bytes"""
        return {"data": pack(data), "digest": hashlib.sha256(data).hexdigest()}

    @api.model
    def _create_named(self, name, vals):
        """Create one to be sent, under this name where it is free."""
        agreement = self.env["channel.edi.agreement"].browse(vals["agreement_id"])
        for _attempt in range(ATTEMPTS):
            name = self._find_free_name(agreement, name)
            try:
                with self.env.cr.savepoint():
                    return self.create(dict(vals, name=name))
            except errors.UniqueViolation as error:
                # another agreement's file got it a moment ago: now it shows
                failure = error
        raise failure

    @api.model
    def _find_free_name(self, agreement, name):
        """A name that no file of ours has had in this mailbox: agreements that share it
        count each for itself, and so come to the same numbers."""
        while self.search_count(
            [
                ("mailbox_id", "=", agreement.mailbox_id.id),
                ("direction", "=", "out"),
                ("name", "=", name),
            ],
            limit=1,
        ):
            name = other_name(name, agreement.id)
        return name

    def _rename(self, name):
        """:param name: which it cannot be delivered under
        :return: another one, as of ``_find_free_name``
        """
        self.ensure_one()
        agreement = self.agreement_id
        self.name = self._find_free_name(agreement, other_name(name, agreement.id))
        self.env["channel.audit"]._log(
            "channel",
            self.channel_id,
            self.env._(
                "A file %(name)s with other content lies in the folder of %(mailbox)s: "
                "interchange %(number)s is delivered as %(other)s",
                name=name,
                mailbox=self.mailbox_id.name,
                number=self.number,
                other=self.name,
            ),
            record=self,
        )
        return self.name

    def _discardable(self):
        return self.filtered(lambda each: each.state in ("held", "refused"))
