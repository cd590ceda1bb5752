# SPDX-License-Identifier: AGPL-3.0-or-later
import fnmatch
from contextlib import contextmanager

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import config

from odoo.addons.channel_inventory_base import exceptions
from odoo.addons.channel_inventory_base.db.transaction import CONFLICTS, try_lock
from odoo.addons.channel_inventory_base.lib import addresses
from odoo.addons.channel_inventory_base.models.channel_secret_mixin import (
    ALLOWED,
    MASK,
)
from odoo.addons.channel_inventory_base.tools import options

from ..transport.entry import PARTIAL
from ..transport.folder import Folder
from ..transport.sftp import Sftp, fingerprint

FOLDERS = "edi_folders"
"""Option of the server's configuration: folders that mailboxes may be in."""
UNFINISHED = (PARTIAL, ".tmp", ".temp", ".filepart", ".partial", ".writing")
"""Ends of the names of files that somebody is still writing."""
SECRETS = ("password", "private_key")
ADDRESS = ("kind", "host", "port", "username")


class ChannelEdiMailbox(models.Model):
    """A place where files of partners are fetched and delivered: folders of an SFTP
    server or of this one, or nothing but people who upload and download.

    One mailbox may serve many agreements (that of a VAN). It is read by the jobs of one
    channel, which also keeps its secrets and gets the exceptions about files that fit
    no agreement.
    """

    _name = "channel.edi.mailbox"
    _description = "EDI Mailbox"
    _inherit = ["channel.guarded"]
    _order = "name, id"

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    channel_id = fields.Many2one(
        "channel.channel",
        string="Read By",
        required=True,
        ondelete="restrict",
        index=True,
        domain=[("channel_type", "=", "edi")],
        help="The channel whose jobs read this mailbox. Files that fit no agreement "
        "are exceptions of this channel.",
    )
    company_id = fields.Many2one(
        related="channel_id.company_id", store=True, index=True, precompute=True
    )
    kind = fields.Selection(
        [("sftp", "SFTP"), ("folder", "Folder of this server"), ("manual", "By hand")],
        default="sftp",
        required=True,
        help="By hand: files are uploaded and downloaded in Odoo.",
    )
    host = fields.Char()
    port = fields.Integer(default=22)
    username = fields.Char()
    password = fields.Char(
        compute="_compute_secrets",
        inverse="_inverse_secrets",
        groups="channel_inventory_base.group_channel_manager",
    )
    private_key = fields.Text(
        compute="_compute_secrets",
        inverse="_inverse_secrets",
        groups="channel_inventory_base.group_channel_manager",
        help="In OpenSSH's or PEM form, without a passphrase. Used instead of the "
        "password.",
    )
    host_key = fields.Char(
        groups="channel_inventory_base.group_channel_manager",
        help="The server's public key, such as “ssh-ed25519 AAAA…”. Nothing is sent to "
        "a server that shows another one. Press Test to be shown its key.",
    )
    shown_host_key = fields.Char(
        readonly=True,
        copy=False,
        groups="channel_inventory_base.group_channel_manager",
    )
    shown_fingerprint = fields.Char(
        compute="_compute_shown_fingerprint",
        groups="channel_inventory_base.group_channel_manager",
    )
    incoming = fields.Char(string="Incoming Folder", help="Where we read")
    outgoing = fields.Char(string="Outgoing Folder", help="Where we write")
    archive = fields.Char(string="Archive Folder")
    after_reading = fields.Selection(
        [
            ("archive", "Move to the archive folder"),
            ("delete", "Delete"),
            ("keep", "Leave it there"),
        ],
        default="delete",
        required=True,
        help="After the file is stored in Odoo. Files that stay are read once, until "
        "they change.",
    )
    ready_when = fields.Selection(
        [
            ("still", "It has stopped growing"),
            ("named", "It has its name"),
            ("marked", "Its marker file is there"),
        ],
        default="still",
        required=True,
        help="It has its name: the partner writes under another name and renames. "
        "Marker file: an empty file of the same name with the marker's ending, "
        "written after it.",
    )
    quiet_seconds = fields.Integer(
        string="For (seconds)",
        default=5,
        help="A file that has not grown for so long is whole. Longer where uploads "
        "pause.",
    )
    marker = fields.Char(string="Marker Ending", default=".done")
    pattern = fields.Char(
        string="Files", default="*", required=True, help="Such as *.edi or PO_*.txt"
    )
    agreement_ids = fields.One2many("channel.edi.agreement", "mailbox_id")
    file_count = fields.Integer(compute="_compute_file_count")

    @api.depends("shown_host_key")
    def _compute_shown_fingerprint(self):
        for mailbox in self:
            shown = mailbox.shown_host_key
            mailbox.shown_fingerprint = shown and fingerprint(shown)

    def _compute_file_count(self):
        counts = dict(
            self.env["channel.edi.file"]._read_group(
                [("mailbox_id", "in", self.ids)], ["mailbox_id"], ["__count"]
            )
        )
        for mailbox in self:
            mailbox.file_count = counts.get(mailbox, 0)

    @api.constrains("kind", "after_reading", "archive", "port")
    def _check_settings(self):
        for mailbox in self:
            if mailbox.after_reading == "archive" and not mailbox.archive:
                if mailbox.kind != "manual":
                    raise ValidationError(self.env._("Enter the archive folder."))
            if mailbox.kind == "sftp" and not 0 < mailbox.port < 65536:
                raise ValidationError(self.env._("Enter a port from 1 to 65535."))

    # ---------------------------------------------------------------- CRUD
    def write(self, vals):
        moved = self.filtered(
            lambda each: any(
                name in vals and each[name] != vals[name] for name in ADDRESS
            )
        )
        # secrets were given for one address: they are not carried to another
        moved._forget_secrets()
        if moved and {"host", "port"} & vals.keys() and "host_key" not in vals:
            vals = dict(vals, host_key=False)
        return super().write(vals)

    def unlink(self):
        self._forget_secrets()
        return super().unlink()

    # ------------------------------------------------------------- secrets
    def _secret_name(self, field):
        """Bound to the address: one that is changed by SQL finds no secret."""
        self.ensure_one()
        where = f"{self.host or ''}:{self.port}:{self.username or ''}"
        return f"edi:{self.id}:{field}@{where}"

    @api.depends("kind", "host", "port", "username", "channel_id")
    def _compute_secrets(self):
        """Tell that there is a secret, never which."""
        # sudo: no user may read channel.secret, only whether there is one
        names = self.env["channel.secret"].sudo()._names_of(self.channel_id)
        for mailbox in self:
            for field in SECRETS:
                key = mailbox.channel_id.id, mailbox._secret_name(field)
                mailbox[field] = MASK if key in names else False

    def _inverse_secrets(self):
        for mailbox in self:
            entered = {
                field: mailbox[field] for field in SECRETS if field in mailbox._cache
            }
            for field, value in entered.items():
                if value != MASK:
                    name = mailbox._secret_name(field)
                    mailbox.channel_id._set_secret(name, value)
                    shown = MASK if value else False
                    mailbox._fields[field]._update_cache(mailbox, shown)

    def _forget_secrets(self):
        for mailbox in self:
            for field in SECRETS:
                mailbox.channel_id._set_secret(mailbox._secret_name(field), False)

    # ------------------------------------------------------------- actions
    def action_test(self):
        """Reach the server with its key, its user and its folders; change nothing."""
        self.ensure_one()
        self._require_role("manager")
        channel = self.channel_id
        channel._require_home()
        if self.kind == "manual":
            raise UserError(
                self.env._("There is nothing to reach: files come by hand.")
            )
        try:
            with self._reached() as place:
                version = place.check()
        except exceptions.ChannelError as error:
            shown = getattr(error.__cause__, "shown", "")
            if not shown:
                raise UserError(str(error)) from error
            # sudo: what the server shows is the server's to say
            self.sudo().shown_host_key = shown
            return self._tell(self.env._("Compare the server's key"), str(error))
        return self._tell(
            self.env._("%s can be reached", self.name), version, "success"
        )

    def action_accept_host_key(self):
        """The key that the server has shown is its own: a manager has compared it."""
        self.ensure_one()
        self._require_role("manager")
        if not self.shown_host_key:
            raise UserError(self.env._("Press Test first: the server shows its key."))
        # sudo: the key was shown by the server, and the manager has accepted it
        mailbox = self.sudo()
        self.env["channel.audit"]._log(
            "channel",
            self.channel_id,
            self.env._(
                "Host key of %(mailbox)s accepted: %(key)s",
                mailbox=self.name,
                key=self.shown_fingerprint,
            ),
            record=self,
        )
        mailbox.write({"host_key": mailbox.shown_host_key, "shown_host_key": False})
        return self.action_test()

    def action_receive(self):
        """Look for files now."""
        self.channel_id._require_role("operator")
        self.channel_id._wake("_job_edi_receive")
        return self.channel_id._notify_user(
            self.env._("Looking for files"),
            self.env._("They appear one by one."),
            "info",
        )

    def action_open_files(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_edi.channel_edi_file_action"
        )
        return dict(action, domain=[("mailbox_id", "=", self.id)])

    def _tell(self, title, message, kind="warning"):
        """A notification, after which the form shows what has come of it."""
        told = self.channel_id._notify_user(title, message, kind)
        reload = {"type": "ir.actions.client", "tag": "soft_reload"}
        return dict(told, params=dict(told["params"], next=reload))

    # ------------------------------------------------------------ business
    @contextmanager
    def _reached(self):
        """The files of this mailbox; errors come out as the base's.

        :yield: an object as described in ``transport``
        """
        self.ensure_one()
        adapter = self.channel_id._adapter()
        with adapter._translated(), self._prepare_place() as place:
            yield place

    def _prepare_place(self):
        folders = {
            "incoming": self.incoming or "",
            "outgoing": self.outgoing or "",
            "archive": self.archive or "",
        }
        if self.kind == "folder":
            allowed = options.read(config["config"], FOLDERS)
            return Folder(**folders, allowed=allowed)
        # sudo: jobs run as ordinary users, who may not see keys and secrets
        own = self.sudo()
        names = {field: own._secret_name(field) for field in SECRETS}
        secrets = own.channel_id._get_secrets(*names.values())
        return Sftp(
            own.host or "",
            own.port,
            own.username or "",
            host_key=own.host_key or "",
            password=secrets.get(names["password"], ""),
            private_key=secrets.get(names["private_key"], ""),
            allowed=addresses.Allowed(options.read(config["config"], ALLOWED)),
            **folders,
        )

    @api.model
    def _serve(self, channel, mailbox_ids, lock_class, work):
        """Do a job's work at mailboxes, one after the other, each as it is by now. One
        that cannot be reached, or breaks us, stops no other.

        :param lock_class: see ``db.transaction``: of those, one worker is at a mailbox
        :param work: called with each mailbox
        :return: True when one was served, None when there is none, False when another
            worker is at one
        """
        outcome, failure = None, None
        for mailbox_id in mailbox_ids:
            with try_lock(self.env, lock_class, mailbox_id) as locked:
                if not locked:
                    outcome = False if outcome is None else outcome
                    continue
                try:
                    with channel._reading_afresh() as env:
                        # sudo: managers see mailboxes; a job is there for the channel
                        work(env[self._name].sudo().browse(mailbox_id))
                    outcome = True
                except CONFLICTS:
                    raise
                except Exception as error:  # pylint: disable=broad-except
                    failure = failure or error
        if failure:
            raise failure
        return outcome

    def _takes_name(self, name):
        """Whether a file of this name is for us, and finished as far as it tells."""
        if name.lower().endswith(UNFINISHED) or name.startswith("."):
            return False
        if self.ready_when == "marked" and self.marker and name.endswith(self.marker):
            return False
        return fnmatch.fnmatchcase(name, self.pattern or "*")
