# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timezone

from odoo import api, models
from odoo.tools import SQL, html2plaintext

from odoo.addons.channel_inventory_base.db.published import PUBLISHED
from odoo.addons.channel_inventory_base.tools.explain import explain

from ..lib import pools
from ..lib.document import MAX_EXPLAINED
from ..lib.problems import Problem
from .channel_api_counter import NOTHING


class ChannelApiAvailability(models.AbstractModel):
    """Reads numbers for the API: those that were published, no others."""

    _name = "channel.api.availability"
    _description = "API: Availability"

    # ------------------------------------------------------------- by SKU
    @api.model
    def _get_items(self, channel, skus, node=None, region=None, why=False):
        """:param node, region: only of these
        :return: list of Item of the document, in the order of ``skus``
        :raise Problem: there is no such node or region
        """
        if why and len(skus) > MAX_EXPLAINED:
            raise Problem(
                "invalid",
                self.env._(
                    "At most %s SKUs at a time can be explained.", MAX_EXPLAINED
                ),
            )
        places = self._get_places(channel, node, region)
        by_sku = {}
        for row in self._find_rows(channel, skus, list(places)):
            by_sku.setdefault(row[0], []).append(row)
        reasons = self._explain(by_sku) if why else {}
        return [
            self._prepare_item(sku, by_sku.get(sku), places, reasons, why)
            for sku in skus
        ]

    def _get_places(self, channel, node, region):
        """:return: {node id: set of its warehouses}"""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT node.id, node.external_id, COALESCE(node.api_region, ''),
                       array_remove(array_agg(served.stock_warehouse_id), NULL)
                  FROM channel_node node
                  LEFT JOIN channel_node_stock_warehouse_rel served
                         ON served.channel_node_id = node.id
                 WHERE node.channel_id = %s AND node.active
                 GROUP BY node.id
                """,
                channel.id,
            )
        )
        if node is not None and node not in {row[1] for row in rows}:
            raise Problem("unknown_node", self.env._("There is no node %s.", node))
        if region is not None and region not in {row[2] for row in rows}:
            raise Problem(
                "unknown_region", self.env._("There is no region %s.", region)
            )
        return {
            node_id: set(warehouses)
            for node_id, ref, of_region, warehouses in rows
            if node in (None, ref) and region in (None, of_region)
        }

    def _find_rows(self, channel, skus, node_ids):
        """:return: rows (sku, node id, node_ref, region, is_offered, units or None,
        changed_at, level id)"""
        return self.env.execute_query(
            SQL(
                """
                SELECT listing.external_id, node.id, node.external_id,
                       COALESCE(node.api_region, ''), %(published)s, shown.available,
                       shown.changed_at, level.id
                  FROM channel_listing listing
                  LEFT JOIN channel_node node ON node.id = ANY(%(nodes)s)
                  LEFT JOIN channel_api_level shown ON shown.listing_id = listing.id
                                                   AND shown.node_id = node.id
                  LEFT JOIN channel_level level ON level.listing_id = listing.id
                                               AND level.node_id = node.id
                 WHERE listing.channel_id = %(channel)s
                   AND listing.external_id = ANY(%(skus)s) AND listing.state <> 'gone'
                 ORDER BY node.sequence, node.id
                """,
                published=PUBLISHED,
                nodes=node_ids,
                channel=channel.id,
                skus=list(skus),
            )
        )

    def _prepare_item(self, sku, rows, places, reasons, why):
        nodes, numbers, is_offered = [], {}, False
        for _sku, node_id, ref, region, offered, units, moment, level_id in rows or ():
            if node_id is None:
                continue
            is_offered = is_offered or offered
            available = max(0, units) if offered and units is not None else None
            if available is not None:
                numbers[node_id] = available
            told = {
                "node": ref,
                "region": region,
                "available": available,
                "changed_at": _moment(moment),
            }
            nodes.append(told | {"why": reasons.get(level_id, [])} if why else told)
        status = "offered" if is_offered else "not_offered"
        return {
            "sku": sku,
            "status": status if rows else "unknown",
            "available": pools.together(numbers, places) if numbers else None,
            "nodes": nodes,
        }

    # ----------------------------------------------------------------- why
    def _explain(self, by_sku):
        """:return: {level id: list of Step of the document}: how the number of now
        comes about. It is the published one, unless something has just changed."""
        rows = [row for found in by_sku.values() for row in found]
        levels = self.env["channel.level"].browse(row[7] for row in rows if row[7])
        self.env["channel.planner"]._tune()
        found = self.env["channel.planner"]._explain(levels) if levels else {}
        return {level_id: self._get_steps(inputs) for level_id, inputs in found.items()}

    def _get_steps(self, inputs):
        steps = explain(inputs)
        rules = self.env["channel.rule.version"].browse(
            sorted({version for step in steps for version in step.rules})
        )
        names = {rule.id: rule for rule in rules.exists()}
        return [
            {
                "kind": step.kind,
                "words": self._get_words(step, names),
                "amount": float(step.amount or 0),
                "left": float(step.result),
                "unit": "sold" if step.sold else "stock",
            }
            for step in steps
        ]

    def _get_words(self, step, rules):
        html = self.env["ir.qweb"]._render(
            "channel_inventory_base.level_why_step",
            {"step": step, "rules": rules, "names": {}, "allocations": {}},
        )
        return " ".join(html2plaintext(str(html)).split())

    # ------------------------------------------------------------- changes
    @api.model
    def _get_changes(self, channel, since, limit):
        """All numbers that have changed after a cursor, the one that changed first
        first.

        :return: Changes of the document, without ``live``
        """
        epoch, after, _kept = self._read_cursor(channel, since)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT listing.external_id, node.external_id,
                       CASE WHEN %(published)s THEN GREATEST(shown.available, 0) END,
                       shown.changed_at, shown.seq
                  FROM channel_api_level shown
                  JOIN channel_listing listing ON listing.id = shown.listing_id
                  JOIN channel_node node ON node.id = shown.node_id
                 WHERE shown.channel_id = %(channel)s AND shown.seq > %(after)s
                 ORDER BY shown.seq LIMIT %(limit)s
                """,
                published=PUBLISHED,
                channel=channel.id,
                after=after,
                limit=limit + 1,
            )
        )
        page = rows[:limit]
        return {
            "changes": [
                {
                    "sku": sku,
                    "node": node,
                    "available": units,
                    "changed_at": _moment(moment),
                }
                for sku, node, units, moment, _seq in page
            ],
            "cursor": f"{epoch}.{int(page[-1][4]) if page else after}",
            "more": len(rows) > limit,
        }

    @api.model
    def _get_events(self, channel, since, limit):
        """:return: Events of the document"""
        epoch, after, kept_after = self._read_cursor(channel, since)
        if since is not None and after < kept_after:
            raise self._unknown_cursor()
        events = self.env["channel.api.event"].search(
            [("channel_id", "=", channel.id), ("seq", ">", after)],
            order="seq",
            limit=limit + 1,
        )
        page = events[:limit]
        return {
            "events": [event._as_told(epoch) for event in page],
            "cursor": f"{epoch}.{int(page[-1].seq) if page else after}",
            "more": len(events) > limit,
        }

    def _read_cursor(self, channel, since):
        """:return: (epoch, number, that up to which events may be gone)
        :raise Problem: it is a cursor of another channel, or of a database before it
            was restored: what it has seen cannot be told
        """
        # read first: what is counted later than this is not in the page either
        epoch, last, kept_after = self.env["channel.api.counter"]._now(channel.id)
        if since is None:
            return epoch, 0, kept_after
        of_epoch, _dot, number = since.partition(".")
        if of_epoch not in (epoch, NOTHING) or int(number) > last:
            raise self._unknown_cursor()
        return epoch, int(number), kept_after

    def _unknown_cursor(self):
        return Problem(
            "cursor_unknown",
            self.env._("This cursor is not known here any more: begin without one."),
        )


def _moment(value):
    return value.replace(tzinfo=timezone.utc).isoformat() if value else None
