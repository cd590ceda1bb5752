# SPDX-License-Identifier: AGPL-3.0-or-later
import json
from dataclasses import replace
from datetime import timedelta, timezone

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.channel_inventory_base import schemas as base_schemas
from odoo.addons.channel_inventory_base.lib.events import compact

from .. import schemas
from ..kinds import CLASSES
from ..lib import fold, split
from .channel_edi_worker import Held, Parked

ORDERS = ("850", "ORDERS")
HOLD_NOTHING = ("blanket", "blanket_estimate")
"""Types of orders that are frames: what they name is ordered by releases."""
TELLS_AGAIN = ("confirmation", "duplicate", "information")
MODES = {"split": "places", "mark": "head", "whole": "lines"}
"""Settings of a channel, and how ``lib.split`` calls them."""


class ChannelEdiOrders(models.AbstractModel):
    """Makes orders of the base out of purchase orders and their changes.

    An order is the fold of all its documents, in whatever order they came; each new one
    makes an event with the whole of it. So a replay of events changes nothing, and a
    change that comes twice is counted once. Captured in the document's own transaction:
    from its commit on the goods are held.
    """

    _name = "channel.edi.orders"
    _description = "Orders out of EDI Documents"

    @api.model
    def _take_order(self, document, order):
        """:param order: schemas.PurchaseOrder"""
        known = self._find_documents(document)
        original = known.filtered(lambda each: each.digest == document.digest)
        if original:
            return self._ignore(
                document, self.env._("The same as %s", original[0].display_name)
            )
        if order.type in HOLD_NOTHING:
            return self._ignore(
                document,
                self.env._("A blanket order: nothing is owed before it is released."),
            )
        if order.purpose in TELLS_AGAIN:
            if not known:
                raise Held(
                    self.env._(
                        "It repeats an order that never came. Ask the partner for the "
                        "original."
                    )
                )
            return self._ignore(document, self.env._("It repeats a known order."))
        firsts = known.filtered(lambda each: each.kind == document.kind)
        if firsts and order.purpose == "original":
            raise Held(
                self.env._(
                    "Order %(number)s is known since %(when)s with another content. "
                    "Ask the partner which of them counts; a changed order is sent as "
                    "a change.",
                    number=order.number,
                    when=firsts[-1].received_at,
                )
            )
        return self._capture(document, order, known)

    @api.model
    def _take_change(self, document, change):
        """:param change: schemas.OrderChange"""
        known = self._find_documents(document)
        if same := known.filtered(lambda each: each.digest == document.digest):
            return self._ignore(
                document, self.env._("The same as %s", same[0].display_name)
            )
        if not known.filtered(lambda each: each.kind in ORDERS):
            raise Parked(self.env._("Order %s has not come yet.", change.number or "?"))
        return self._capture(document, change, known)

    def _ignore(self, document, words):
        document._finish(state="ignored", error=words)

    def _find_documents(self, document):
        """What has been taken of the same order, oldest first."""
        return document._find_taken(("850", "860", "ORDERS", "ORDCHG"))

    # --------------------------------------------------------------- capture
    def _capture(self, document, value, known):
        """:param value: what ``document`` says
        :param known: documents of the same order that were taken before"""
        whole = self._fold(document, value, known)
        channel = document.channel_id
        parts = self._split(channel, document, whole)
        gone = {ref for each in known for ref in each.order_refs or ()} - parts.keys()
        for ref in sorted(gone):
            # a place that the order does not name any more
            parts[ref] = replace(whole, purpose="cancel")
        self._bind_customer(document)
        document.payload = base_schemas.dumps(value)
        events = [
            self._prepare_event(document, ref, order) for ref, order in parts.items()
        ]
        inbox = self.env["channel.inbox.event"]
        inbox._store(channel, events, "file")
        for event in events:
            # one that somebody else is at stays new, for the intake
            inbox._find_by_key(channel, event.key)._process()
        orders = self.env["channel.order"].search(
            [("channel_id", "=", channel.id), ("external_id", "in", list(parts))]
        )
        document._finish(order_id=orders[:1].id, order_refs=sorted(parts))
        channel._wake("_job_intake")

    def _fold(self, document, value, known):
        """:return: schemas.PurchaseOrder, as all its documents together want it
        :raise Parked, Held: this document does not fit the others
        """
        pieces = [self._piece(each, self._load(each)) for each in known]
        before = fold.fold(pieces)
        after = fold.fold([*pieces, self._piece(document, value)])
        if after.order is None:
            raise Parked(self.env._("Its order has not come yet."))
        news = [each for each in after.problems if each not in before.problems]
        if news:
            words = self._get_problem_messages()
            raise Held("; ".join(words[kind] % place for kind, place in news))
        return _as_wanted(after)

    def _get_problem_messages(self):
        """:return: {kind of ``lib.fold.Folded.problems``: words with a place}"""
        return {
            "missing": self.env._("the order itself is missing (%s)"),
            "conflict": self.env._("number %s came before with another content"),
            "unmatched": self.env._("it changes line %s, which is not there"),
            "cancelled": self.env._("change %s came after the order was cancelled"),
            "unclear": self.env._("nobody knows what %s is for"),
        }

    @staticmethod
    def _piece(document, value):
        interchange = document.interchange_id
        sent = f"{interchange.written or ''} {interchange.number or ''}".strip()
        return fold.Piece(value, sent or str(document.received_at))

    @api.model
    def _get_ordered(self, channel, ref, fits=None):
        """An order as its partner wants it now.

        :param ref: the channel's id of it
        :param fits: function (schemas.PurchaseOrder) that tells whether it is the
            version that is looked for: where that is none, the newest is given
        :return: (agreement, schemas.PurchaseOrder); (None, None) where it did not come
            by a document
        """
        # sudo: documents and agreements are read for the channel, by jobs
        documents = self.env["channel.edi.document"].sudo()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id FROM channel_edi_document
                 WHERE channel_id = %s AND direction = 'in' AND state = 'done'
                   AND order_refs @> to_jsonb(%s::text)
                 ORDER BY id DESC LIMIT 1
                """,
                channel.id,
                ref,
            )
        )
        if not rows:
            return None, None
        last = documents.browse(rows[0])
        known = self._find_documents(last)
        versions = self._get_versions(channel, last, known, ref)
        newest = next(versions, None)
        if newest is None or not fits or fits(newest):
            return last.agreement_id, newest
        return last.agreement_id, next(filter(fits, versions), newest)

    def _get_versions(self, channel, last, known, ref):
        """Yield an order (schemas.PurchaseOrder) as it stands, then as it stood before
        its last change, and so on."""
        pieces = [
            self._piece(each, self._load(each))
            # a change may have come before its order
            for each in known.sorted(lambda each: (each.kind not in ORDERS, each.id))
        ]
        for count in range(len(pieces), 0, -1):
            folded = fold.fold(pieces[:count])
            if folded.order:
                order = self._split(channel, last, _as_wanted(folded)).get(ref)
                if order:
                    yield order

    def _load(self, document):
        """What a document said when it was taken."""
        return base_schemas.load(CLASSES[document.kind], document._values())

    def _split(self, channel, document, order):
        """:return: {the channel's id of an order: schemas.PurchaseOrder}"""
        mode = MODES[channel.edi_ship_to]
        found = split.split(order, mode)
        if found.problems:
            self._report_shares(document, found.problems)
        key = document.business_key
        return {
            f"{key}/{part.code}" if part.code else key: _to_place(part, mode)
            for part in found.parts
        }

    def _report_shares(self, document, problems):
        self.env["channel.exception"]._report(
            document.channel_id,
            "edi_document",
            key=f"edi_shares:{document.id}",
            record=document,
            message=self.env._(
                "%(document)s: the shares of the places do not come to what was "
                "ordered. %(words)s",
                document=document.display_name,
                words="; ".join(f"{line}: {words}" for line, words in problems[:5]),
            ),
            suggestion=self.env._(
                "All of it is held. Ask the partner before anything is shipped."
            ),
        )

    def _bind_customer(self, document):
        """The partner of the agreement is who buys, whatever a document calls it."""
        partner = document.agreement_id.partner_id
        if partner:
            # sudo: jobs link customers, people do it by their own screens
            self.env["channel.partner"].sudo()._bind(
                document.channel_id, customer_ref(document.agreement_id), partner
            )

    def _prepare_event(self, document, ref, order):
        version = self._next_version(document, ref)
        body = {
            "agreement": document.agreement_id.id,
            "ref": ref,
            "version": version.isoformat(),
            "test": document.test,
            "order": base_schemas.dump(order),
        }
        return base_schemas.InboundEvent(
            key=f"{ref}@{document.id}",
            kind="order",
            topic=document.kind,
            body=compact(body),
            ref=ref,
            occurred_at=version,
        )

    def _next_version(self, document, ref):
        """When it was received; later than what is known, where both came within a
        second."""
        order = self.env["channel.order"].search(
            [
                ("channel_id", "=", document.channel_id.id),
                ("external_id", "=", ref),
            ]
        )
        moment = document.received_at or fields.Datetime.now()
        if order.version and order.version >= moment:
            moment = order.version + timedelta(seconds=1)
        return moment.replace(tzinfo=timezone.utc)


def _as_wanted(folded):
    """The order as it stands; cancelled as a whole where it is."""
    return replace(folded.order, purpose="cancel") if folded.cancelled else folded.order


def _to_place(part, mode):
    """The order of one place, which is where it is shipped, or whom it is for."""
    order = part.order
    if not part.code or mode == "lines":
        return order
    role = "ship_to" if mode == "places" else "store"
    party = part.party or schemas.Party(role=role)
    place = replace(party, role=role, qualifier=part.qualifier, code=part.code)
    others = tuple(each for each in order.parties if each.role != role)
    return replace(order, parties=(place, *others))


def customer_ref(agreement):
    """The channel's id of the partner as a customer."""
    return f"edi:{agreement.id}"


def load_body(body):
    """:return: (plain values of the event's body, schemas.PurchaseOrder)"""
    values = json.loads(body)
    return values, base_schemas.load(schemas.PurchaseOrder, values["order"])
