# SPDX-License-Identifier: AGPL-3.0-or-later
import fnmatch
import hashlib
import logging

from odoo import api, fields, models

from odoo.addons.channel_inventory_base import schemas as base_schemas
from odoo.addons.channel_inventory_base.db.transaction import (
    LOCK_INTERCHANGE,
    lock,
)
from odoo.addons.channel_inventory_base.lib.one_line import one_line

from ..lib import codec
from ..lib.errors import BadDocument, EdiError, Unreadable, told
from ..lib.flat import reading as table_reading
from ..lib.options import DEFAULT
from .channel_edi_agreement import ACKS

_logger = logging.getLogger(__name__)

BIG = 100_000
"""Bytes of a document from which on it is not read twice."""


class NothingToAnswer(Exception):
    """An interchange of acknowledgements, or one that cannot be named."""


class ChannelEdiSplitter(models.AbstractModel):
    """Makes interchanges and documents of a stored file, in one transaction a file: the
    envelope is judged, duplicates are found, and what acknowledges it is queued.

    Called with the file locked, in a transaction of its own. What is wrong with one
    interchange or document keeps no other from being taken.
    """

    _name = "channel.edi.splitter"
    _description = "Split EDI Files"

    @api.model
    def _split(self, file, read=None):
        """:param read: dict that takes what big documents say, for who processes them
        next: {id of the document: object of ``schemas``}
        """
        data = file._bytes()
        if agreement := self._find_table(file):
            if not self._take_table(file, agreement, data):
                return False
            self.env["channel.exception"]._resolve_record(file)
            return file.write({"state": "split", "error": False})
        try:
            states = [
                self._take(file, each, read) for each in codec.read(data, DEFAULT)
            ]
        except Unreadable as error:
            return self._refuse_file(file, str(error))
        if not states:
            return self._refuse_file(file, self.env._("There is no document in it."))
        if None in states:
            # an agreement may be made: then all of it is read again
            return file.write({"state": "held", "error": self.env._("No agreement")})
        self.env["channel.exception"]._resolve_record(file)
        return file.write({"state": "split", "error": False})

    def _refuse_file(self, file, words):
        file.write({"state": "refused", "error": one_line(words)[:1000]})
        self._report_file(
            file,
            self.env._(
                "File %(name)s cannot be read: %(why)s", name=file.name, why=words
            ),
            self.env._(
                "Its bytes are kept. Ask the partner what it is, or make an agreement "
                "for it and press Retry."
            ),
        )
        return False

    def _report_file(self, file, message, suggestion):
        self.env["channel.exception"]._report(
            file.channel_id,
            "edi_file",
            key=f"edi_file:{file.id}",
            record=file,
            message=message,
            suggestion=suggestion,
        )

    # ----------------------------------------------------------- interchange
    def _take(self, file, found, read=None):
        """Make one interchange with its documents.

        :param found: an interchange of ``lib.codec.read``
        :param read: as of ``_split``
        :return: its record, None where no agreement fits
        """
        head = found.head
        agreement = self.env["channel.edi.agreement"]._find(
            file.company_id, head, [group.head for group in found.groups]
        )
        if not agreement:
            self._report_file(
                file,
                self.env._(
                    "%(name)s: interchange %(number)s from %(sender)s to %(receiver)s "
                    "fits no agreement.",
                    name=file.name,
                    number=head.number,
                    sender=_identity(head.sender),
                    receiver=_identity(head.receiver),
                ),
                self.env._(
                    "Make an agreement between these identities and press Retry, or "
                    "discard the file."
                ),
            )
            return None
        # of two files with the same interchange the second finds the first
        lock(self.env, LOCK_INTERCHANGE, f"edi:{agreement.id}")
        values = self._prepare_vals(file, agreement, found)
        earlier = self._find_earlier(agreement, values)
        if earlier and earlier.file_id == file:
            return earlier  # read again
        if earlier and self._has_all_of(earlier, values["digest"], found.data):
            return self._take_duplicate(values, earlier)
        interchange = self.env["channel.edi.interchange"].create(
            dict(values, state="done")
        )
        if self._is_replaced(earlier, agreement, found.data):
            self._replace(earlier, interchange)
        elif earlier and not agreement.reuses_numbers:
            interchange.state = "held"
            self._report_held(interchange, earlier)
            return interchange
        self._take_documents(interchange, agreement, found, read)
        return interchange

    def _prepare_vals(self, file, agreement, found):
        head = found.head
        interchanges = self.env["channel.edi.interchange"]
        return {
            "agreement_id": agreement.id,
            "mailbox_id": file.mailbox_id.id,
            "channel_id": agreement.channel_id.id,
            "direction": "in",
            "file_id": file.id,
            "name": file.name,
            "number": head.number,
            "written": f"{head.date} {head.time}".strip(),
            "sender": _identity(head.sender),
            "receiver": _identity(head.receiver),
            "version": head.version,
            "test": head.test,
            "error": "; ".join(told(fault) for fault in found.faults)[:1000] or False,
            **interchanges._prepare_vals(found.data),
        }

    def _find_earlier(self, agreement, values):
        """An interchange of the same number: one with the same bytes, where there is
        one. Numbers come again after years, or when they wrap."""
        interchanges = self.env["channel.edi.interchange"]
        same = interchanges.search(
            [
                ("agreement_id", "=", agreement.id),
                ("direction", "=", "in"),
                ("number", "=", values["number"]),
                ("state", "not in", ("duplicate", "ignored")),
                (
                    "create_date",
                    ">",
                    fields.Datetime.subtract(
                        fields.Datetime.now(), days=agreement.order_days
                    ),
                ),
            ]
        )
        equal = same.filtered(lambda each: each.digest == values["digest"])
        return (equal or same)[:1]

    def _has_all_of(self, earlier, digest, data):
        """Whether these are the same bytes, or their beginning: a file that was read
        while it was written."""
        if earlier.digest == digest:
            return True
        return earlier.state != "refused" and earlier._bytes().startswith(data)

    def _is_replaced(self, earlier, agreement, data):
        """Whether an interchange that was refused as a whole has come once more: to its
        end, or corrected. Where numbers are used for others as well, only its own bytes
        prove that it is the same one."""
        if earlier.state != "refused":
            return False
        if not agreement.reuses_numbers:
            return True
        # retention may have deleted them, which proves nothing
        beginning = earlier._bytes()
        return bool(beginning) and data.startswith(beginning)

    def _take_duplicate(self, values, earlier):
        """Dropped, and acknowledged once more: the partner may have missed it."""
        twin = self.env["channel.edi.interchange"].create(
            dict(values, state="duplicate", duplicate_of_id=earlier.id)
        )
        answers = self.env["channel.edi.interchange"].search(
            [("answers_id", "=", earlier.id), ("state", "=", "sent")]
        )
        # of one whose number was free to come again the bytes may be deleted
        answers = answers.filtered(lambda each: each._bytes())
        answers.write({"state": "ready"})
        answers.channel_id._wake("_job_edi_send")
        _logger.info("interchange %s came again: %s", earlier.number, twin.name)
        return twin

    def _replace(self, refused, interchange):
        """Nothing was taken of an interchange that was refused as a whole, and nobody
        can retry it: what is its rest, or the corrected one that its partner was asked
        for, counts in its place."""
        refused.write({"state": "duplicate", "duplicate_of_id": interchange.id})
        documents = refused.document_ids.filtered(lambda each: each.state == "refused")
        documents.write({"state": "ignored"})
        self.env["channel.exception"]._resolve_record(refused)
        self.env["channel.exception"]._resolve_record(documents)
        _logger.info("interchange %s comes in place of one refused", interchange.number)

    def _report_held(self, interchange, earlier):
        self.env["channel.exception"]._report(
            interchange.channel_id,
            "edi_duplicate",
            key=f"edi_interchange:{interchange.id}",
            record=interchange,
            message=self.env._(
                "Interchange %(number)s of %(partner)s came a second time with another "
                "content. The first was received on %(when)s.",
                number=interchange.number,
                partner=interchange.agreement_id.name,
                when=earlier.create_date,
            ),
            suggestion=self.env._(
                "Ask the partner which of the two counts. Retry takes this one in as "
                "well; discard drops it."
            ),
        )

    @api.model
    def _release(self, interchange):
        """A person has decided that a held interchange counts."""
        # sudo: the operator decides; only the splitter writes documents otherwise
        own = interchange.sudo()
        for found in codec.read(own._bytes(), DEFAULT):
            own.state = "done"
            self.sudo()._take_documents(own, own.agreement_id, found)
        self.env["channel.exception"]._resolve_record(own)
        own.channel_id._wake("_job_edi_work", "_job_edi_send")

    # -------------------------------------------------------------- documents
    def _take_documents(self, interchange, agreement, found, read=None):
        options = agreement._get_options()
        refused = any(fault.fatal for fault in found.faults)
        if refused:
            interchange.state = "refused"
            self._report_refused(interchange)
        verdicts, rows, big = {}, [], {}
        now = self.env["channel.intake"]._database_time().replace(tzinfo=None)
        for document in found.documents:
            values, faults, parsed = self._read_document(
                agreement, found, document, options
            )
            if parsed and values["ends"] - values["begins"] > BIG:
                big[document.position] = parsed
            verdicts[document.position] = faults
            rows.append(
                {
                    **values,
                    "agreement_id": agreement.id,
                    "interchange_id": interchange.id,
                    "file_id": interchange.file_id.id,
                    "direction": "in",
                    "received_at": now,
                    "test": interchange.test,
                    "trace": f"edi:{interchange.id}",
                }
            )
        if refused:
            rows = [dict(row, state="refused") for row in rows]
        elif interchange.test and agreement.channel_id.environment == "production":
            words = self.env._("A test document: nothing is made of it.")
            rows = [
                dict(row, state="ignored", error=words)
                if row["state"] == "new"
                else row
                for row in rows
            ]
        documents = self.env["channel.edi.document"].create(rows)
        if read is not None:
            read.update(
                {
                    each.id: big[each.position]
                    for each in documents
                    if each.position in big
                }
            )
        for document in documents.filtered(lambda each: each.state == "refused"):
            document._hold(
                document.error or interchange.error, "edi_document", "refused"
            )
        self.env["channel.edi.acks"]._take(agreement, found, interchange)
        self._answer(interchange, agreement, found, verdicts, options)
        documents.channel_id._wake("_job_edi_work")

    def _read_document(self, agreement, found, document, options):
        """:return: (values of its record, its faults, what it says if that is known)"""
        kind = document.head.kind
        values = {
            "kind": kind,
            "number": document.head.number,
            "group_number": document.group.head.number if document.group else False,
            "position": document.position,
            "digest": document.digest,
            "begins": document.span[0] - found.span[0],
            "ends": document.span[1] - found.span[0],
            "channel_id": agreement._channel_of(kind).id,
            "state": "done" if kind in ACKS else "new",
        }
        if kind in ACKS:
            return values, list(document.faults), None
        try:
            parsed = codec.parse(document, options)
        except BadDocument as error:
            words = one_line(str(error))[:1000]
            faults = [base_schemas.dump(fault) for fault in error.faults[:20]]
            return (
                dict(values, state="refused", error=words, faults=faults),
                list(error.faults),
                None,
            )
        faults = list(document.faults)
        values["business_key"] = self.env["channel.edi.worker"]._key_of(parsed)
        if faults:
            values["faults"] = [base_schemas.dump(fault) for fault in faults[:20]]
        return values, faults, parsed

    def _report_refused(self, interchange):
        self.env["channel.exception"]._report(
            interchange.channel_id,
            "edi_file",
            key=f"edi_interchange:{interchange.id}",
            record=interchange,
            message=self.env._(
                "Interchange %(number)s of %(partner)s breaks its standard: %(why)s",
                number=interchange.number,
                partner=interchange.agreement_id.name,
                why=interchange.error,
            ),
            suggestion=self.env._(
                "Nothing of it was taken, and the partner is told where we "
                "acknowledge. Ask for a corrected one."
            ),
        )

    # ---------------------------------------------------------------- answer
    def _answer(self, interchange, agreement, found, verdicts, options):
        """Freeze what acknowledges it, with the numbers that it takes."""
        if not agreement.sends_acks or not found.answerable:
            return
        groups = [
            group
            for group in found.groups
            if any(each.head.kind not in ACKS for each in group.documents)
        ]
        kind = "997" if agreement.standard == "x12" else "CONTRL"
        try:
            # numbers that nothing was written with are given back
            with self.env.cr.savepoint():
                envelope = agreement._prepare_envelope(
                    kind, 0, interchange.test, bool(groups)
                )
                data = codec.acknowledge(found, verdicts, envelope, options)
                if not data:
                    raise NothingToAnswer
                answer = self.env["channel.edi.sender"]._freeze_bytes(
                    agreement, kind, envelope, data
                )
                answer.answers_id = interchange
        except NothingToAnswer:
            return
        except EdiError as error:
            self._report_unanswered(interchange, error)
            return
        interchange.channel_id._wake("_job_edi_send")

    def _report_unanswered(self, interchange, error):
        self.env["channel.exception"]._report(
            interchange.channel_id,
            "edi_ack",
            key=f"edi_answer:{interchange.id}",
            record=interchange,
            message=self.env._(
                "Interchange %(number)s cannot be acknowledged: %(why)s",
                number=interchange.number,
                why=error,
            ),
        )

    # ----------------------------------------------------------------- tables
    def _find_table(self, file):
        """The agreement of a CSV file: by its name, for nothing in it tells."""
        tables = self.env["channel.edi.agreement"].search(
            [
                ("mailbox_id", "=", file.mailbox_id.id),
                ("standard", "=", "table"),
                ("file_pattern", "!=", False),
            ]
        )
        found = tables.filtered(
            lambda each: fnmatch.fnmatch(file.name.lower(), each.file_pattern.lower())
        )
        return found[:1] if len(found) == 1 else tables.browse()

    def _take_table(self, file, agreement, data):
        """A file of a table has documents of the kind that was agreed. One row that
        cannot be read refuses the file: nobody could tell what is missing.

        :return: whether they were taken
        """
        terms = agreement.document_ids.filtered(lambda each: each.direction == "in")[:1]
        if not terms.column_ids.filtered("path"):
            return self._refuse_file(
                file,
                self.env._(
                    "%s does not say which column means what. Set it up with a sample.",
                    agreement.name,
                ),
            )
        try:
            values = table_reading.read(data, terms._get_layout())
        except EdiError as error:
            return self._refuse_file(file, str(error))
        kind = terms.kind
        now = self.env["channel.intake"]._database_time().replace(tzinfo=None)
        rows = []
        for value in values:
            payload = base_schemas.dumps(value)
            rows.append(
                {
                    "agreement_id": agreement.id,
                    "channel_id": agreement._channel_of(kind).id,
                    "file_id": file.id,
                    "direction": "in",
                    "kind": kind,
                    "business_key": self.env["channel.edi.worker"]._key_of(value),
                    "payload": payload,
                    "digest": hashlib.sha256(payload.encode()).hexdigest(),
                    "ends": len(data),
                    "state": "new",
                    "received_at": now,
                    "trace": f"edi:file:{file.id}",
                }
            )
        documents = self.env["channel.edi.document"].create(rows)
        documents.channel_id._wake("_job_edi_work")
        return True


def _identity(identity):
    """
    >>> from ..schemas import Identity
    >>> _identity(Identity("BIGMART", "ZZ")), _identity(Identity("5412345", ""))
    ('ZZ:BIGMART', '5412345')
    """
    if identity.qualifier:
        return f"{identity.qualifier}:{identity.id}"
    return identity.id
