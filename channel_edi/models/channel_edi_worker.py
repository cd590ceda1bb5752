# SPDX-License-Identifier: AGPL-3.0-or-later
import logging
import time
from collections import deque

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.channel_inventory_base import exceptions
from odoo.addons.channel_inventory_base import schemas as base_schemas
from odoo.addons.channel_inventory_base.db.transaction import (
    CONFLICTS,
    LOCK_DOCUMENT,
    own_transaction,
    retry_on_conflict,
    try_lock,
)

from ..kinds import CLASSES
from ..lib import codec
from ..lib.errors import EdiError
from ..lib.options import DEFAULT

_logger = logging.getLogger(__name__)

RUN_SECONDS = 20
LOCK_PATIENCE = "3s"
"""For an order that somebody else is at; then the document is tried again."""
AHEAD = 50
"""Documents whose kinds are looked up at once."""
ORDERS = ("850", "860", "ORDERS", "ORDCHG")
"""Kinds of documents that become orders of the base."""


class Parked(Exception):
    """An earlier document is missing: this one waits for it."""


class Held(Exception):
    """A person decides; the words say about what."""


class ChannelEdiWorker(models.AbstractModel):
    """Works on what was received: files are split, then documents are processed, one
    after the other as they came in, each in a transaction of its own.

    A document is processed by ``_take_<class>`` of what it says (``schemas``), such as
    ``_take_purchase_order``; addons add those of their roles. Where the roles of a
    partner mean different things by it, its name ends in the role:
    ``_take_stock_report_warehouse``. Such a method raises
    ``Parked`` or ``Held``, or ends with ``document._finish``.
    """

    _name = "channel.edi.worker"
    _description = "Process EDI Documents"

    @api.model
    def _run(self, channel):
        """:return: False if another worker is at it"""
        with try_lock(self.env, LOCK_DOCUMENT, channel.id) as locked:
            if not locked:
                return False
            end = time.monotonic() + RUN_SECONDS
            parsed = {}
            more = self._work_off(self._split_next, channel, end, parsed)
            read = {"parsed": parsed}
            more |= self._work_off(self._process_next, channel, end, read, deque())
        if more:
            channel._wake("_job_edi_work")
        return True

    def _work_off(self, step, channel, end, *more):
        """:return: whether there may be more to do"""
        while retry_on_conflict(lambda: step(channel, *more)):
            if time.monotonic() > end:
                return True
        return False

    # ----------------------------------------------------------------- files
    def _split_next(self, channel, parsed=None):
        """:param parsed: takes what the big documents of the last file say
        :return: whether there was a file"""
        with own_transaction(self.env) as env:
            file = self._next(env, "channel.edi.file", channel, "new")
            if not file:
                return False
            if parsed:
                # one file's at the most are kept in memory
                parsed.clear()
            try:
                with env.cr.savepoint():
                    env["channel.edi.splitter"]._split(file, parsed)
            except CONFLICTS:
                raise
            except Exception as error:  # pylint: disable=broad-except
                # one file that breaks us must not stop all that come after it
                _logger.exception("file %s could not be split", file.id)
                env["channel.edi.splitter"]._refuse_file(
                    file, f"{type(error).__name__}: {error}"
                )
        return True

    def _next(self, env, model, channel, state):
        records = env[model]
        rows = env.execute_query(
            SQL(
                """
                SELECT id FROM %s WHERE channel_id = %s AND state = %s
                 ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
                """,
                SQL.identifier(records._table),
                channel.id,
                state,
            )
        )
        return records.browse(rows[0]) if rows else records

    # ------------------------------------------------------------- documents
    def _process_next(self, channel, read, ahead):
        """:param read: the documents of the interchange that was read last, and what
            big ones say (``parsed``)
        :param ahead: (id, kind) of the documents that come next
        :return: whether there was a document"""
        if not ahead:
            ahead.extend(self._look_ahead(channel))
        if not ahead:
            return False
        document_id, kind = ahead[0]
        # orders are captured as the base's intake does it; stock is moved as Odoo does
        captured = kind in ORDERS
        with own_transaction(self.env, read_committed=captured) as env:
            document = self._lock_new(env, document_id)
            if document and captured:
                env.cr.execute(SQL("SET LOCAL lock_timeout = %s", LOCK_PATIENCE))
            if document:
                env["channel.edi.worker"]._process(document, read)
        ahead.popleft()
        return True

    def _look_ahead(self, channel):
        """Which come next: each has a transaction of its own, of its own kind."""
        with own_transaction(self.env) as env:
            return env.execute_query(
                SQL(
                    """
                    SELECT id, kind FROM channel_edi_document
                     WHERE channel_id = %s AND state = 'new'
                     ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
                    """,
                    channel.id,
                    AHEAD,
                )
            )

    def _lock_new(self, env, document_id):
        """:return: the document; empty where a person was first"""
        documents = env["channel.edi.document"]
        rows = env.execute_query(
            SQL(
                """
                SELECT id FROM channel_edi_document
                 WHERE id = %s AND state = 'new' FOR UPDATE SKIP LOCKED
                """,
                document_id,
            )
        )
        return documents.browse(rows[0]) if rows else documents

    def _process(self, document, read):
        """Process one document, in the present transaction."""
        try:
            with self.env.cr.savepoint():
                value = self._parse(document, read)
                self._handler(document, value)(document, value)
        except Parked as error:
            self._park(document, str(error))
        except (Held, UserError, EdiError, exceptions.ChannelError) as error:
            document._hold(str(error))
        except CONFLICTS:
            raise
        except Exception as error:  # pylint: disable=broad-except
            # one document that breaks us must not stop all that come after it
            _logger.exception("document %s could not be processed", document.id)
            document._hold(f"{type(error).__name__}: {error}", state="dead")
        else:
            self._unpark(document)

    def _parse(self, document, read):
        """:return: what the document says, an object of ``schemas``"""
        agreement = document.agreement_id
        options = agreement._get_options()
        if agreement.standard == "table":
            return base_schemas.load(CLASSES[document.kind], document._values())
        if value := read.get("parsed", {}).pop(document.id, None):
            return value
        interchange = document.interchange_id
        if read.get("id") != interchange.id:
            # what was read is big: one at a time
            read.clear()
            found = next(codec.read(interchange._bytes(), DEFAULT))
            read.update(
                id=interchange.id,
                documents={each.position: each for each in found.documents},
            )
        return codec.parse(read["documents"][document.position], options)

    def _handler(self, document, value):
        """The one dispatch point for what a document says."""
        name = f"_take_{_snake(type(value).__name__)}"
        of_role = getattr(self, f"{name}_{document.channel_id.edi_role}", None)
        handler = of_role or getattr(self, name, None)
        if not handler:
            raise Held(
                self.env._(
                    "Documents of this kind are not processed. Discard it, or install "
                    "the addon for this role of the partner."
                )
            )
        return handler

    def _key_of(self, value):
        """The business number that a document is about, by which later ones find it.

        Hook: addons add what they process.
        """
        number = getattr(value, "number", "") or getattr(value, "order_number", "")
        release = getattr(value, "release", "")
        return f"{number}/{release}" if release else number or False

    # -------------------------------------------------------------- waiting
    def _park(self, document, words):
        minutes = document.agreement_id.park_minutes
        now = fields.Datetime.now()
        until = fields.Datetime.add(document.received_at or now, minutes=minutes)
        if until <= now:
            return document._hold(
                self.env._(
                    "%(words)s It has waited for %(minutes)s minutes.",
                    words=words,
                    minutes=minutes,
                )
            )
        return document.write(
            {"state": "parked", "parked_until": until, "error": words}
        )

    def _unpark(self, document):
        """What has waited for this one goes on."""
        if not document.business_key:
            return
        waiting = document.search(
            [
                ("agreement_id", "=", document.agreement_id.id),
                ("business_key", "=", document.business_key),
                ("state", "=", "parked"),
            ],
            order="id",
        )
        waiting.write({"state": "new"})

    @api.model
    def _follow_time(self):
        """Recovery: what has waited too long is told to a person."""
        late = self.env["channel.edi.document"]._lock_due(
            [("state", "=", "parked"), ("parked_until", "<=", fields.Datetime.now())]
        )
        late.write({"state": "new"})
        late.channel_id._wake("_job_edi_work")

    # --------------------------------------------------------------- handlers
    def _take_purchase_order(self, document, order):
        self.env["channel.edi.orders"]._take_order(document, order)

    def _take_order_change(self, document, change):
        self.env["channel.edi.orders"]._take_change(document, change)

    def _take_advice(self, document, advice):
        """824, 864, APERAK: the partner says what is wrong with documents of ours."""
        texts = "; ".join(advice.texts)
        about = document.browse()
        for index, item in enumerate(advice.items):
            found = self._find_advised(document, item)
            if item.status in ("rejected", "errors"):
                if item.status == "rejected":
                    found.declined = True
                self._report_advice(document, item, index, found, texts)
                about = about or found
        return document._finish(about or None, error=texts[:1000] or False)

    def _find_advised(self, document, item):
        """The document of ours that ``item`` (schemas.AdviceItem) is about: by its
        control numbers where they are told, else the last of that business number."""
        mine = [
            ("agreement_id", "=", document.agreement_id.id),
            ("direction", "=", "out"),
        ]
        found = document.browse()
        if item.group.isdigit() and item.document:
            found = document.search(
                [
                    *mine,
                    ("group_number", "=", str(int(item.group))),
                    ("number", "=", item.document),
                ],
                order="id desc",
                limit=1,
            )
        if not found and item.subject:
            kind = item.subject_kind
            of_kind = [("kind", "=", kind)] if kind in CLASSES else []
            found = document.search(
                [
                    *mine,
                    *of_kind,
                    "|",
                    ("business_key", "=", item.subject),
                    ("number", "=", item.document or item.subject),
                ],
                order="id desc",
                limit=1,
            )
        return found

    def _report_advice(self, document, item, index, about, texts):
        words = "; ".join(filter(None, (*item.texts, *item.codes, texts)))
        if item.status == "errors":
            advice = self.env._(
                "It counts there all the same: nothing is sent again. Agree with the "
                "partner, then resolve this."
            )
        else:
            advice = self.env._(
                "Correct what it says, or agree with the partner, then press Send "
                "Anew on the document: it gets new numbers."
            )
        self.env["channel.exception"]._report(
            document.channel_id,
            "edi_document",
            key=f"edi_advice:{document.id}:{index}",
            record=about or document,
            message=self.env._(
                "%(partner)s refuses %(kind)s %(subject)s: %(words)s",
                partner=document.agreement_id.name,
                kind=item.subject_kind or "",
                subject=item.subject or self.env._("(not named)"),
                words=words or item.status_code,
            )
            if item.status == "rejected"
            else self.env._(
                "%(partner)s finds fault with %(kind)s %(subject)s: %(words)s",
                partner=document.agreement_id.name,
                kind=item.subject_kind or "",
                subject=item.subject or self.env._("(not named)"),
                words=words or item.status_code,
            ),
            suggestion=advice,
        )


def _snake(name):
    """
    >>> _snake("PurchaseOrder"), _snake("Ack")
    ('purchase_order', 'ack')
    """
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in name)[1:]
