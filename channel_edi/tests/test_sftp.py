# SPDX-License-Identifier: AGPL-3.0-or-later
import os
from unittest.mock import patch

import paramiko

from odoo.exceptions import UserError

from odoo.addons.channel_inventory_base import exceptions
from odoo.addons.channel_inventory_base.models.channel_secret_mixin import MASK
from odoo.addons.channel_inventory_seal import verify

from .common_edi import EdiCase, po, x12
from .partners import start_partners

BIGMART = "bigmart"


class TestSftp(EdiCase):
    """A mailbox on a real server: who it is, what is left of a connection that was cut,
    and that no secret is told to a stranger."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sandbox = start_partners(names=[BIGMART])
        cls.addClassCleanup(cls.sandbox.stop)
        cls.partner = cls.sandbox.partners[BIGMART]
        cls.account = cls.sandbox.sftp.accounts[cls.partner.config.user]

    def setUp(self):
        super().setUp()
        self.sandbox.faults.clear(1)
        for path in self.account.root.rglob("*"):
            if path.is_file():
                path.unlink()
        self.mailbox.write(
            {
                "kind": "sftp",
                "host": "127.0.0.1",
                "port": self.sandbox.sftp.port,
                "username": self.account.user,
                "password": self.account.password,
                "host_key": self.sandbox.sftp.host_key,
                "incoming": "/out",
                "outgoing": "/in",
                "archive": "/archive",
                "after_reading": "archive",
                "ready_when": "named",
            }
        )

    def put(self, name, data=b"ISA*00"):
        (self.account.root / "out" / name).write_bytes(data)

    def look(self):
        self.env.flush_all()
        try:
            self.env["channel.edi.receiver"]._run(self.channel)
        finally:
            self.env.invalidate_all()

    def files(self):
        return self.env["channel.edi.file"].search(
            [("mailbox_id", "=", self.mailbox.id)], order="id"
        )

    def fault(self, kind, **values):
        self.sandbox.faults.add(kind=kind, **values)

    def fails(self, kind, function):
        try:
            function()
        except kind as error:
            self.env.invalidate_all()
            return str(error)
        return self.fail(f"{kind.__name__} was not raised")

    # ---------------------------------------------------------------- trust
    def test_reads_and_archives(self):
        self.put("a.edi", b"ISA*1")
        self.look()
        self.assertEqual(self.files()._bytes(), b"ISA*1")
        self.assertTrue((self.account.root / "archive/a.edi").exists())

    def test_another_host_key(self):
        """Nothing is sent to it, not even a user's name."""
        self.mailbox.host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "A" * 43
        before = len(self.sandbox.log.entries())
        words = self.fails(exceptions.ConfigurationError, self.look)
        self.assertIn("host key", words)
        self.assertEqual(len(self.sandbox.log.entries()), before)

    def test_first_contact_is_accepted_by_a_person(self):
        self.mailbox.host_key = False
        told = self.mailbox.action_test()
        self.assertEqual(told["params"]["type"], "warning")
        self.assertEqual(
            self.mailbox.shown_fingerprint,
            self.sandbox.sftp.fingerprint,
        )
        self.mailbox.action_accept_host_key()
        self.assertEqual(self.mailbox.host_key, self.sandbox.sftp.host_key)
        self.assertFalse(self.mailbox.shown_host_key)

    def test_wrong_password(self):
        self.mailbox.password = "wrong"
        with self.assertRaises(UserError):
            self.mailbox.action_test()
        self.fails(exceptions.AuthError, self.look)

    def test_password_is_never_shown(self):
        self.assertEqual(self.mailbox.password, MASK)
        secret = self.channel._get_secret(self.mailbox._secret_name("password"))
        self.assertEqual(secret, self.account.password)

    def test_another_address_gets_no_password(self):
        self.mailbox.host = "localhost"
        self.assertFalse(self.mailbox.password)
        self.assertFalse(self.mailbox.host_key)

    def test_address_changed_by_sql_gets_no_password(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE channel_edi_mailbox SET username = 'other' WHERE id = %s",
            [self.mailbox.id],
        )
        self.mailbox.invalidate_recordset()
        self.assertFalse(self.mailbox.password)

    # --------------------------------------------------------------- outages
    def test_cut_while_it_is_read(self):
        self.put("a.edi", b"ISA*" + b"x" * 100_000)
        self.fault("disconnect", operation="read", next=1)
        self.fails(exceptions.UnavailableError, self.look)
        self.assertFalse(self.files())
        self.look()
        self.assertEqual(len(self.files()._bytes()), 100_004)

    def test_archive_is_refused(self):
        """Stored all the same, once; put away when it can be."""
        self.put("a.edi")
        self.fault("rename_refused", next=1)
        self.look()
        self.assertEqual(len(self.files()), 1)
        self.assertIn("a.edi", self.exceptions("edi_file").message)
        self.look()
        self.assertEqual(len(self.files()), 1)
        self.assertTrue((self.account.root / "archive/a.edi").exists())
        self.assertFalse(self.exceptions("edi_file"))

    def test_file_that_may_not_be_read_stops_no_other(self):
        """MetPX/sarracenia#1689: it is listed with its size, and of another user. Nor
        does it stop the channel, and it is read when it may be."""
        self.put("a.edi")
        self.put("b.edi")
        os.utime(self.account.root / "out/a.edi", (1000, 1000))
        self.fault("permission_denied", operation="open", next=1)
        self.env.flush_all()
        self.channel._job_edi_receive()
        self.env.invalidate_all()
        self.assertEqual(self.files().mapped("name"), ["b.edi"])
        self.assertEqual(self.channel.connection_state, "ok")
        self.assertIn("a.edi", self.exceptions("edi_file").message)
        self.look()
        self.assertEqual(self.files().mapped("name"), ["b.edi", "a.edi"])
        self.assertFalse(self.exceptions("edi_file"))

    def test_file_that_its_sender_has_open_stops_no_other(self):
        """Servers on Windows refuse it with a plain failure, while it is written."""
        self.put("a.edi")
        self.put("b.edi")
        os.utime(self.account.root / "out/a.edi", (1000, 1000))
        opened = paramiko.SFTPClient.open

        def locked(client, path, *args, **kwargs):
            if path.endswith("a.edi"):
                # as paramiko tells a status without a number
                raise OSError("Failure")
            return opened(client, path, *args, **kwargs)

        with patch.object(paramiko.SFTPClient, "open", locked):
            self.look()
        self.assertEqual(self.files().mapped("name"), ["b.edi"])
        self.look()
        self.assertEqual(self.files().mapped("name"), ["b.edi", "a.edi"])

    def send_order(self):
        self.receive(x12(po("4711", (10, "EA", "5.00", "SKU-1"))))
        self.env.flush_all()
        self.env["channel.edi.sender"]._run(self.channel)
        self.env.invalidate_all()

    def sent(self):
        return sorted(path.name for path in (self.account.root / "in").iterdir())

    def test_sends_under_another_name_first(self):
        self.send_order()
        [name] = self.sent()
        interchange = self.env["channel.edi.interchange"].search([("name", "=", name)])
        self.assertEqual(interchange.state, "sent")
        names = [
            entry
            for entry in self.sandbox.log.entries()
            if "write" in str(entry.get("names", ""))
        ]
        self.assertTrue(names)

    def test_server_that_cannot_replace(self):
        """The same bytes are wanted once more, and those of before lie there."""
        self.fault("no_posix_rename")
        self.send_order()
        [name] = self.sent()
        path = self.account.root / "in" / name
        os.utime(path, (1000, 1000))
        sent = self.env["channel.edi.interchange"].search([("name", "=", name)])
        sent.action_send_again()
        self.env.flush_all()
        self.env["channel.edi.sender"]._run(self.channel)
        self.assertEqual(self.sent(), [name])
        self.assertNotEqual(int(path.stat().st_mtime), 1000)
        self.assertEqual(path.read_bytes(), sent._bytes())

    def test_file_of_somebody_else_is_never_overwritten(self):
        """Another database, or another system, writes to the same folder: its file
        stays, and ours gets a name of its own. Some servers replace a file where a
        client asks for a rename only (drakkan/sftpgo#2068)."""
        other = self.account.root / "in" / "997_000000001.edi"
        other.write_bytes(b"ISA*of somebody else")
        self.send_order()
        self.assertEqual(other.read_bytes(), b"ISA*of somebody else")
        name = f"997_000000001_{self.agreement.id}.edi"
        self.assertEqual(self.sent(), [other.name, name])
        sent = self.env["channel.edi.interchange"].search([("name", "=", name)])
        self.assertEqual(sent.state, "sent")
        self.assertEqual((other.parent / name).read_bytes(), sent._bytes())
        told = self.env["channel.audit"].search([("res_model", "=", sent._name)])
        self.assertIn(other.name, "".join(told.mapped("message")))

    def test_as_long_as_ours_and_not_ours(self):
        """A worker died while it delivered: what lies there has the name and the size,
        and is of somebody else."""
        self.fault("disconnect", operation="write", next=1)
        self.fails(exceptions.UnavailableError, self.send_order)
        sent = self.env["channel.edi.interchange"].search([("state", "=", "sending")])
        other = self.account.root / "in" / sent.name
        other.write_bytes(b"x" * len(sent._bytes()))
        self.env["channel.edi.sender"]._run(self.channel)
        self.env.invalidate_all()
        self.assertEqual(set(other.read_bytes()), set(b"x"))
        self.assertNotEqual(sent.name, other.name)
        self.assertEqual((other.parent / sent.name).read_bytes(), sent._bytes())

    def test_cut_while_it_is_written(self):
        """Half a file never has its name; the same bytes are written again."""
        self.fault("disconnect", operation="write", next=1)
        self.fails(exceptions.UnavailableError, self.send_order)
        self.assertFalse([name for name in self.sent() if not name.endswith(".part")])
        self.env["channel.edi.sender"]._run(self.channel)
        self.env.invalidate_all()
        [name] = [name for name in self.sent() if not name.endswith(".part")]
        interchange = self.env["channel.edi.interchange"].search([("name", "=", name)])
        self.assertEqual(
            (self.account.root / "in" / name).read_bytes(), interchange._bytes()
        )

    def test_cut_after_it_was_renamed(self):
        """It lies there: found by name and content, and not written twice, and no
        second rename fails by it (lavv17/lftp#122)."""
        self.fault("disconnect_after", operation="rename", next=1)
        self.fails(exceptions.UnavailableError, self.send_order)
        [name] = self.sent()
        stamp = (self.account.root / "in" / name).stat().st_mtime_ns
        self.env["channel.edi.sender"]._run(self.channel)
        self.env.invalidate_all()
        self.assertEqual((self.account.root / "in" / name).stat().st_mtime_ns, stamp)
        interchange = self.env["channel.edi.interchange"].search([("name", "=", name)])
        self.assertEqual(interchange.state, "sent")

    # -------------------------------------------------------- audit seals
    def test_audit_seals_are_delivered_to_its_outgoing_folder(self):
        place = self.seal()
        self.env["channel.audit.anchor"]._cron_anchor()
        [file] = (self.account.root / "in").iterdir()
        anchor = verify.read_anchor(file.read_bytes())
        self.assertEqual(anchor["number"], place.last_number)

    def seal(self):
        """:return: the anchor that gets the seals"""
        self.env["channel.audit"]._log("channel", self.channel, "Sealed")
        self.env["channel.audit.sealer"]._seal_all()
        return self.env["channel.audit.anchor"].create(
            {"name": "Vault", "kind": "mailbox", "mailbox_id": self.mailbox.id}
        )

    def test_seal_of_the_same_number_is_never_overwritten(self):
        """A database was restored and seals anew: what it had sealed before stays to
        be compared with, and a person is told."""
        place = self.seal()
        number = self.env["channel.audit.seal"]._get_last().number
        name = f"anchor-{self.env.cr.dbname}-{number:08}.json"
        before = self.account.root / "in" / name
        before.write_bytes(b'{"number": 1, "hash": "of before"}')
        self.env["channel.audit.anchor"]._cron_anchor()
        self.assertIn(b"of before", before.read_bytes())
        self.assertFalse(place.receipt_ids)
        [told] = self.env["channel.exception"].search(
            [("key", "=", f"anchor:{place.id}"), ("state", "=", "open")]
        )
        self.assertIn(name, told.message)

    def test_seal_that_was_delivered_before_its_worker_died(self):
        """It is there, as it was sealed: delivered once more it changes nothing."""
        place = self.seal()
        seal = self.env["channel.audit.seal"]._get_last()
        data = seal._prepare_anchor().encode()
        name = f"anchor-{self.env.cr.dbname}-{seal.number:08}.json"
        place._deliver(name, data)
        self.env["channel.audit.anchor"]._cron_anchor()
        [file] = (self.account.root / "in").iterdir()
        self.assertEqual((file.name, file.read_bytes()), (name, data))
        self.assertTrue(place.receipt_ids)

    def test_a_server_that_refuses_audit_seals_is_an_exception(self):
        place = self.seal()
        self.mailbox.outgoing = "/nowhere"
        self.env["channel.audit.anchor"]._cron_anchor()
        self.assertFalse(place.receipt_ids)
        self.assertTrue(
            self.env["channel.exception"].search_count(
                [("key", "=", f"anchor:{place.id}"), ("state", "=", "open")]
            )
        )
