# SPDX-License-Identifier: AGPL-3.0-or-later
import os
import tempfile
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.tools.misc import file_open

from odoo.addons.channel_inventory_base import exceptions
from odoo.addons.channel_inventory_base.lib import errors
from odoo.addons.channel_inventory_base.models.channel_intake import ChannelIntake

from ..models import channel_edi_mailbox, channel_edi_receiver
from ..transport.folder import Folder
from .common_edi import EdiCase, po, x12


class TestReceiver(EdiCase):
    """Files of a folder: each is taken once, whole, and only then put away."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.root = Path(folder.name)

    def setUp(self):
        super().setUp()
        self.folders = [
            self.root / self._testMethodName / name for name in ("in", "out", "old")
        ]
        for path in self.folders:
            path.mkdir(parents=True)
        self.incoming, self.outgoing, self.archive = self.folders
        self.mailbox.write(
            {
                "kind": "folder",
                "incoming": str(self.incoming),
                "outgoing": str(self.outgoing),
                "archive": str(self.archive),
                "after_reading": "archive",
                "quiet_seconds": 0,
            }
        )
        allowed = patch.object(
            channel_edi_mailbox.options, "read", lambda _path, _name: str(self.root)
        )
        allowed.start()
        self.addCleanup(allowed.stop)

    def look(self):
        self.env.flush_all()
        self.env["channel.edi.receiver"]._run(self.channel)
        self.env.invalidate_all()

    def fail_in(self, function, kind):
        """As ``assertRaises``, which would roll back what was committed before."""
        try:
            function()
        except kind:
            self.env.invalidate_all()
            return
        self.fail(f"{kind.__name__} was not raised")

    def put(self, name, data=b"ISA*", age=60):
        path = self.incoming / name
        path.write_bytes(data)
        moment = path.stat().st_mtime - age
        os.utime(path, (moment, moment))

    def files(self):
        return self.env["channel.edi.file"].search(
            [("mailbox_id", "=", self.mailbox.id)], order="id"
        )

    def test_is_read_when_it_stands_still(self):
        self.put("a.edi", b"ISA*00")
        self.look()
        self.assertFalse(self.files(), "seen for the first time")
        self.put("a.edi", b"ISA*00*more", age=50)
        self.look()
        self.assertFalse(self.files(), "it has grown")
        self.look()
        self.assertEqual(self.files()._bytes(), b"ISA*00*more")
        self.assertTrue(self.files().away)
        self.assertEqual(os.listdir(self.archive), ["a.edi"])
        self.assertEqual(os.listdir(self.incoming), [])

    def test_upload_that_pauses(self):
        """It has to stand still for a while: half a file looks like a whole one."""
        self.mailbox.quiet_seconds = 10
        clock = self.env["channel.intake"]._database_time()
        with patch.object(ChannelIntake, "_database_time", lambda _self: clock):
            self.put("a.edi", b"ISA*half")
            self.look()
            clock += timedelta(seconds=8)
            self.look()
            self.put("a.edi", b"ISA*half~IEA*1*000000001~", age=50)
            clock += timedelta(seconds=8)
            self.look()
            self.assertFalse(self.files())
            clock += timedelta(seconds=10)
            self.look()
        self.assertEqual(self.files()._bytes(), b"ISA*half~IEA*1*000000001~")

    def look_after(self, *pauses):
        """Look at times so many seconds apart, and count downloads."""
        clock, fetched = self.env["channel.intake"]._database_time(), []
        read = Folder.fetch

        def fetch(place, name):
            fetched.append(name)
            return read(place, name)

        for seconds in pauses:
            clock += timedelta(seconds=seconds)
            with (
                patch.object(
                    ChannelIntake, "_database_time", lambda _s, now=clock: now
                ),
                patch.object(Folder, "fetch", fetch),
            ):
                self.look()
        return fetched

    def test_upload_that_pauses_for_long(self):
        """An interchange without its end may be half an upload: it is not refused, nor
        fetched again and again, before the rest has had its time."""
        self.mailbox.quiet_seconds = 5
        half, rest = b"ISA*00*half~GS*PO~", b"ST*850~GE*1~IEA*1*000000001~"
        self.put("a.edi", half)
        self.assertEqual(self.look_after(0, 6, 6, 60, 60), ["a.edi"])
        self.assertFalse(self.files())
        self.put("a.edi", half + rest, age=50)
        self.look_after(200, 6)
        self.assertEqual([each._bytes() for each in self.files()], [half + rest])

    def test_half_a_file_that_stays_so_is_read_as_it_is(self):
        self.mailbox.quiet_seconds = 5
        self.put("a.edi", b"ISA*00*half~GS*PO~")
        self.put("b.csv", b"sku;quantity")
        self.look_after(0, 6)
        self.assertEqual(self.files().mapped("name"), ["b.csv"])
        self.assertEqual(self.look_after(280, 20), ["a.edi"])
        self.assertEqual(self.files().mapped("name"), ["b.csv", "a.edi"])

    def test_is_read_at_once_where_its_name_says_so(self):
        self.mailbox.ready_when = "named"
        self.put("a.edi")
        self.put("b.edi.part")
        self.put("c.edi.tmp")
        self.look()
        self.assertEqual(self.files().mapped("name"), ["a.edi"])

    def test_is_read_when_its_marker_is_there(self):
        self.mailbox.write({"ready_when": "marked", "marker": ".done"})
        self.put("a.edi")
        self.look()
        self.assertFalse(self.files())
        self.put("a.edi.done", b"")
        self.look()
        self.assertEqual(self.files().mapped("name"), ["a.edi"])
        self.assertEqual(sorted(os.listdir(self.archive)), ["a.edi", "a.edi.done"])

    def test_other_names_are_left_alone(self):
        self.mailbox.write({"ready_when": "named", "pattern": "*.edi"})
        self.put("a.txt")
        self.put(".b.edi")
        self.look()
        self.assertFalse(self.files())
        self.assertEqual(sorted(os.listdir(self.incoming)), [".b.edi", "a.txt"])

    def test_killed_before_it_is_put_away(self):
        """The next look finds it again, and that it is stored."""
        self.mailbox.ready_when = "named"
        self.put("a.edi")
        with patch.object(
            channel_edi_receiver.ChannelEdiReceiver,
            "_put_away",
            side_effect=errors.Unavailable("cut off"),
        ):
            self.fail_in(self.look, exceptions.UnavailableError)
        self.assertEqual(len(self.files()), 1)
        self.assertFalse(self.files().away)
        self.look()
        self.assertEqual(len(self.files()), 1)
        self.assertEqual(os.listdir(self.incoming), [])

    def test_file_that_somebody_takes_away_stops_nothing(self):
        """Between the look and the read: it is gone, and the others are read."""
        self.mailbox.ready_when = "named"
        self.put("a.edi")
        self.put("b.edi")
        fetch = Folder.fetch

        def taken(place, name):
            if name == "a.edi":
                os.remove(os.path.join(self.incoming, name))
            return fetch(place, name)

        with patch.object(Folder, "fetch", taken):
            self.look()
        self.assertEqual(self.files().mapped("name"), ["b.edi"])
        self.assertEqual(os.listdir(self.incoming), [])

    def test_missing_archive_folder_is_told(self):
        self.mailbox.write({"ready_when": "named", "after_reading": "archive"})
        os.rmdir(self.mailbox.archive)
        self.put("a.edi")
        self.put("b.edi")
        self.fail_in(self.look, exceptions.ConfigurationError)
        self.assertEqual(sorted(os.listdir(self.incoming)), ["a.edi", "b.edi"])
        self.assertEqual(self.files().mapped("name"), ["a.edi", "b.edi"])

    def test_empty_file_stops_no_other(self):
        """gilt/s3-sftp-bridge#18: it fails, stays there, and fails at each look."""
        self.mailbox.ready_when = "named"
        self.put("a.edi", b"")
        self.put("b.edi", x12(po("4711", (10, "EA", "5.00", "SKU-1"))))
        self.look()
        self.work()
        states = {each.name: each.state for each in self.files()}
        self.assertEqual(states, {"a.edi": "refused", "b.edi": "split"})
        self.assertIn("a.edi", self.exceptions("edi_file").message)
        self.assertEqual(os.listdir(self.incoming), [])

    def test_file_that_may_not_be_put_away_stops_no_other(self):
        """Neither in this look nor in the next ones, and not the channel."""
        self.mailbox.ready_when = "named"
        self.put("a.edi")
        self.put("b.edi", age=50)
        put_away = Folder.put_away

        def refused(place, name, how):
            if name == "a.edi":
                raise errors.Forbidden("a.edi may not be moved", code="FOLDER")
            return put_away(place, name, how)

        with patch.object(Folder, "put_away", refused):
            self.look()
            self.assertEqual(self.files().mapped("name"), ["a.edi", "b.edi"])
            self.put("c.edi", age=40)
            self.channel._job_edi_receive()
        self.env.invalidate_all()
        self.assertEqual(self.files().mapped("name"), ["a.edi", "b.edi", "c.edi"])
        self.assertEqual(self.channel.connection_state, "ok")
        told = self.exceptions("edi_file")
        self.assertIn("a.edi could not be read or put away", told.message)
        self.assertEqual(told.count, 1)
        self.look()
        self.assertEqual(told.state, "resolved")
        self.assertEqual(os.listdir(self.incoming), [])

    def test_same_name_with_another_content_is_another_file(self):
        self.mailbox.write({"ready_when": "named", "after_reading": "delete"})
        self.put("daily.edi", b"ISA*1")
        self.look()
        self.put("daily.edi", b"ISA*2", age=5)
        self.look()
        self.assertEqual([each._bytes() for each in self.files()], [b"ISA*1", b"ISA*2"])

    def test_what_stays_there_is_read_once(self):
        self.mailbox.write({"ready_when": "named", "after_reading": "keep"})
        self.put("a.edi")
        self.look()
        self.look()
        self.assertEqual(len(self.files()), 1)
        self.assertEqual(os.listdir(self.incoming), ["a.edi"])

    def test_archive_keeps_what_is_there(self):
        self.mailbox.ready_when = "named"
        for text in (b"ISA*1", b"ISA*2"):
            self.put("daily.edi", text, age=60 if text == b"ISA*1" else 5)
            self.look()
        self.assertEqual(sorted(os.listdir(self.archive)), ["daily.edi", "daily.edi.1"])

    def test_too_big_a_file_stops_no_other(self):
        self.mailbox.ready_when = "named"
        self.put("a.edi", b"x" * 30)
        self.put("b.edi", b"ISA*")
        with patch("odoo.addons.channel_edi.transport.folder.MAX_BYTES", 20):
            self.look()
        self.assertEqual(
            {each.name: each.state for each in self.files()},
            {"a.edi": "refused", "b.edi": "new"},
        )
        self.assertIn("a.edi", self.exceptions("edi_file").message)

    def test_folder_outside_of_what_is_allowed(self):
        self.mailbox.incoming = "/etc"
        with self.assertRaises(exceptions.ConfigurationError) as caught:
            self.look()
        self.assertIn("edi_folders", str(caught.exception))

    def test_link_is_no_file(self):
        self.mailbox.ready_when = "named"
        (self.incoming / "a.edi").symlink_to("/etc/hostname")
        self.look()
        self.assertFalse(self.files())

    def test_what_is_sent_is_renamed_when_it_is_whole(self):
        self.mailbox.ready_when = "named"
        self.receive(x12(po("4711", (10, "EA", "5.00", "SKU-1"))))
        self.send()
        [name] = os.listdir(self.outgoing)
        self.assertTrue(name.startswith("997_"))
        sent = self.env["channel.edi.interchange"].search([("name", "=", name)])
        self.assertEqual(sent.state, "sent")
        self.assertEqual((self.outgoing / name).read_bytes(), sent._bytes())

    def test_dies_after_the_file_was_written(self):
        """It is found by its name and content, and not written again."""
        self.receive(x12(po("4711", (10, "EA", "5.00", "SKU-1"))))
        sender = type(self.env["channel.edi.sender"])
        killed = errors.Unavailable("killed")
        with patch.object(sender, "_mark_sent", side_effect=killed):
            self.fail_in(self.send, exceptions.UnavailableError)
        [path] = self.outgoing.iterdir()
        os.utime(path, (1000, 1000))
        self.send()
        self.assertEqual(int(path.stat().st_mtime), 1000, "it was left alone")
        sent = self.env["channel.edi.interchange"].search([("name", "=", path.name)])
        self.assertEqual((sent.state, sent.attempts), ("sent", 2))

    def test_file_of_somebody_else_stays(self):
        other = self.outgoing / "997_000000001.edi"
        other.write_bytes(b"ISA*of somebody else")
        self.receive(x12(po("4711", (10, "EA", "5.00", "SKU-1"))))
        self.send()
        self.assertEqual(other.read_bytes(), b"ISA*of somebody else")
        name = f"997_000000001_{self.agreement.id}.edi"
        sent = self.env["channel.edi.interchange"].search([("name", "=", name)])
        self.assertEqual(sent.state, "sent")
        self.assertEqual((self.outgoing / name).read_bytes(), sent._bytes())

    def test_mailbox_that_breaks_us_stops_no_other(self):
        """And whatever becomes of the job, what it has seen is looked at again soon,
        and the next look is not lost."""
        broken = self.mailbox.copy({"name": "A broken one"})
        self.put("a.edi")
        receive = channel_edi_receiver.ChannelEdiReceiver._receive

        def broken_first(receiver, mailbox):
            if mailbox == broken:
                raise ValueError("nobody has thought of this")
            return receive(receiver, mailbox)

        woken = []

        def note(channels, _channel_id, method, seconds=0):
            woken.append((channels.env.cr is self.env.cr, method, seconds))

        self.env.flush_all()
        with (
            patch.object(type(self.channel), "_after_commit", note),
            patch.object(
                channel_edi_receiver.ChannelEdiReceiver, "_receive", broken_first
            ),
            self.assertRaises(ValueError),
        ):
            self.channel._job_edi_receive()
        # in transactions of their own: the job's is rolled back
        self.assertEqual(
            woken,
            [
                (False, "_job_edi_receive", channel_edi_receiver.LOOK_AGAIN),
                (False, "_job_edi_receive", self.channel.poll_minutes * 60),
            ],
        )

    def test_mailbox_that_cannot_be_written_to_stops_no_other(self):
        """What is to be sent by others goes out."""
        other = self.mailbox.copy({"name": "Other", "outgoing": str(self.archive)})
        self.agreement.copy(
            {"name": "Other", "their_id": "OTHER", "mailbox_id": other.id}
        )
        line = (10, "EA", "5.00", "SKU-1")
        self.receive(x12(po("4711", line)))
        self.receive(x12(po("4712", line), sender="OTHER"))
        self.outgoing.rmdir()
        self.fail_in(self.send, exceptions.ConfigurationError)
        [name] = os.listdir(self.archive)
        self.assertTrue(name.startswith("997_"))
        self.outgoing.mkdir()
        self.send()
        self.assertEqual(len(os.listdir(self.outgoing)), 1)
        self.assertEqual(os.listdir(self.archive), [name])

    # --------------------------------------------------------------- copies
    def run_jobs(self):
        self.env.flush_all()
        for job in ("_job_edi_receive", "_job_edi_work", "_job_edi_send"):
            getattr(self.channel, job)()
        self.env.invalidate_all()

    def answer_waits(self):
        """An acknowledgement that is ready to be sent."""
        self.mailbox.ready_when = "named"
        self.receive(x12(po("4711", (10, "EA", "5.00", "SKU-1"))))
        self.put("a.edi")

    def assertUntouched(self):
        self.assertEqual(os.listdir(self.incoming), ["a.edi"])
        self.assertEqual(os.listdir(self.outgoing), [])
        self.assertFalse(self.files().filtered(lambda each: each.name == "a.edi"))

    def test_renamed_database_reads_and_writes_no_mailbox(self):
        self.channel.connection_state = "ok"
        self.answer_waits()
        home = self.channel.home_database
        self.channel.home_database = "cluster/production/uuid"
        self.run_jobs()
        self.assertUntouched()
        # at home it does both
        self.channel.home_database = home or self.channel._database_name()
        self.run_jobs()
        self.assertEqual(os.listdir(self.incoming), [])
        self.assertEqual(len(os.listdir(self.outgoing)), 1)

    def test_neutralized_database_reads_and_writes_no_mailbox(self):
        self.channel.connection_state = "ok"
        self.answer_waits()
        self.env.flush_all()
        with file_open("channel_edi/data/neutralize.sql") as file:
            self.env.cr.execute(file.read())
        self.env.invalidate_all()
        # whatever its name is
        self.channel.home_database = self.channel._database_name()
        self.run_jobs()
        self.assertUntouched()
        self.assertEqual(self.mailbox.kind, "manual")
        sent = self.env["channel.edi.interchange"].search([("direction", "=", "out")])
        self.assertEqual(set(sent.mapped("state")), {"void"})

    def test_archive_needs_a_folder(self):
        with self.assertRaises(ValidationError):
            self.mailbox.archive = False
