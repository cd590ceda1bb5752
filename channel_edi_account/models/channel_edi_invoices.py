# SPDX-License-Identifier: AGPL-3.0-or-later
import logging
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.channel_edi import schemas
from odoo.addons.channel_edi.lib.errors import EdiError
from odoo.addons.channel_edi.mapper import line_id, part_of
from odoo.addons.channel_inventory_base import exceptions
from odoo.addons.channel_inventory_base import schemas as base_schemas
from odoo.addons.channel_inventory_base.db.transaction import (
    CONFLICTS,
    own_transaction,
    retry_on_conflict,
)
from odoo.addons.channel_inventory_base.lib.one_line import one_line

_logger = logging.getLogger(__name__)

INVOICES = ("810", "INVOIC")
NOTICES = ("856", "DESADV")
UNSENT = ("waiting", "ready")
REFUSALS = (UserError, EdiError, exceptions.ChannelError)
BATCH = 200
"""Waiting invoices that are looked at in one transaction."""


class ChannelEdiInvoices(models.AbstractModel):
    """Tells a retailer of posted invoices and credit notes, each once.

    The document is written in the transaction that posts the invoice, under a key of
    it, with what it says then. It waits there until its goods have left, or were told
    by a ship notice, as was agreed. What an accountant does to an invoice afterwards
    either comes to the same or is told to a person, for the partner has it.
    """

    _name = "channel.edi.invoices"
    _description = "EDI Invoices"

    # ---------------------------------------------------------------- which
    @api.model
    def _is_told(self, channel):
        """Whether the partner of ``channel`` gets invoices by documents."""
        if not channel._is_edi():
            return False
        return "810" in self.env["channel.adapter.edi"]._get_outgoing_kinds(channel)

    def _find_orders(self, move):
        """:return: the EDI orders that an invoice is of, whose partners are told"""
        return move._find_channel_orders().filtered(
            lambda order: self._is_told(order.channel_id)
        )

    @api.model
    def _find_documents(self, move):
        """All documents of an invoice, the oldest first."""
        return self.env["channel.edi.document"].search(
            [
                ("res_model", "=", move._name),
                ("res_id", "=", move.id),
                ("kind", "in", INVOICES),
            ],
            order="id",
        )

    # ----------------------------------------------------------------- tell
    @api.model
    def _tell(self, move):
        """Write the document of a posted invoice, in this transaction."""
        orders = self._find_orders(move)
        if not orders:
            return
        known = self._find_documents(move)
        if there := known.filtered(lambda each: each._is_at_partner()):
            self._compare(there[-1:], move)
            return
        last = known[-1:]
        if last and last.state not in (*UNSENT, "void"):
            # refused, and the exception says how it goes on; or a person gave it up
            return
        self._fill(last or self._open(move, orders), move)

    def _open(self, move, orders):
        """A document that is not to be sent yet."""
        agreement = self._find_agreement(orders[:1])
        kind = agreement._kind_name("810")
        return self.env["channel.edi.document"].create(
            {
                "agreement_id": agreement.id,
                "channel_id": agreement._channel_of(kind).id,
                "direction": "out",
                "kind": kind,
                "source": f"move:{move.id}",
                "business_key": move.name,
                "state": "void",
                "res_model": move._name,
                "res_id": move.id,
            }
        )

    def _find_agreement(self, order):
        """That by whose document the order came, else the channel's."""
        came = self.env["channel.edi.document"].search(
            [
                ("channel_id", "=", order.channel_id.id),
                ("direction", "=", "in"),
                ("order_id", "=", order.id),
            ],
            order="id desc",
            limit=1,
        )
        agreements = self.env["channel.edi.agreement"]
        return came.agreement_id or agreements._get_of_channel(order.channel_id.id)

    def _find_ordered(self, order):
        """:return: (agreement, schemas.PurchaseOrder), None where it did not come by a
        document"""
        orders = self.env["channel.edi.orders"]
        return orders._get_ordered(order.channel_id, order.external_id)

    def _fill(self, document, move):
        """Write what it says, and whether it may go; else a person is told why not."""
        if self._is_credited_unsent(document, move):
            return
        try:
            # what is wrong with it keeps nobody from posting the invoice
            with self.env.cr.savepoint():
                self._fill_in(document, move)
        except CONFLICTS:
            raise
        except REFUSALS as error:
            self._hold(document, str(error))
        except Exception as error:  # pylint: disable=broad-except
            # an invoice that breaks us must be posted all the same
            _logger.exception("invoice %s could not be written", move.id)
            self._hold(document, f"{type(error).__name__}: {error}")

    def _fill_in(self, document, move):
        invoice = self._write_invoice(move)
        document.write(
            {
                "payload": base_schemas.dumps(invoice),
                "business_key": invoice.number,
                "order_id": self._find_orders(move).id,
                "state": "ready",
                "error": False,
            }
        )
        self._check_may_go(document)

    def _write_invoice(self, move):
        """:return: schemas.Invoice
        :raise UserError, EdiError, ChannelError: it cannot be told as it is"""
        orders = self._find_orders(move)
        if len(orders) != 1 or move._get_sold_lines().order_id != orders.sale_order_id:
            raise UserError(
                self.env._(
                    "%s is of several orders, and a partner takes one order an "
                    "invoice. Credit it and invoice each order alone.",
                    move.name,
                )
            )
        agreement, ordered = self._find_ordered(orders)
        if not ordered:
            raise UserError(
                self.env._(
                    "%s did not come by a document: its invoice cannot be told by one.",
                    orders.name,
                )
            )
        writer = self.env["channel.edi.invoice.writer"]
        return writer._write_invoice(move, orders, agreement, ordered)

    def _hold(self, document, words):
        document._hold(
            words,
            category="edi_invoice",
            state="void",
            suggestion=self.env._(
                "The partner was not told. Correct the invoice or the agreement, then "
                "press Send Anew on the document; or send it another way and resolve "
                "this."
            ),
        )

    # ------------------------------------------------------------------ wait
    def _check_may_go(self, document):
        """Let it be sent, or wait: with the reason, and until a person is told."""
        if missing := self._find_missing(document):
            hours = document.agreement_id.invoice_hours
            until = fields.Datetime.now() + timedelta(hours=hours)
            document.write(
                {"state": "waiting", "error": missing, "parked_until": until}
            )
            return False
        document.write({"state": "ready", "error": False, "parked_until": False})
        self.env["channel.exception"]._resolve_record(document)
        document.channel_id._wake("_job_edi_send")
        return True

    def _find_missing(self, document):
        """:return: why it may not be sent yet; "" where it may"""
        move = self.env["account.move"].browse(document.res_id)
        agreement, order = document.agreement_id, document.order_id
        if document._values().get("credit"):
            return self._find_unsent_origin(move)
        if agreement.invoice_when == "posted":
            return ""
        by_notice = agreement.invoice_when != "shipped" and bool(
            agreement._terms_of(agreement._kind_name("856"), "out")
        )
        accepted = agreement.invoice_when == "accepted"
        told = self._count_noticed(order, agreement, accepted) if by_notice else None
        for line, units in self._count_invoiced(order, move).items():
            if told is None:
                known = Decimal(str(round(line._shipped_here(), 6)))
            else:
                known = Decimal(told[line])
            if units > known:
                return self._get_missing_message(
                    line, units, known, by_notice, accepted
                )
        return ""

    def _get_missing_message(self, line, units, told, by_notice, accepted):
        values = {
            "line": line.sku or line.title or line.external_id,
            "units": f"{units.normalize():f}",
            "told": f"{told.normalize():f}",
        }
        if not by_notice:
            return self.env._(
                "%(line)s: %(units)s invoiced, %(told)s have left.", **values
            )
        if accepted:
            return self.env._(
                "%(line)s: %(units)s invoiced, ship notices of %(told)s were "
                "acknowledged.",
                **values,
            )
        return self.env._(
            "%(line)s: %(units)s invoiced, ship notices of %(told)s were sent.",
            **values,
        )

    def _find_unsent_origin(self, move):
        """A credit note goes behind the invoice that it credits."""
        origin = self._find_documents(move.reversed_entry_id)
        if origin and not any(each._is_at_partner() for each in origin):
            return self.env._(
                "The partner does not have %s, which it credits.",
                move.reversed_entry_id.name,
            )
        return ""

    def _is_credited_unsent(self, document, move):
        """Of an invoice that the partner does not have, its full credit note takes back
        what nobody has asked for: neither is told."""
        origin = move.reversed_entry_id
        if not origin or origin.amount_total != move.amount_total:
            return False
        theirs = self._find_documents(origin)
        if not theirs or any(each._is_at_partner() for each in theirs):
            return False
        self._void(
            theirs.filtered(lambda each: each.state in (*UNSENT, "void")),
            self.env._("Credited by %s before the partner had it.", move.name),
        )
        # of one that was refused nothing is to be done any more
        self.env["channel.exception"]._resolve_record(theirs)
        self._void(
            document,
            self.env._("The partner does not have %s, which it credits.", origin.name),
        )
        return True

    def _void(self, documents, words):
        documents.write({"state": "void", "error": words, "parked_until": False})
        self.env["channel.exception"]._resolve_record(documents)

    def _count_invoiced(self, order, move):
        """Units that invoices up to this one have, less what was credited.

        :return: {channel.order.line: Decimal}, of the lines of ``move`` only
        """
        units = Counter()
        lines = order.sale_order_id.order_line.invoice_lines.filtered(
            lambda each: each.parent_state == "posted" and each.move_id.id <= move.id
        )
        for each in lines:
            line = each.sale_line_ids.channel_order_line_id[:1]
            if line and each.product_id.type == "consu":
                sign = -1 if each.move_id.move_type == "out_refund" else 1
                units[line] += sign * self._count_units(line, each)
        own = move.invoice_line_ids.sale_line_ids.channel_order_line_id
        return {
            line: Decimal(str(round(count, 6)))
            for line, count in units.items()
            if line in own
        }

    @api.model
    def _count_units(self, line, move_line):
        """Units that a channel's line is counted in, of an invoice line."""
        stock = move_line.product_uom_id._compute_quantity(
            move_line.quantity, move_line.product_id.uom_id, round=False
        )
        return line._to_units(stock)

    def _count_noticed(self, order, agreement, accepted):
        """Units that ship notices have told and the partner has not refused.

        :return: Counter {channel.order.line: Decimal}
        """
        notices = self.env["channel.edi.document"].search(
            [
                ("order_id", "=", order.id),
                ("direction", "=", "out"),
                ("kind", "in", NOTICES),
                ("state", "=", "sent"),
                ("ack_state", "!=", "rejected"),
                ("declined", "!=", True),
            ]
        )
        notices -= notices.search([("corrects_id", "in", notices.ids)]).corrects_id
        if accepted and agreement._awaits_ack(agreement._kind_name("856")):
            notices = notices.filtered(
                lambda each: each.ack_state in ("accepted", "errors")
            )
        lines = {line.external_id: line for line in order.line_ids}
        _agreement, ordered = self._find_ordered(order)
        parts = {line_id(each): each for each in ordered.lines} if ordered else {}
        told = Counter()
        for notice in notices:
            value = base_schemas.load(schemas.ShipNotice, notice._values())
            for item in (
                item
                for each in value.orders
                for pack in each.packs
                for item in pack.items
            ):
                key = _find_line(parts, item)
                if key in lines:
                    told[lines[key]] += item.quantity / part_of(parts[key])
        return told

    # --------------------------------------------------------------- release
    @api.model
    def _release_of(self, channel):
        """Look at invoices that wait, the longest not looked at first.

        :return: whether one may go now
        """
        return retry_on_conflict(lambda: self._release_batch(channel))

    def _release_batch(self, channel):
        with own_transaction(self.env) as env:
            rows = env.execute_query(
                SQL(
                    """
                    SELECT id FROM channel_edi_document
                     WHERE channel_id = %s AND state = 'waiting'
                     ORDER BY processed_at NULLS FIRST, id
                     LIMIT %s FOR UPDATE SKIP LOCKED
                    """,
                    channel.id,
                    BATCH,
                )
            )
            documents = env["channel.edi.document"].browse([row[0] for row in rows])
            return env["channel.edi.invoices"]._release(documents)

    def _release(self, documents):
        """:return: whether one of them may go now"""
        return any([self._look_at(document) for document in documents])

    def _look_at(self, document):
        move = self.env["account.move"].browse(document.res_id).exists()
        if move.state != "posted":
            self._void(document, self.env._("The invoice is not posted any more."))
            return False
        until = document.parked_until
        try:
            with self.env.cr.savepoint():
                may_go = self._check_may_go(document)
        except CONFLICTS:
            raise
        except Exception as error:  # pylint: disable=broad-except
            # one invoice that breaks us must not keep the others back
            _logger.exception("invoice %s could not be looked at", move.id)
            self._hold(document, f"{type(error).__name__}: {error}")
            return False
        if not may_go:
            # it waits since it was posted, not since it was looked at
            document.write(
                {"parked_until": until, "processed_at": fields.Datetime.now()}
            )
        return may_go

    @api.model
    def _watch(self):
        """Recovery: what waits is looked at, what waits too long is told once."""
        documents = self.env["channel.edi.document"]
        waiting = documents._read_group([("state", "=", "waiting")], ["channel_id"])
        for [channel] in waiting:
            channel._wake("_job_edi_send")
        late = documents._lock_due(
            [
                ("state", "=", "waiting"),
                ("parked_until", "<=", fields.Datetime.now()),
            ],
            limit=BATCH,
        )
        late.write({"parked_until": False})
        for document in late:
            self.env["channel.exception"]._report(
                document.channel_id,
                "edi_invoice",
                key=f"edi_waits:{document.id}",
                record=document,
                message=self.env._(
                    "%(invoice)s was posted and not sent to %(partner)s: %(why)s",
                    invoice=document.business_key,
                    partner=document.agreement_id.name,
                    why=document.error or "",
                ),
                suggestion=self.env._(
                    "Ship the goods, or see why their ship notice was not sent; it "
                    "goes by itself then. Or press Send Now on the document."
                ),
            )

    # -------------------------------------------------------------- changed
    def _compare(self, document, move):
        """The partner has the invoice, and it is posted once more: is it the same?"""
        try:
            with self.env.cr.savepoint():
                now = self._write_invoice(move)
            why = ""
        except REFUSALS as error:
            now, why = None, one_line(str(error))
        before = base_schemas.load(schemas.Invoice, document._values())
        if now is not None and _essence(now) == _essence(before):
            self._resolve(document)
            return
        self._report_changed(
            document,
            self.env._(
                "%(invoice)s was changed after it was sent to %(partner)s, which has "
                "%(before)s; here it is %(now)s. %(why)s",
                invoice=move.name,
                partner=document.agreement_id.name,
                before=before.total,
                now=f"{move.amount_total:.2f}",
                why=why,
            ),
            self._get_changed_advice(document),
        )

    def _get_changed_advice(self, document):
        if document.agreement_id.replaces_invoices:
            return self.env._(
                "Press Send Anew on the document: it is marked as a replacement. Or "
                "make the invoice again what it was."
            )
        return self.env._(
            "Make the invoice again what it was and post a credit note or a second "
            "invoice for the difference, which are sent by themselves; or agree with "
            "the partner and resolve this."
        )

    def _report_changed(self, document, message, suggestion):
        self.env["channel.exception"]._report(
            document.channel_id,
            "edi_invoice",
            key=f"edi_changed:{document.id}",
            record=document,
            message=message,
            suggestion=suggestion,
        )

    def _resolve(self, document):
        self.env["channel.exception"]._resolve_keys(
            document.channel_id, [f"edi_changed:{document.id}"]
        )

    @api.model
    def _withdraw(self, move):
        """An invoice is reset to draft or cancelled: what was not sent is not sent, and
        of what was a person is told."""
        documents = self._find_documents(move)
        if not documents:
            return
        # the sender may be at it: whoever comes second sees what the first has done
        self.env.execute_query(
            SQL(
                "SELECT id FROM channel_edi_document WHERE id = ANY(%s) FOR UPDATE",
                documents.ids,
            )
        )
        documents.invalidate_recordset(["state", "ack_state"])
        unsent = documents.filtered(lambda each: each.state in (*UNSENT, "void"))
        self._void(unsent, self.env._("The invoice was withdrawn before it was sent."))
        for document in documents.filtered(lambda each: each._is_at_partner())[-1:]:
            cancelled = move.state == "cancel"
            self._report_changed(
                document,
                self.env._(
                    "%(invoice)s was cancelled after it was sent to %(partner)s, which "
                    "still has it.",
                    invoice=document.business_key,
                    partner=document.agreement_id.name,
                )
                if cancelled
                else self.env._(
                    "%(invoice)s was reset to draft after it was sent to %(partner)s, "
                    "which still has it.",
                    invoice=document.business_key,
                    partner=document.agreement_id.name,
                ),
                self.env._(
                    "Post it again as it was and credit it by a credit note, which is "
                    "sent; or agree with the partner and resolve this."
                ),
            )

    # ------------------------------------------------------------------ anew
    @api.model
    def _may_replace(self, document):
        """Whether a changed invoice may be sent over the one that the partner has."""
        if not document.agreement_id.replaces_invoices:
            return False
        # sudo: whether a person was told, no matter whom
        return bool(
            self.env["channel.exception"]
            .sudo()
            .search_count(
                [
                    ("channel_id", "=", document.channel_id.id),
                    ("key", "=", f"edi_changed:{document.id}"),
                    ("state", "=", "open"),
                ],
                limit=1,
            )
        )

    @api.model
    def _write_anew(self, document):
        """What an invoice says now, for its document that is sent anew.

        :return: payload
        :raise UserError: it is not posted, or cannot be told
        """
        # sudo: operators send again, and need not see invoices
        move = self.env["account.move"].sudo().browse(document.res_id).exists()
        if not move or move.state != "posted":
            raise UserError(
                self.env._(
                    "%s is not posted: there is nothing to send.", document.business_key
                )
            )
        # sudo: as above
        newest = self.sudo()._find_documents(move)[-1:]
        if newest != document and newest.state != "void":
            raise UserError(
                self.env._("%s was sent anew already.", document.business_key)
            )
        try:
            # sudo: as above
            invoice = self.sudo()._write_invoice(move)
        except (EdiError, exceptions.ChannelError) as error:
            raise UserError(str(error)) from error
        if document._is_at_partner():
            invoice = replace(invoice, purpose="replace")
        return base_schemas.dumps(invoice)


def _essence(invoice):
    """What an invoice asks for, whatever stands beside it."""
    lines = tuple(replace(line, refs=(), text="") for line in invoice.lines)
    return replace(
        invoice,
        lines=lines,
        refs=(),
        parties=(),
        dates=schemas.Dates(),
        carrier=None,
        notes=(),
        purpose="original",
    )


def _find_line(parts, item):
    """The id of the order's line that an item of a ship notice is of."""
    if item.number in parts:
        return item.number
    return next((key for key, line in parts.items() if line.ids == item.ids), None)
