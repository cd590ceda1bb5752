# SPDX-License-Identifier: AGPL-3.0-or-later
import json
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from odoo import api, models

from odoo.addons.channel_inventory_base import exceptions, schemas
from odoo.addons.channel_inventory_base.db.transaction import own_transaction
from odoo.addons.channel_inventory_base.lib.events import compact

from ..lib import units
from ..mapper import Terms, Unmappable, order_values
from .channel_edi_agreement import EDIFACT_NAMES
from .channel_edi_orders import customer_ref, load_body

MAX_LISTINGS = 1_000_000
"""A stock document has them all."""
MESSAGES = {"acceptance": "855", "shipment": "856"}
"""Kinds of the base's messages and the documents that tell them."""


class ChannelAdapterEdi(models.AbstractModel):
    """What the base may ask of a trading partner.

    A partner is spoken to by documents: what is sent is stored as one and done when it
    is stored; what its software says of it later stands at the document. Orders come in
    by documents, never by asking.
    """

    _name = "channel.adapter.edi"
    _inherit = "channel.adapter"
    _description = "Channel Adapter: EDI"

    _service_name = "EDI"

    @api.model
    def _channel_capabilities(self, channel):
        role = getattr(self, f"_get_capabilities_{channel.edi_role}", None)
        return role(channel) if role else self._capabilities()

    def _get_capabilities_retailer(self, channel):
        """A retailer is told what was agreed: without an 846 no numbers, without an 855
        no answer, without an 856 no shipments."""
        wanted = self._get_outgoing_kinds(channel)
        messages = tuple(
            kind for kind, document in MESSAGES.items() if document in wanted
        )
        return schemas.Capabilities(
            connects=True,
            fetch=False,
            push_levels="846" in wanted,
            idempotent=True,
            snapshot=True,
            batch_size=MAX_LISTINGS,
            messages=messages,
            repeatable=messages,
            answers_lines=True,
            whole_shipments=True,
            tells_over=True,
            overtakes=True,
        )

    def _get_outgoing_kinds(self, channel):
        """:return: set of kinds that the partner gets, as X12 calls them"""
        # sudo: agreements are read for the channel, by jobs
        agreements = self.env["channel.edi.agreement"].sudo()
        terms = agreements._get_all_of_channel(channel.id).document_ids
        names = {name: kind for kind, name in EDIFACT_NAMES.items()}
        kinds = terms.filtered(lambda each: each.direction == "out").mapped("kind")
        return {names.get(kind, kind) for kind in kinds}

    # ---------------------------------------------------------- connection
    @api.model
    def _test_connection(self, channel):
        warnings = []
        # sudo: mailboxes are seen by managers
        own = channel.sudo()
        agreements = own.env["channel.edi.agreement"]._get_all_of_channel(channel.id)
        for mailbox in own.edi_mailbox_ids | agreements.mailbox_id:
            if mailbox.kind == "manual":
                warnings.append(
                    self.env._("%s: files are exchanged by hand", mailbox.name)
                )
                continue
            with mailbox._reached() as place:
                place.check()
        if not agreements:
            raise exceptions.ConfigurationError(
                self.env._(
                    "%s has no agreement. Make one from a sample file, or by hand.",
                    channel.name,
                )
            )
        return schemas.ConnectionInfo(
            account_name=channel.name,
            account_ref=agreements[0].their_id or channel.name,
            currency=channel.currency_id.name or "",
            warnings=tuple(warnings),
        )

    # -------------------------------------------------------------- orders
    @api.model
    def _parse_order(self, channel, body):
        return self._load_order(channel, body)

    @api.model
    def _salvage_order(self, channel, body):
        """All but what cannot be told: prices."""
        try:
            return self._load_order(channel, body, salvage=True)
        except exceptions.MalformedDataError:
            return None

    def _load_order(self, channel, body, salvage=False):
        try:
            values, order = load_body(body)
            terms = self._prepare_terms(channel, values["agreement"])
            if salvage:
                order = _unpriced(order)
            mapped = order_values(
                order, values["ref"], values["version"], terms, values["test"]
            )
        except Unmappable as error:
            raise exceptions.MalformedDataError(str(error), path=error.path) from error
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise exceptions.MalformedDataError(
                self.env._("This is no order of an EDI document: %s", error)
            ) from error
        return schemas.load(schemas.OrderData, dict(mapped, complete=not salvage))

    def _prepare_terms(self, channel, agreement_id):
        # sudo: agreements are read for the channel, by jobs
        agreement = self.env["channel.edi.agreement"].sudo().browse(agreement_id)
        standard = "edifact" if agreement.standard == "edifact" else "x12"
        sizes = []
        for code in agreement.code_ids.filtered(lambda each: each.kind == "unit"):
            size = _size(code.meaning, standard)
            if size:
                sizes.append((code.code, size))
        return Terms(
            standard=standard,
            sizes=tuple(sizes),
            counts_down=channel.edi_counts_down,
            currency=channel.currency_id.name or "",
            customer=customer_ref(agreement),
            taxed_by="channel" if channel.charges_no_tax else "added",
        )

    # -------------------------------------------------------------- levels
    @api.model
    def _prepare_push(self, channel, entries, reference):
        """All numbers of the partner, as one 846."""
        report = self.env["channel.edi.answers"]._prepare_stock(
            entries, reference, complete=True
        )
        lines = [entry.line_id for entry in entries]
        return compact({"lines": lines, "report": schemas.dump(report, sparse=True)})

    @api.model
    def _push_levels(self, channel, payload, key):
        """Done when the document is stored: what the partner's software says of it
        stands there, and a document that it refuses is sent again with the numbers of
        then."""
        values = json.loads(payload)
        report = values["report"]
        # it is read once, when it is written for the partner: it has all numbers
        name = self._queue_document(
            channel,
            "846",
            key,
            lambda _env, _agreement: compact(report),
            business_key=report["number"],
        )
        results = tuple(
            schemas.LineResult(line_id, "acked") for line_id in values["lines"]
        )
        return schemas.PushResult(results=results, answer=name)

    # ------------------------------------------------------------ messages
    @api.model
    def _send_acceptance(self, channel, data, attempt):
        return self._send_document(
            channel,
            "855",
            data,
            attempt,
            lambda env, _agreement: env["channel.edi.answers"]._prepare_answer(
                channel.with_env(env), data
            ),
        )

    @api.model
    def _send_shipment(self, channel, data, attempt):
        def prepare(env, agreement):
            answers = env["channel.edi.answers"]
            [number] = env["channel.edi.counter"]._take(agreement, "shipment")
            return answers._prepare_notice(
                channel.with_env(env),
                data,
                f"{number:08d}",
                answers._get_ssccs(channel.with_env(env), agreement, data),
            )

        return self._send_document(channel, "856", data, attempt, prepare)

    @api.model
    def _find_message(self, channel, kind, data, attempt):
        """Stored, or not: there is nothing between."""
        with own_transaction(self.env) as env:
            found = env["channel.edi.document"].search(
                [("channel_id", "=", channel.id), ("source", "=", attempt.key)], limit=1
            )
            if not found:
                return None
            return schemas.MessageResult(status="done", ref=_name(found))

    def _send_document(self, channel, kind, data, attempt, prepare):
        with own_transaction(self.env) as env:
            order = env["channel.order"].search(
                [
                    ("channel_id", "=", channel.id),
                    ("external_id", "=", data.order_ref),
                ]
            )
        name = self._queue_document(
            channel,
            kind,
            attempt.key,
            prepare,
            order_id=order.id,
            business_key=data.order_ref,
        )
        return schemas.MessageResult(status="done", ref=name)

    def _queue_document(self, channel, kind, source, prepare, **values):
        """Store a document to be sent, committed when this returns. One that is stored
        already is not made again: it has its numbers.

        :param kind: of X12; the agreement's standard may call it otherwise
        :param source: what makes it unique
        :param prepare: function (env, agreement) that gives what it says, see
            ``channel.edi.document._queue``
        :return: its name
        """
        with own_transaction(self.env) as env:
            agreement = env["channel.edi.agreement"]._get_of_channel(channel.id)
            if not agreement:
                raise exceptions.ConfigurationError(
                    self.env._("%s has no agreement.", channel.name)
                )
            documents = env["channel.edi.document"]
            known = documents._find_queued(agreement, kind, source)
            document = known or documents._queue(
                agreement, kind, source, prepare(env, agreement), **values
            )
            return _name(document)


def _name(document):
    """What the base keeps of a document that was stored."""
    return f"{document.kind}:{document.id}"


def _size(text, standard):
    """Pieces in a unit by what the agreement says of it: a number, or another code.

    >>> _size("12", "x12"), _size("DZ", "x12"), _size("CA", "x12"), _size("", "x12")
    (Decimal('12'), Decimal('12'), None, None)
    """
    try:
        number = Decimal(text or "")
        return number if number.is_finite() and number > 0 else None
    except InvalidOperation:
        return units.unit((text or "").strip(), standard).size


def _unpriced(order):
    lines = tuple(replace(line, price=None) for line in order.lines)
    return replace(order, lines=lines)
