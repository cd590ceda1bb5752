# SPDX-License-Identifier: AGPL-3.0-or-later
import base64
import hashlib
import zlib

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.lib.one_line import one_line

from ..db.guard import create_guard

MAX_UNPACKED = 400_000_000


class ChannelSettlementFile(models.Model):
    """What was received of a settlement, stored before anything is made of it.

    Raw bytes: a settlement report is in any character set. The database refuses to
    change them (``db.guard``). The same bytes, or the same key, are there once.
    """

    _name = "channel.settlement.file"
    _description = "Settlement File"
    _inherit = ["channel.accountant"]
    _order = "id desc"
    _check_company_auto = True

    channel_id = fields.Many2one(
        "channel.channel", required=True, readonly=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one(
        related="channel_id.company_id", store=True, index=True, precompute=True
    )
    name = fields.Char(required=True, readonly=True)
    key = fields.Char(required=True, readonly=True, help="Unique in its channel")
    digest = fields.Char(required=True, readonly=True, help="SHA-256 of the content")
    size = fields.Integer(readonly=True, help="Bytes")
    data = fields.Binary(readonly=True, attachment=False, help="Compressed content")
    source = fields.Selection(
        [("fetch", "Fetched"), ("upload", "Uploaded")], required=True, readonly=True
    )
    format_id = fields.Many2one(
        "channel.settlement.format",
        readonly=True,
        ondelete="restrict",
        help="Empty: it is read as the channel writes it.",
    )
    given_total = fields.Float(
        string="Amount in the Bank", readonly=True, digits=(16, 4)
    )
    has_total = fields.Boolean(readonly=True)
    given_date = fields.Date(string="Paid On", readonly=True)
    state = fields.Selection(
        [
            ("new", "Received"),
            ("read", "Read"),
            ("refused", "Refused"),
            ("ignored", "Discarded"),
        ],
        default="new",
        required=True,
        readonly=True,
    )
    error = fields.Char(readonly=True)
    received_at = fields.Datetime(
        required=True, readonly=True, default=fields.Datetime.now
    )
    settlement_ids = fields.One2many("channel.settlement", "file_id", readonly=True)

    _key_uniq = models.UniqueIndex("(channel_id, key)")
    _digest_uniq = models.UniqueIndex(
        "(channel_id, digest, COALESCE(format_id, 0))",
        "This file has been received before.",
    )
    _new_idx = models.Index("(channel_id, id) WHERE state = 'new'")

    def init(self):
        create_guard(self.env.cr)

    # ------------------------------------------------------------- actions
    def action_retry(self):
        """Read them again: what was wrong with its mapping may be right now."""
        self._require_accountant()
        # sudo: accountants retry, only the reader writes files otherwise
        again = self.sudo().filtered(lambda each: each.state == "refused")
        for file in again.filtered(lambda each: not each.data):
            raise UserError(
                self.env._("The content of %s was blanked by retention.", file.name)
            )
        again.write({"state": "new", "error": False})
        again.channel_id._wake("_job_settle")

    def action_discard(self):
        self._require_accountant()
        # sudo: accountants discard, only the reader writes files otherwise
        refused = self.sudo().filtered(lambda each: each.state == "refused")
        for file in refused:
            self.env["channel.audit"]._log(
                "control",
                file.channel_id,
                self.env._("%s: discarded", file.name),
                record=file,
            )
            file._resolve()
        refused.write({"state": "ignored"})

    def action_open_settlements(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_settlement.channel_settlement_action"
        )
        return dict(action, domain=[("file_id", "=", self.id)], context={})

    # ------------------------------------------------------------ business
    @api.model
    def _store(self, channel, document, source="fetch", **values):
        """Keep a document. The caller commits before anything is made of it.

        :param document: schemas.SettlementDocument
        :return: the file, empty where these bytes or this key are here already
        """
        digest = hashlib.sha256(document.content).hexdigest()
        vals = {
            "given_total": None,
            "has_total": False,
            "given_date": None,
            "format_id": None,
            **values,
        }
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO channel_settlement_file
                       (channel_id, company_id, name, key, digest, size, data, source,
                        state, received_at, format_id, given_total, has_total,
                        given_date, create_uid, create_date, write_uid, write_date)
                VALUES (%(channel)s, %(company)s, %(name)s, %(key)s, %(digest)s,
                        %(size)s, %(data)s, %(source)s, 'new',
                        clock_timestamp() AT TIME ZONE 'UTC', %(format_id)s,
                        %(given_total)s, %(has_total)s, %(given_date)s, %(user)s,
                        now() AT TIME ZONE 'UTC', %(user)s, now() AT TIME ZONE 'UTC')
                ON CONFLICT DO NOTHING RETURNING id
                """,
                channel=channel.id,
                company=channel.company_id.id,
                name=one_line(document.name)[:200] or "settlement",
                key=document.key[:400],
                digest=digest,
                size=len(document.content),
                data=pack(document.content),
                source=source,
                user=self.env.uid,
                **vals,
            )
        )
        if rows:
            channel._wake("_job_settle")
        return self.browse(row[0] for row in rows)

    def _bytes(self):
        """:return: the content as it was received"""
        self.ensure_one()
        return unpack(self.with_context(bin_size=False).data)

    def _set_refused(self, error):
        """It says nothing that can be relied on: as a whole."""
        words = one_line(str(error))[:1000]
        self.write({"state": "refused", "error": words})
        self.env["channel.exception"]._report(
            self.channel_id,
            "settlement_file",
            key=f"settlement_file:{self.id}",
            record=self,
            message=self.env._(
                "%(file)s is refused as a whole: %(error)s", file=self.name, error=words
            ),
            suggestion=self.env._(
                "The file is kept and nothing of it counts. If it was cut off, get it "
                "again and import it; if its columns are mapped wrongly, correct the "
                "format and press Retry. Otherwise discard it."
            ),
        )

    def _resolve(self):
        keys = [f"settlement_file:{file.id}" for file in self]
        self.env["channel.exception"]._resolve_keys(self.channel_id, keys)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_always(self):
        raise UserError(self.env._("What was received is kept; retention blanks it."))


def pack(content):
    """How content lies in the database: compressed, in base64 as Odoo's fields are.

    >>> unpack(pack(b"settlement-id"))
    b'settlement-id'
    """
    return base64.b64encode(zlib.compress(content, 6))


def unpack(stored):
    if not stored:
        return b""
    return zlib.decompressobj().decompress(base64.b64decode(stored), MAX_UNPACKED)
