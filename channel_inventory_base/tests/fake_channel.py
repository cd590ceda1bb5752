# SPDX-License-Identifier: AGPL-3.0-or-later
"""A channel in memory for the base's own tests: compare-and-set, keys, orders, faults.

Stands in for ``channel.adapter.<type>`` through ``ChannelChannel._adapter``. Quantities
are sold units. The connectors are tested against real servers instead.
"""

import dataclasses
import itertools
import json
import threading
from datetime import datetime, timedelta, timezone

from ..exceptions import ForgedError, MalformedDataError, StaleKeyError
from ..lib import salvage, strict_json
from ..schemas import (
    Capabilities,
    ConnectionInfo,
    EventBatch,
    EventPage,
    HeadPage,
    InboundEvent,
    LevelPage,
    LevelSnapshot,
    LevelState,
    LineResult,
    NodeData,
    OrderData,
    OrderHead,
    OrderRef,
    OrderRefPage,
    PushResult,
    SellingResult,
    SettlementData,
    SettlementDocument,
    SettlementLineData,
    SettlementPage,
    load,
)
from .fake_channel_messages import FakeMessages


class FakeChannel(FakeMessages):
    """``levels``: (stock_ref, node_ref) -> number shown."""

    def __init__(self):
        self.lock = threading.RLock()
        self.levels = {}
        self.orders = {}
        self.answers = {}
        self.requests = []
        self.faults = []
        self.rejected = {}
        # orders that it has and does not show us
        self.hidden = set()
        self.asked = []
        self.listings = []
        self.clock = datetime.now(timezone.utc).replace(microsecond=0)
        self.batch_size = 250
        # a channel that cannot compare: what is sent overwrites what it shows
        self.absolute = False
        # called with the entries between reading and writing them
        self.meanwhile = lambda entries: None
        self.settle_seconds = 0
        # orders are pulled by a list of their versions
        self.lists_orders = False
        self.page_size = 250
        self.read = []
        # it fills a queue with events; what was received and not acknowledged is hidden
        self.stream = False
        self.pull_seconds = 0
        self.queue, self.received, self.waits = {}, set(), []
        # what of its subscriptions has to be made again
        self.unsubscribed, self.notices = [], []
        # pages of the stock in its own warehouses
        self.node_stock, self.stock_pages = False, []
        self.receipts = itertools.count()
        # it accepts numbers at once and shows them so many seconds later, in any order:
        # those of ``landing``, oldest first
        self.applies, self.landing = 0, []
        # lanes that answer later: ticket -> entries; what it answers when it has
        self.lanes, self.tickets, self.answered = (), {}, {}
        self.read_levels, self.read_size, self.read_budget = True, 100, 0
        self.messages = ("shipment", "tracking", "cancel", "refund")
        # beside a number: units of open orders, when it changed, what is not counted
        # and what is sold at 0; called before each page of all numbers
        self.committed, self.changed_at = {}, {}
        self.untracked, self.selling_on = set(), set()
        self.stopped = []
        self.before_page = lambda number: None
        # days of which it was asked how many orders they have, and which
        self.counted, self.listed, self.counts_exactly = [], [], True
        # payouts, oldest first: (key, {"head": ..., "lines": [...]})
        self.payouts = []
        # further capabilities, as trading partners have them
        self.more = {}
        self.forget_messages()

    # --------------------------------------------------------- shop side
    def tick(self):
        self.clock += timedelta(seconds=1)
        return self.clock

    def sell(self, quantity=1, stock_ref="item-1", node_ref="node-1", **values):
        """A shopper buys what is shown: the number goes down and an order exists."""
        with self.lock:
            shown = self.levels[stock_ref, node_ref]
            if shown < quantity:
                raise LookupError(f"{shown} shown, {quantity} wanted")
            self.levels[stock_ref, node_ref] = shown - quantity
            name = f"#{1001 + len(self.orders)}"
            line = {
                "external_id": f"{name}/1",
                "listing_ref": stock_ref.replace("item", "variant"),
                "sku": stock_ref.replace("item", "SKU"),
                "quantity": quantity,
                "open_quantity": quantity,
                "unit_price": "10.00",
                "deductions": [{"node_ref": node_ref, "quantity": quantity}],
            }
            order = {
                "external_id": name,
                "name": name,
                "version": self.tick().isoformat(),
                "placed_at": self.clock.isoformat(),
                "payment": "paid",
                "currency": "USD",
                "total": str(10 * quantity),
                "lines": [dict(line, **values.pop("line", {}))],
                "customer": {"name": "Ada Shopper", "email": "ada@example.com"},
            }
            self.orders[name] = dict(order, **values)
            return name

    def change(self, name, **values):
        with self.lock:
            order = dict(self.orders[name], version=self.tick().isoformat(), **values)
            self.orders[name] = order

    def event(self, name, suffix=""):
        order = self.orders[name]
        return InboundEvent(
            key=f"{name}@{order['version']}{suffix}",
            kind="order",
            topic="order",
            body=json.dumps(order),
            ref=name,
            occurred_at=datetime.fromisoformat(order["version"]),
        )

    def announce(self, *events):
        """Put events into the stream's queue."""
        with self.lock:
            for event in events:
                self.queue[f"receipt-{next(self.receipts)}"] = event

    def redeliver(self):
        """What was received and not acknowledged comes again."""
        self.received.clear()

    def _fault(self, where):
        for fault in list(self.faults):
            if fault[0] == where:
                self.faults.remove(fault)
                raise fault[1]

    # ------------------------------------------------------ adapter side
    def _capabilities(self):
        can = Capabilities(
            push_levels=True,
            compare_and_set=not self.absolute,
            idempotent=not self.absolute,
            read_levels=self.read_levels,
            read_size=self.read_size,
            read_budget=self.read_budget,
            orders=True,
            lists_orders=self.lists_orders,
            fetch_size=4,
            webhooks=True,
            nodes=True,
            batch_size=self.batch_size,
            messages=self.messages,
            repeatable=("refund", "tracking"),
            settle_seconds=self.settle_seconds,
            cancel_lines=True,
            find_missing=100,
            stream=self.stream,
            pull_seconds=self.pull_seconds,
            applies=self.applies,
            lanes=self.lanes,
            node_stock=self.node_stock,
        )
        return dataclasses.replace(can, **self.more)

    def _get_api_versions(self, channel):
        return []

    def _get_order_ref(self, ref):
        return ref

    def _get_secret_message(self, channel, is_over):
        return channel.env["channel.adapter"]._get_secret_message(channel, is_over)

    def _get_order_page(self, channel, ref):
        return f"{channel.base_url}/orders/{ref}"

    def _test_connection(self, channel):
        self._fault("test")
        return ConnectionInfo("Fake Store", "fake", "USD")

    def _fetch_nodes(self, channel):
        return [NodeData("node-1", "Node 1"), NodeData("node-2", "Node 2")]

    def _iter_listings(self, channel):
        yield self.listings

    def _fetch_levels(self, channel, refs):
        self._fault("read")
        return [
            LevelState(
                ref.stock_ref,
                ref.node_ref,
                self.levels.get((ref.stock_ref, ref.node_ref)),
            )
            for ref in refs
        ]

    def _iter_levels(self, channel, since, cursor=""):
        """In the order of their names, ``read_size`` a page."""
        with self.lock:
            refs = sorted(self.levels)
        start = int(cursor or 0)
        for first in range(start, len(refs), self.read_size):
            self.before_page(first // self.read_size)
            self._fault("snapshot")
            end = first + self.read_size
            with self.lock:
                page = tuple(self._snapshot(*ref) for ref in refs[first:end])
            yield LevelPage(page, str(end))

    def _snapshot(self, stock_ref, node_ref):
        ref = stock_ref, node_ref
        return LevelSnapshot(
            stock_ref,
            node_ref,
            self.levels.get(ref),
            self.committed.get(ref),
            self.changed_at.get(ref),
            stock_ref in self.selling_on,
            stock_ref not in self.untracked,
            stock_ref.replace("item", "SKU"),
        )

    def _stop_selling(self, channel, refs):
        self._fault("stop")
        self.stopped.append([ref.external_id for ref in refs])
        results = []
        for ref in refs:
            refused = self.rejected.get(ref.stock_ref, "")
            if not refused:
                self.selling_on.discard(ref.stock_ref)
            results.append(SellingResult(ref.external_id, not refused, refused))
        return results

    def _fetch_settlements(self, channel, since, cursor, known=frozenset()):
        """One a page."""
        self._fault("settlements")
        place = int(cursor or 0)
        more = place + 1 < len(self.payouts)
        documents = tuple(
            SettlementDocument(key, f"{key}.json", json.dumps(values).encode())
            for key, values in self.payouts[place : place + 1]
            if key not in known
        )
        return SettlementPage(documents, str(place + 1) if more else "")

    def _parse_settlement(self, channel, content):
        try:
            values = json.loads(content)
        except ValueError as error:
            raise MalformedDataError("is no JSON", path="settlement") from error
        yield load(SettlementData, values["head"])
        for line in values["lines"]:
            yield load(SettlementLineData, line)

    def _parse_levels(self, channel, body):
        return [load(LevelState, each) for each in strict_json.loads(body)]

    def _prepare_push(self, channel, entries, reference, lane=None):
        return json.dumps(
            [
                [each.line_id, each.stock_ref, each.node_ref, each.quantity, each.base]
                for each in entries
            ]
        )

    def _push_levels(self, channel, payload, key, lane=None):
        self._fault("send")
        if lane:
            ticket = f"{lane}-{len(self.tickets) + 1}"
            self.tickets[ticket] = json.loads(payload)
            self._fault("answer")
            return PushResult((), ticket=ticket)
        self.meanwhile(json.loads(payload))
        with self.lock:
            self.requests.append((key, payload))
            if key in self.answers:
                stored_payload, result = self.answers[key]
                if stored_payload != payload:
                    raise StaleKeyError("this key was used with another payload")
                return result
            result = self._carry_out(json.loads(payload))
            self.answers[key] = payload, result
        self._fault("answer")
        return result

    def _carry_out(self, entries):
        """All or nothing, as on Shopify."""
        bad = {}
        # as it was just before, which a channel that applies later has looked at
        shown = dict(self.levels) if self.applies else {}
        for line_id, stock_ref, node_ref, _quantity, base in entries:
            if stock_ref in self.rejected:
                bad[line_id] = LineResult(
                    line_id, "rejected", "BAD", self.rejected[stock_ref]
                )
            elif (
                not self.absolute
                and (self.levels.get((stock_ref, node_ref)) or 0) != base
            ):
                bad[line_id] = LineResult(line_id, "stale", "STALE")
        for line_id, stock_ref, node_ref, quantity, _base in entries:
            if not bad or (self.absolute and line_id not in bad):
                self.landing.append((stock_ref, node_ref, quantity))
        if not self.applies:
            while self.landing:
                self.land()
        status = "retry" if bad and not self.absolute else "acked"
        if status == "acked" and self.applies:
            status = "accepted"
        return PushResult(
            tuple(
                bad.get(entry[0])
                or LineResult(entry[0], status, shown=shown.get((entry[1], entry[2])))
                for entry in entries
            )
        )

    def land(self, index=0):
        """Apply a number that was accepted."""
        stock_ref, node_ref, quantity = self.landing.pop(index)
        self.levels[stock_ref, node_ref] = quantity

    def finish(self, ticket, results=None, apply=True):
        """A lane has processed what it was given.

        :param results: position of an entry -> its status where it is not applied
        """
        lines = []
        for place, entry in enumerate(self.tickets[ticket]):
            line_id, stock_ref, node_ref, quantity, _base = entry
            status = (results or {}).get(place, "accepted")
            lines.append(LineResult(line_id, status, "", ""))
            if status == "accepted" and apply:
                self.levels[stock_ref, node_ref] = quantity
        self.answered[ticket] = PushResult(tuple(lines))

    def _ask_push(self, channel, payload, ticket):
        self._fault("ask")
        self.asked.append(ticket)
        return self.answered.get(ticket)

    def _fetch_orders(self, channel, since, cursor):
        self._fault("orders")
        with self.lock:
            events = sorted(
                (self.event(name) for name in self.orders),
                key=lambda event: event.occurred_at,
            )
        return EventPage(tuple(each for each in events if each.occurred_at >= since))

    def _list_orders(self, channel, since, cursor):
        self._fault("orders")
        with self.lock:
            heads = sorted(
                (datetime.fromisoformat(order["version"]), name)
                for name, order in self.orders.items()
            )
        heads = [OrderHead(name, version) for version, name in heads]
        heads = [head for head in heads if head.version >= since]
        start = int(cursor or 0)
        end = start + self.page_size
        more = str(end) if end < len(heads) else ""
        return HeadPage(tuple(heads[start:end]), more)

    def _read_orders(self, channel, refs):
        self._fault("read_orders")
        self.read.append(list(refs))
        return [self.event(ref) for ref in refs if ref in self.orders]

    def _fetch_order(self, channel, ref):
        self._fault("fetch")
        return self.event(ref) if ref in self.orders else None

    def _is_gone(self, channel, ref, placed_at):
        return ref not in self.hidden

    def _find_missing(self, channel, refs):
        self.asked.append(refs)
        return [ref for ref in refs if ref not in self.orders]

    def _placed(self, since, until):
        with self.lock:
            orders = [
                OrderRef(
                    name,
                    datetime.fromisoformat(order["placed_at"]),
                    datetime.fromisoformat(order["version"]),
                    order.get("state") == "cancelled",
                )
                for name, order in self.orders.items()
                if name not in self.hidden
            ]
        return [each for each in orders if since <= each.placed_at < until]

    def _count_orders(self, channel, since, until):
        self._fault("count")
        self.counted.append((since, until))
        return len(self._placed(since, until)) if self.counts_exactly else None

    def _iter_order_refs(self, channel, since, until, cursor=""):
        refs = self._placed(since, until)
        start = int(cursor or 0)
        while True:
            self._fault("refs")
            self.listed.append((since, until))
            end = start + self.page_size
            more = str(end) if end < len(refs) else ""
            yield OrderRefPage(tuple(refs[start:end]), more)
            if not more:
                return
            start = end

    def _parse_order(self, channel, body):
        try:
            return load(OrderData, strict_json.loads(body))
        except ValueError as error:
            raise MalformedDataError(str(error)) from error

    def _salvage_order(self, channel, body):
        raw = json.loads(body)
        values = salvage.order(
            salvage.ref(raw.get("external_id")),
            raw.get("name"),
            raw.get("version"),
            [
                salvage.line(
                    salvage.ref(line.get("external_id")),
                    salvage.ref(line.get("listing_ref")),
                    line.get("quantity"),
                    line.get("open_quantity"),
                    sku=line.get("sku"),
                )
                for line in salvage.items(raw.get("lines"))
            ],
            state="cancelled" if raw.get("state") == "cancelled" else "open",
        )
        return values and load(OrderData, values)

    def _verify_webhook(self, channel, headers, body):
        if headers.get("X-Signature") != "good":
            raise ForgedError("bad signature")
        name = headers["X-Order"]
        event = self.event(name)
        return InboundEvent(
            headers.get("X-Key", event.key),
            "order",
            "order",
            body.decode(),
            name,
            event.occurred_at,
        )

    def _drain(self, channel, wait):
        self._fault("drain")
        with self.lock:
            self.waits.append(wait)
            found = [each for each in self.queue if each not in self.received][:10]
            self.received.update(found)
            events = tuple(self.queue[each] for each in found)
        return EventBatch(events, tuple(found), len(found) < 10)

    def _acknowledge(self, channel, receipts):
        self._fault("acknowledge")
        with self.lock:
            for receipt in receipts:
                self.queue.pop(receipt, None)

    def _ensure_webhooks(self, channel, address):
        return []

    def _ensure_stream(self, channel):
        self._fault("subscribe")
        done, self.unsubscribed = self.unsubscribed, []
        return done

    def _get_notices(self, channel):
        return self.notices

    def _iter_stock(self, channel, node_ref):
        self._fault("stock")
        yield from self.stock_pages
