# SPDX-License-Identifier: AGPL-3.0-or-later
import logging
import time

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
            more = self._work_off(self._split_next, channel, end)
            read = {}
            more |= self._work_off(self._process_next, channel, end, read)
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
    def _split_next(self, channel):
        """:return: whether there was a file"""
        with own_transaction(self.env) as env:
            file = self._next(env, "channel.edi.file", channel, "new")
            if not file:
                return False
            try:
                with env.cr.savepoint():
                    env["channel.edi.splitter"]._split(file)
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
    def _process_next(self, channel, read):
        """:param read: the documents of the interchange that was read last
        :return: whether there was a document"""
        with own_transaction(self.env) as env:
            kind = self._next(env, "channel.edi.document", channel, "new").kind
        if not kind:
            return False
        # orders are captured as the base's intake does it; stock is moved as Odoo does
        captured = kind in ORDERS
        with own_transaction(self.env, read_committed=captured) as env:
            document = self._next(env, "channel.edi.document", channel, "new")
            if document.kind != kind:
                return bool(document)
            if captured:
                env.cr.execute(SQL("SET LOCAL lock_timeout = %s", LOCK_PATIENCE))
            env["channel.edi.worker"]._process(document, read)
        return True

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
        interchange = document.interchange_id
        if read.get("id") != interchange.id:
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
        late = self.env["channel.edi.document"].search(
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
            if item.status in ("rejected", "errors"):
                found = self._find_advised(document, item)
                self._report_advice(document, item, index, found, texts)
                about = about or found
        return document._finish(about or None, error=texts[:1000] or False)

    def _find_advised(self, document, item):
        """The document of ours that ``item`` (schemas.AdviceItem) is about."""
        if not item.subject:
            return document.browse()
        return document.search(
            [
                ("agreement_id", "=", document.agreement_id.id),
                ("direction", "=", "out"),
                "|",
                ("business_key", "=", item.subject),
                ("number", "=", item.document or item.subject),
            ],
            order="id desc",
            limit=1,
        )

    def _report_advice(self, document, item, index, about, texts):
        words = "; ".join(filter(None, (*item.texts, *item.codes, texts)))
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
            ),
            suggestion=self.env._("Agree with the partner, then send it anew."),
        )


def _snake(name):
    """
    >>> _snake("PurchaseOrder"), _snake("Ack")
    ('purchase_order', 'ack')
    """
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in name)[1:]
