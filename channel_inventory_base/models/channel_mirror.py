# SPDX-License-Identifier: AGPL-3.0-or-later
import logging

from odoo import api, models
from odoo.tools import SQL

from ..db.transaction import own_transaction
from ..exceptions import MalformedDataError

_logger = logging.getLogger(__name__)

MIRROR_SECONDS = 3600
"""From one count to the next."""
EMPTY = 0.5
"""A count that lacks more than this part of the products that had stock is not
believed at once: the next one has to say the same."""


class ChannelMirror(models.AbstractModel):
    """Mirrors the stock of a channel's own warehouses into Odoo, and never writes it.

    A node that the channel fulfils by itself (Amazon's FBA) may have a warehouse in
    Odoo that is counted externally. What the channel tells of it is one complete count
    (``channel.external.stock``). Nothing of it is published; it is there for planning,
    for replenishment, and for what a person wants to know.

    One read that is not believable changes nothing: a count without any product, or
    without most of those that had stock, is believed when the next one says the same.
    """

    _name = "channel.mirror"
    _description = "Mirror of a Channel's Own Warehouses"

    @api.model
    def _run(self, channel):
        """:return: True when the channel was asked, None when there was nothing to"""
        if not channel._capabilities().node_stock:
            return None
        asked = None
        for node in self._find_nodes(channel):
            asked = True
            self._mirror(channel, node)
        if asked:
            channel._wake("_job_mirror", seconds=MIRROR_SECONDS)
        return asked

    def _find_nodes(self, channel):
        """Nodes with one warehouse of their own, which is counted externally."""
        nodes = self.env["channel.node"].search(
            [("channel_id", "=", channel.id), ("fulfilled_by_channel", "=", True)]
        )
        return nodes.filtered(
            lambda node: (
                len(node.warehouse_ids) == 1
                and node.warehouse_ids.channel_authority == "external"
            )
        )

    def _mirror(self, channel, node):
        moment = self.env["channel.intake"]._database_time()
        pages = channel._adapter()._iter_stock(channel, node.external_id)
        if pages is None:
            return
        counts = {}
        for page in pages:
            for each in page:
                known = counts.setdefault(each.stock_ref, each.available)
                if known != each.available:
                    raise MalformedDataError(
                        f"{each.stock_ref!r:.60} has two quantities", path="available"
                    )
        with own_transaction(self.env) as env:
            mirror = env["channel.mirror"]
            mirror._store(node.with_env(env), counts, moment)

    def _store(self, node, counts, moment):
        rows = self._get_rows(node.channel_id, counts)
        if not self._is_believable(node, rows):
            self._report_odd(node, len(rows))
            return
        self.env["channel.exception"]._resolve_keys(
            node.channel_id, [f"mirror:{node.id}"]
        )
        self.env["channel.external.stock"]._report(
            node.warehouse_ids,
            rows,
            moment,
            node.display_name,
            complete=True,
            believed=True,
        )

    def _get_rows(self, channel, counts):
        """:return: rows of a stock report, in stock units; what is not matched to a
        product is left out: its listing is to be matched anyway"""
        found = self.env.execute_query(
            SQL(
                """
                SELECT listing.stock_ref, listing.product_id, listing.stock_factor
                  FROM channel_listing listing
                 WHERE listing.channel_id = %s AND listing.stock_ref = ANY(%s)
                   AND listing.state = 'mapped' AND listing.product_id IS NOT NULL
                """,
                channel.id,
                list(counts),
            )
        )
        rows, seen = [], set()
        for ref, product_id, factor in found:
            if ref not in seen:
                on_hand = counts[ref] * factor
                rows.append({"product_id": product_id, "on_hand": on_hand})
            seen.add(ref)
        return rows

    def _is_believable(self, node, rows):
        """Whether a count that lacks much was told before, too."""
        stocked = {row["product_id"] for row in rows if row["on_hand"]}
        [[known, lost]] = self.env.execute_query(
            SQL(
                """
                SELECT count(*), count(*) FILTER (WHERE NOT product_id = ANY(%s))
                  FROM channel_external_stock
                 WHERE warehouse_id = %s AND on_hand > 0
                """,
                list(stocked),
                node.warehouse_ids.id,
            )
        )
        is_odd = lost > known * EMPTY
        with node.channel_id._shared_state("mirror") as state:
            was_odd = state.get(str(node.id))
            state[str(node.id)] = is_odd
        return not is_odd or bool(was_odd)

    def _report_odd(self, node, count):
        self.env["channel.exception"]._report(
            node.channel_id,
            "stock_report",
            key=f"mirror:{node.id}",
            record=node,
            message=self.env._(
                "%(channel)s tells of %(count)s products in %(node)s, which is less "
                "than half of those that had stock. Nothing was changed.",
                channel=node.channel_id.name,
                count=count,
                node=node.display_name,
            ),
            suggestion=self.env._(
                "The next count is taken if it says the same. Look on the channel "
                "whether that stock is gone."
            ),
        )
