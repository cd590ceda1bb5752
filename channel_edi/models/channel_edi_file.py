# SPDX-License-Identifier: AGPL-3.0-or-later
import base64
import hashlib
import zlib

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

MAX_UNPACKED = 200_000_000


class ChannelEdiFile(models.Model):
    """A file as it was received, stored before anything is made of it.

    Known by mailbox, name, size and time as its folder shows them, and content: what is
    found once more after a crash is the same file; the same name with another content
    is another one.
    """

    _name = "channel.edi.file"
    _description = "EDI File"
    _inherit = ["channel.edi.discardable", "channel.guarded"]
    _order = "id desc"

    mailbox_id = fields.Many2one(
        "channel.edi.mailbox",
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
    name = fields.Char(required=True, readonly=True)
    mark = fields.Char(
        string="Size and Time",
        required=True,
        readonly=True,
        help="As the folder showed them",
    )
    digest = fields.Char(required=True, readonly=True, help="SHA-256 of the content")
    size = fields.Integer(readonly=True, help="Bytes")
    data = fields.Binary(readonly=True, attachment=False, help="Compressed content")
    state = fields.Selection(
        [
            ("new", "Received"),
            ("split", "Read"),
            ("held", "No agreement"),
            ("refused", "Unreadable"),
            ("ignored", "Discarded"),
        ],
        default="new",
        required=True,
        readonly=True,
    )
    error = fields.Char(readonly=True)
    received_at = fields.Datetime(
        readonly=True, required=True, default=fields.Datetime.now
    )
    away = fields.Boolean(
        string="Taken from the Mailbox",
        readonly=True,
        help="Archived or deleted at the partner, or left by agreement",
    )
    interchange_ids = fields.One2many("channel.edi.interchange", "file_id")
    document_ids = fields.One2many("channel.edi.document", "file_id")

    _file_uniq = models.UniqueIndex("(mailbox_id, name, mark, digest)")
    _new_idx = models.Index("(channel_id, id) WHERE state = 'new'")
    _digest_idx = models.Index("(digest)")

    # ------------------------------------------------------------- actions
    def action_retry(self):
        """Read them again: the agreement may be there now."""
        self._require_role("operator")
        again = self.filtered(lambda each: each.state in ("held", "refused"))
        # sudo: operators retry; only the splitter writes files otherwise
        again.sudo().write({"state": "new", "error": False})
        again.channel_id._wake("_job_edi_work")

    def action_open_content(self):
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_url",
            "url": f"/channel/edi/file/{self.id}",
            "target": "download",
        }

    # ------------------------------------------------------------ business
    @api.model
    def _store(self, mailbox, name, mark, data):
        """Keep a received file; one that is here already is found.

        :param data: bytes
        :return: the file
        """
        digest = hashlib.sha256(data).hexdigest()
        [[file_id]] = self.env.execute_query(
            SQL(
                """
                INSERT INTO channel_edi_file
                            (mailbox_id, channel_id, company_id, name, mark, digest,
                             size, data, state, received_at, create_uid, create_date,
                             write_uid, write_date)
                VALUES (%(mailbox)s, %(channel)s, %(company)s, %(name)s, %(mark)s,
                        %(digest)s, %(size)s, %(data)s, 'new',
                        clock_timestamp() AT TIME ZONE 'UTC', %(user)s,
                        now() AT TIME ZONE 'UTC', %(user)s, now() AT TIME ZONE 'UTC')
                ON CONFLICT (mailbox_id, name, mark, digest)
                   DO UPDATE SET name = EXCLUDED.name
                RETURNING id
                """,
                mailbox=mailbox.id,
                channel=mailbox.channel_id.id,
                company=mailbox.company_id.id,
                name=name,
                mark=mark,
                digest=digest,
                size=len(data),
                data=pack(data),
                user=self.env.uid,
            )
        )
        return self.browse(file_id)

    def _bytes(self):
        """:return: the content as it was received"""
        self.ensure_one()
        # sudo: the content is shown to those who may see the record, and to jobs
        stored = self.sudo().with_context(bin_size=False).data
        return unpack(stored)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_always(self):
        raise UserError(self.env._("What was received is kept; retention removes it."))


def pack(data):
    """How content lies in the database: compressed, in base64 as Odoo's fields are.

    >>> unpack(pack(b"ISA*00*"))
    b'ISA*00*'
    """
    return base64.b64encode(zlib.compress(data, 6))


def unpack(stored):
    if not stored:
        return b""
    return zlib.decompressobj().decompress(base64.b64decode(stored), MAX_UNPACKED)
