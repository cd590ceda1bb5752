# SPDX-License-Identifier: AGPL-3.0-or-later
import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from odoo import api, fields, models

from odoo.addons.channel_inventory_base.db.transaction import LOCK_HOLD, lock

from .. import mapper
from ..lib.problems import Problem

MAX_ACTIVE = 5000
"""Holds of a channel at a time: a client that forgets to release stops itself."""
NEARLY = 0.00005
"""What four digits of conversions may be off by."""


@dataclass
class Taking:
    """What a line of a hold, by its number, takes at a node: ``units`` are SOLD."""

    line: int
    listing: Any
    node: Any
    level_id: int | bool
    units: int = 0

    @property
    def product_id(self):
        return self.listing.product_id.id

    @property
    def factor(self):
        return self.listing.stock_factor or 1


class ChannelApiReservation(models.AbstractModel):
    """Takes, extends and releases holds for the API.

    All takers of a company stand in one line (an advisory lock until the end of the
    transaction, which is short): what one takes the next one sees. By products would
    not do: a kit and its components, or two packs of a product, are the same goods.

    What may be held is the number of the level from positions and rules as they are
    now, and never the one that was published: that is a moment old.
    """

    _name = "channel.api.reservation"
    _description = "API: Holds"

    @api.model
    def _take(self, channel, request):
        """:return: (hold, whether it is new)
        :raise Problem: nothing was held
        """
        self._check_ttl(channel, request["ttl"])
        ref, digest = request["reference"], mapper.digest(request)
        lock(self.env, LOCK_HOLD, str(channel.company_id.id))
        hold = self._find(channel, ref)
        if hold:
            if hold.digest != digest:
                raise Problem(
                    "hold_conflict",
                    self.env._("The hold %s was taken with other contents.", ref),
                )
            return hold, False
        self._check_count(channel)
        lines = self._read_lines(channel, request["lines"])
        hold = self.env["channel.api.hold"].create(
            {
                "channel_id": channel.id,
                "ref": ref,
                "digest": digest,
                "expires_at": fields.Datetime.now() + timedelta(seconds=request["ttl"]),
            }
        )
        told = self._hold_lines(hold, lines)
        complete = all(line["held"] == line["requested"] for line in told)
        if not complete and not request.get("partial"):
            # the transaction is rolled back with it
            raise self._insufficient(told)
        hold.write({"lines": told, "complete": complete})
        return hold, True

    @api.model
    def _extend(self, channel, ref, ttl):
        self._check_ttl(channel, ttl)
        hold = self._need(channel, ref)
        if hold._get_state() != "held":
            raise Problem(
                "hold_ended",
                self.env._(
                    "The hold %s has ended: its units may be sold. Take a new one.", ref
                ),
                state=hold._get_state(),
            )
        hold._extend(int(ttl))
        return hold

    @api.model
    def _release(self, channel, ref):
        """What has ended before stays as it ended."""
        hold = self._need(channel, ref)
        if hold._get_state() == "held":
            hold._end("released")
        return hold

    @api.model
    def _find(self, channel, ref):
        return self.env["channel.api.hold"].search(
            [("channel_id", "=", channel.id), ("ref", "=", ref)]
        )

    @api.model
    def _need(self, channel, ref):
        """:return: the hold, locked
        :raise Problem: the channel has none of that name"""
        hold = self._find(channel, ref)
        if not hold:
            raise Problem("unknown_hold", self.env._("There is no hold %s.", ref))
        hold._lock()
        return hold

    # -------------------------------------------------------------- checks
    def _check_ttl(self, channel, ttl):
        if ttl > channel.api_hold_seconds:
            raise Problem(
                "ttl",
                self.env._(
                    "A hold lasts %s seconds at most. Extend it in time.",
                    channel.api_hold_seconds,
                ),
                maximum=channel.api_hold_seconds,
            )

    def _check_count(self, channel):
        count = self.env["channel.api.hold"].search_count(
            [("channel_id", "=", channel.id), ("state", "=", "held")],
            limit=MAX_ACTIVE,
        )
        if count >= MAX_ACTIVE:
            raise Problem(
                "too_many_holds",
                self.env._(
                    "%s holds are open: release those that are not needed.", MAX_ACTIVE
                ),
                headers=[("Retry-After", "60")],
            )

    def _insufficient(self, told):
        return Problem(
            "insufficient",
            self.env._(
                "Not all of it is there, and nothing was held. Ask for less, or for a "
                "part with “partial”."
            ),
            lines=[
                {key: line[key] for key in ("sku", "node", "requested")}
                | {"available": line["held"]}
                for line in told
                if line["held"] < line["requested"]
            ],
        )

    def _read_lines(self, channel, lines):
        """:return: list of (values of the line, listing, nodes to take it from)"""
        nodes = channel.node_ids.filtered(lambda node: node.publish)
        by_ref = {node.external_id: node for node in nodes}
        listings = self.env["channel.listing"].search(
            [
                ("channel_id", "=", channel.id),
                ("external_id", "in", [line["sku"] for line in lines]),
                ("state", "=", "mapped"),
            ]
        )
        by_sku = {listing.external_id: listing for listing in listings}
        found = []
        for line in lines:
            if line["sku"] not in by_sku:
                raise Problem(
                    "unknown_sku",
                    self.env._("%s is not offered here.", line["sku"]),
                    sku=line["sku"],
                )
            if line.get("node") and line["node"] not in by_ref:
                raise Problem(
                    "unknown_node",
                    self.env._("There is no node %s.", line["node"]),
                    node=line["node"],
                )
            chosen = by_ref[line["node"]] if line.get("node") else nodes
            found.append((line, by_sku[line["sku"]], chosen))
        return found

    # --------------------------------------------------------------- units
    def _hold_lines(self, hold, lines):
        """Hold as much of each line as is there, line by line and node by node.

        What may be sold is asked for all of them at once, and again where the next one
        takes of the same goods as one before: another pack of a product, a kit of it,
        another node that sells it.

        :param lines: of ``_read_lines``
        :return: list of what the answer says of each line
        """
        planner = self.env["channel.planner"]
        takings = self._prepare_takings(lines)
        goods = planner._get_goods(
            self.env["product.product"].browse({each.product_id for each in takings})
        )
        wanted = [int(line["quantity"]) for line, _listing, _nodes in lines]
        sellable, taken, touched = None, [], set()
        for place, each in enumerate(takings):
            if not wanted[each.line]:
                continue
            own = goods[each.product_id]
            if sellable is None or touched & own:
                self._write_holds(hold, taken)
                taken, touched = [], set()
                to_come = {other.level_id for other in takings[place:]} - {False}
                sellable = planner._get_sellable(
                    self.env["channel.level"].browse(to_come)
                )
            each.units = min(wanted[each.line], sellable.get(each.level_id, 0))
            if each.units:
                wanted[each.line] -= each.units
                taken.append(each)
                touched |= own
        self._write_holds(hold, taken)
        return [
            self._tell_line(line, [each for each in takings if each.line == number])
            for number, (line, _listing, _nodes) in enumerate(lines)
        ]

    def _prepare_takings(self, lines):
        levels = self.env["channel.level"].search(
            [
                ("listing_id", "in", [listing.id for _line, listing, _nodes in lines]),
                ("channel_id", "=", lines[0][1].channel_id.id),
            ]
        )
        by_pair = {(each.listing_id.id, each.node_id.id): each.id for each in levels}
        return [
            Taking(number, listing, node, by_pair.get((listing.id, node.id), False))
            for number, (_line, listing, nodes) in enumerate(lines)
            for node in nodes
        ]

    def _write_holds(self, hold, taken):
        if not taken:
            return
        free = self._find_free(taken)
        self.env["channel.hold"].create(
            [
                {
                    "company_id": hold.company_id.id,
                    "channel_id": hold.channel_id.id,
                    "api_hold_id": hold.id,
                    "listing_id": each.listing.id,
                    "product_id": each.product_id,
                    "warehouse_id": warehouse_id,
                    "quantity": part,
                    "stock_quantity": part * each.factor,
                    "cause": "api",
                    "expires_at": hold.expires_at,
                    "note": hold.ref,
                }
                for each in taken
                for warehouse_id, part in self._share(each, free)
            ]
        )

    def _find_free(self, taken):
        """Where goods may be taken from one of several warehouses: what is in each.

        :return: {(product id, warehouse id): stock units}
        """
        spread = [each for each in taken if len(each.node.warehouse_ids) > 1]
        if not spread:
            return {}
        products = {each.product_id for each in spread}
        warehouses = {house for each in spread for house in each.node.warehouse_ids.ids}
        self.env["channel.position"].invalidate_model()
        positions = self.env["channel.position"].search_fetch(
            [
                ("product_id", "in", sorted(products)),
                ("warehouse_id", "in", sorted(warehouses)),
            ],
            ["product_id", "warehouse_id", "available"],
        )
        return {
            (each.product_id.id, each.warehouse_id.id): each.available
            for each in positions
        }

    def _share(self, taking, free):
        """Whole units from each of the node's warehouses, the first one first; what
        none of them has alone (a rule promises it) is the first one's.

        :param free: of ``_find_free``; what is taken is taken off
        :return: list of (warehouse id, units)
        """
        warehouses = taking.node.warehouse_ids.sorted(
            lambda each: (each.sequence, each.id)
        )
        product_id, left, parts = taking.product_id, taking.units, {}
        for warehouse in warehouses:
            key = product_id, warehouse.id
            packs = math.floor(free.get(key, 0) / taking.factor + NEARLY)
            part = min(left, max(0, packs))
            if part:
                parts[warehouse.id] = part
                free[key] -= part * taking.factor
                left -= part
        if left:
            first = warehouses[:1].id
            parts[first] = parts.get(first, 0) + left
        return list(parts.items())

    def _tell_line(self, line, takings):
        """What the answer says of a line."""
        return {
            "sku": line["sku"],
            "node": line.get("node"),
            "requested": int(line["quantity"]),
            "held": sum(each.units for each in takings),
            "places": [
                {"node": each.node.external_id, "held": each.units}
                for each in takings
                if each.units
            ],
        }
