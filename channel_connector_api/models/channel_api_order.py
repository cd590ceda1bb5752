# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import replace
from datetime import datetime, timedelta, timezone

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.db.transaction import LOCK_ORDER, lock

from .. import mapper
from ..lib.problems import Problem
from ..lib.schema import Fault

LOCK_PATIENCE = 2000
"""Milliseconds to wait for an order that another worker is at."""
SHIPPED = ("partly_shipped", "shipped", "returned")


class ChannelApiOrder(models.AbstractModel):
    """Orders that are posted, and what is told of them later.

    All of it becomes an event of the base's inbox, with the request as it was sent, and
    is taken in as an order of any other channel is: only at once, in the request, so
    that its stock is held when the answer goes out.
    """

    _name = "channel.api.order"
    _description = "API: Orders"

    # --------------------------------------------------------------- place
    @api.model
    def _store(self, channel, request, text):
        """Store an order that was posted; the caller commits.

        :return: (id of its event, None where it was stored before; whether it is new)
        :raise Problem: another order has this reference
        """
        self._check_lines(channel, request)
        ref = request["reference"]
        claimed = self.env["channel.api.request"]._claim(
            channel, "order", ref, mapper.digest(request), mapper.order_facts(request)
        )
        if claimed == "other":
            raise Problem(
                "order_conflict",
                self.env._(
                    "The order %s was told before, and was another one. Nothing was "
                    "changed.",
                    ref,
                ),
            )
        if claimed == "same":
            return self._find_event(channel, ref), False
        now = self._now()
        node = channel.node_ids.filtered("publish")[:1] or channel.node_ids[:1]
        event = schemas.InboundEvent(
            key=f"order:{ref}",
            kind="order",
            topic="api.order",
            body=mapper.told_order(text, now, node.external_id or ""),
            ref=ref,
            occurred_at=now,
        )
        self.env["channel.inbox.event"]._receive(channel, event)
        return self._find_event(channel, ref), True

    def _find_event(self, channel, ref):
        return self.env["channel.inbox.event"]._find_by_key(channel, f"order:{ref}").id

    def _check_lines(self, channel, request):
        """What no schema can say."""
        faults = []
        refs = set(
            channel.with_context(active_test=False).node_ids.mapped("external_id")
        )
        seen = set()
        for index, line in enumerate(request["lines"]):
            if line["id"] in seen:
                faults.append(
                    Fault(f"/lines/{index}/id", "repeated", "is another line's, too")
                )
            seen.add(line["id"])
            if line.get("node") and line["node"] not in refs:
                faults.append(
                    Fault(f"/lines/{index}/node", "unknown_node", "is no node here")
                )
        if faults:
            raise Problem(
                "invalid", self.env._("The order cannot be read."), errors=faults
            )

    @api.model
    def _capture(self, channel, event_id):
        """Hold the stock of an order that is stored. A job may be at it, or have been:
        then there is nothing left to do. The caller commits."""
        self.env.cr.execute(SQL("SET LOCAL lock_timeout = %s", LOCK_PATIENCE))
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM channel_inbox_event WHERE id = %s AND state = 'new' "
                "FOR UPDATE",
                event_id,
            )
        )
        if rows:
            event = self.env["channel.inbox.event"].browse(event_id)
            event.invalidate_recordset()
            event._process()
        channel._wake("_job_intake")

    # -------------------------------------------------------------- follow
    @api.model
    def _find(self, channel, ref):
        return self.env["channel.order"].search(
            [("channel_id", "=", channel.id), ("external_id", "=", ref)]
        )

    @api.model
    def _cancel(self, channel, ref, request, text):
        """:return: the order
        :raise Problem: goods of it have left
        """
        order, data = self._lock_known(channel, ref)
        if data.state == "cancelled":
            return order
        state = self.env["channel.api.order.state"]._get_state(order)
        if state in SHIPPED:
            raise Problem(
                "already_shipped",
                self.env._(
                    "Goods of the order %s have left: it cannot be cancelled any more.",
                    ref,
                ),
            )
        lines = tuple(replace(line, quantity=0, open_quantity=0) for line in data.lines)
        note = request.get("note") or data.note
        data = replace(data, state="cancelled", lines=lines, note=note)
        told = self.env["channel.api.request"]._find_order(channel, ref)
        told.content = dict(told.content or {}, reason=request.get("reason", "other"))
        return self._follow(channel, order, data, "cancel", text)

    @api.model
    def _pay(self, channel, ref, request, text):
        """:return: the order
        :raise Problem: it was cancelled
        """
        order, data = self._lock_known(channel, ref)
        received = request.get("received")
        if received is None and request["status"] in mapper.PAID:
            received = data.total
        paid = replace(
            data,
            payment=request["status"],
            gateway=request.get("gateway", data.gateway),
            received=data.received if received is None else schemas.Decimal(received),
        )
        if paid == data:
            return order
        if data.state == "cancelled" and request["status"] not in (
            "refunded",
            "voided",
        ):
            raise Problem(
                "already_ended", self.env._("The order %s was cancelled.", ref)
            )
        return self._follow(channel, order, paid, "payment", text)

    def _lock_known(self, channel, ref):
        """:return: (the order, locked; schemas.OrderData of its newest version)"""
        self.env.cr.execute(SQL("SET LOCAL lock_timeout = %s", LOCK_PATIENCE))
        lock(self.env, LOCK_ORDER, f"{channel.id}:{ref}")
        order = self._find(channel, ref)
        if not order:
            if self._find_event(channel, ref):
                raise Problem(
                    "not_captured_yet",
                    self.env._("The order %s is still being taken in.", ref),
                    headers=[("Retry-After", "1")],
                )
            raise Problem("unknown_order", self.env._("There is no order %s.", ref))
        order._lock()
        return order, order._get_told_data()

    def _follow(self, channel, order, data, word, text):
        """Have the order be what ``data`` says now, in this transaction."""
        version = max(
            self._now(),
            order.version.replace(tzinfo=timezone.utc) + timedelta(milliseconds=1),
        )
        data = replace(data, version=version)
        event = schemas.InboundEvent(
            key=f"{word}:{order.external_id}:{version.isoformat()}",
            kind="order",
            topic=f"api.{word}",
            body=mapper.followed_order(text, schemas.dumps(data)),
            ref=order.external_id,
            occurred_at=version,
        )
        events = self.env["channel.inbox.event"]
        events._receive(channel, event)
        stored = events._find_by_key(channel, event.key)
        if not stored._process():
            raise Problem(
                "busy",
                self.env._("The order is being worked at: try again."),
                headers=[("Retry-After", "1")],
            )
        channel._wake("_job_intake")
        order.invalidate_recordset()
        return order

    def _now(self):
        return datetime.now(timezone.utc)
