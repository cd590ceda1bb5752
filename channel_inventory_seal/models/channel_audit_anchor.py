# SPDX-License-Identifier: AGPL-3.0-or-later
import base64

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import config

from odoo.addons.channel_inventory_base.db.transaction import (
    LOCK_SEAL,
    fresh_reading,
    own_transaction,
    try_lock,
)
from odoo.addons.channel_inventory_base.exceptions import ChannelError
from odoo.addons.channel_inventory_base.lib.errors import ClientError
from odoo.addons.channel_inventory_base.tools import options

from ..lib.folder import Folder

FOLDERS = "seal_folders"
"""Option of the server's configuration: folders that anchors may be written to."""
ANCHOR_LOCK = 1
FAILURES = (UserError, ChannelError, ClientError, OSError)


class ChannelAuditAnchor(models.Model):
    """A place outside of this database that gets the last seal once a day. Who holds
    one knows all seals up to it: none of them can be changed or cut off unnoticed.

    How to use: an addon adds a ``kind`` and ``_deliver_<kind>(name, data)``, which
    returns words for where it lies and raises ``UserError`` or the errors of the base's
    ``lib.errors``; and ``_read_<kind>()``, where what lies there can be read back.
    """

    _name = "channel.audit.anchor"
    _description = "Audit Anchor"
    _inherit = ["channel.guarded"]
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        help="Gets the exception where the anchor cannot be sent.",
    )
    kind = fields.Selection(
        [("mail", "Mail"), ("folder", "Folder of the server")],
        required=True,
        default="mail",
    )
    addresses = fields.Char(
        string="E-Mail Addresses",
        help="With a comma between them. Empty: all users with the role Auditor.",
    )
    folder = fields.Char(
        help="Below one that the server's configuration allows (seal_folders): best on "
        "another machine, where what is written stays as it is."
    )
    receipt_ids = fields.One2many("channel.audit.receipt", "anchor_id")
    last_at = fields.Datetime(compute="_compute_last", string="Last Sent")
    last_number = fields.Integer(compute="_compute_last", string="Last Seal")

    def _compute_last(self):
        rows = self.env["channel.audit.receipt"]._read_group(
            [("anchor_id", "in", self.ids)],
            ["anchor_id"],
            ["at:max", "seal_number:max"],
        )
        found = {anchor: (at, number) for anchor, at, number in rows}
        for anchor in self:
            anchor.last_at, anchor.last_number = found.get(anchor, (False, 0))

    # ------------------------------------------------------------- actions
    def action_retry(self):
        """Send the last seal now: also the retry of its exception."""
        self._require_role("operator")
        failed = self.browse()
        for anchor in self:
            if not anchor._send():
                failed = anchor
        tell = self.env["channel.channel"]._notify_user
        if failed:
            return tell(
                self.env._("%s could not be reached", failed.name),
                self.env._("An exception tells why."),
                "warning",
            )
        return tell(
            self.env._("The last seal was sent"),
            self.env._("Keep what has arrived: it is what proves the seals."),
            "success",
        )

    # ---------------------------------------------------------------- jobs
    @api.model
    def _is_any_active(self):
        # sudo: whether there is one, of whichever company
        return bool(self.sudo().search_count([], limit=1))

    @api.model
    def _cron_anchor(self):
        """Once a day: the last seal to each place that does not have it."""
        with try_lock(self.env, LOCK_SEAL, ANCHOR_LOCK) as locked:
            if locked:
                for anchor in self.search([("active", "=", True)]):
                    anchor._send()

    def _has_sent(self, seal):
        """Whether this very seal was sent: its number alone could be anybody's."""
        domain = [
            ("anchor_id", "=", self.id),
            ("seal_number", "=", seal.number),
            ("seal_hash", "=", seal.hash),
        ]
        # whoever had the lock before has written one after this transaction began
        with fresh_reading(self.env) as env:
            return bool(env["channel.audit.receipt"].search_count(domain, limit=1))

    def _send(self):
        """Deliver, then write the receipt: a worker that is killed in between delivers
        once more, which does no harm.

        :return: False where it failed: then an exception tells a person
        """
        self.ensure_one()
        # sudo: receipts are the server's to write; of all companies' trail
        anchor = self.sudo()
        seal = anchor.env["channel.audit.seal"]._get_last()
        if not seal or anchor._has_sent(seal):
            anchor._resolve()
            return True
        name = f"anchor-{self.env.cr.dbname}-{seal.number:08}.json"
        try:
            where = anchor._deliver(name, seal._prepare_anchor().encode())
        except FAILURES as error:
            anchor._report(error)
            return False
        with own_transaction(anchor.env) as env:
            env["channel.audit.receipt"].create(
                {
                    "anchor_id": anchor.id,
                    "company_id": anchor.company_id.id,
                    "seal_number": seal.number,
                    "seal_hash": seal.hash,
                    "at": fields.Datetime.now(),
                    "reference": where,
                }
            )
        anchor.invalidate_recordset(["last_at", "last_number", "receipt_ids"])
        anchor._resolve()
        return True

    def _deliver(self, name, data):
        """:return: words for where it lies now"""
        return getattr(self, f"_deliver_{self.kind}")(name, data)

    def _resolve(self):
        self.env["channel.exception"]._resolve_keys(
            self.env["channel.channel"],
            [f"anchor:{self.id}"],
            company=self.company_id,
        )

    def _report(self, error):
        self.env["channel.exception"]._report(
            self.env["channel.channel"],
            "configuration",
            key=f"anchor:{self.id}",
            message=self.env._(
                "The audit seals could not be sent to %(name)s: %(error)s",
                name=self.name,
                error=error,
            ),
            suggestion=self.env._(
                "Make the place reachable, then press Retry. Until then seals since "
                "number %s could be cut off unnoticed.",
                self.last_number,
            ),
            record=self,
            company=self.company_id,
        )

    # ---------------------------------------------------------------- kinds
    def _deliver_mail(self, name, data):
        """:raise UserError: nobody to send it to, or the mail server refuses it"""
        addresses = self.addresses or ", ".join(self._get_auditors().mapped("email"))
        if not addresses:
            raise UserError(
                self.env._("No user with the role Auditor has an e-mail address.")
            )
        seal = self.env["channel.audit.seal"]._get_last()
        mail = self.env["mail.mail"].create(
            {
                "subject": self.env._(
                    "Audit seal %(number)s of %(database)s",
                    number=seal.number,
                    database=self.env.cr.dbname,
                ),
                "email_to": addresses,
                "email_from": self.company_id.email_formatted
                or self.env.user.email_formatted,
                "body_html": self.env["ir.qweb"]._render(
                    "channel_inventory_seal.channel_audit_anchor_mail", {"seal": seal}
                ),
                "attachment_ids": [
                    fields.Command.create(
                        {
                            "name": name,
                            "datas": base64.b64encode(data),
                            "mimetype": "application/json",
                        }
                    )
                ],
            }
        )
        mail.send(raise_exception=False)
        if mail.exists() and mail.state != "sent":
            raise UserError(
                mail.failure_reason or self.env._("The mail server does not take it.")
            )
        return addresses

    def _get_auditors(self):
        group = self.env.ref("channel_inventory_base.group_channel_auditor")
        return group.all_user_ids.filtered(
            lambda user: user.email and self.company_id in user.company_ids
        )

    def _deliver_folder(self, name, data):
        self._get_folder().deliver(name, data)
        return f"{self.folder}/{name}"

    def _read_folder(self):
        return self._get_folder().read_all()

    def _get_folder(self):
        return Folder(self.folder, options.read(config["config"], FOLDERS))

    def _read_back(self):
        """:return: (bytes of each anchor that can be read from where it was sent, words
        for each place that could not be read)"""
        found, failed = [], []
        for anchor in self:
            reader = getattr(anchor, f"_read_{anchor.kind}", None)
            try:
                found += reader() if reader else []
            except FAILURES as error:
                failed.append(f"{anchor.name}: {error}")
        return found, failed
