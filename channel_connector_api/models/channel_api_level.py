# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.db.published import PUBLISHED


class ChannelApiLevel(models.Model):
    """The number that the API shows for a listing at a node: what publishing means.

    A row is what ``GET`` answers and webhooks tell. It is written by the publisher, by
    way of the adapter, and by nothing else; ``seq`` is where the row stands among all
    that has changed of its channel. What is not offered any more keeps its number and
    is shown as null.
    """

    _name = "channel.api.level"
    _description = "Number Shown by the API"
    _inherit = ["channel.guarded"]
    _rec_name = "listing_id"
    _order = "seq desc"
    _log_access = False

    listing_id = fields.Many2one(
        "channel.listing", required=True, readonly=True, ondelete="cascade"
    )
    node_id = fields.Many2one(
        "channel.node", required=True, readonly=True, ondelete="cascade", index=True
    )
    channel_id = fields.Many2one(
        "channel.channel", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="channel_id.company_id")
    available = fields.Integer(
        required=True, readonly=True, aggregator=None, help="In sold units"
    )
    is_offered = fields.Boolean(
        readonly=True, help="As last told to those who read changes."
    )
    seq = fields.Float(required=True, readonly=True, aggregator=None)
    key = fields.Char(readonly=True, help="Of the request that wrote it")
    changed_at = fields.Datetime(required=True, readonly=True)

    _pair_uniq = models.UniqueIndex("(listing_id, node_id)")
    _seq_uniq = models.UniqueIndex("(channel_id, seq)")

    # --------------------------------------------------------------- write
    @api.model
    def _store(self, channel, entries, key):
        """Show these numbers. There is one publisher at a time, so that the last one
        written is the last one computed.

        :param entries: list of dict: line_id, stock_ref, node_ref, quantity
        :return: {line_id: (status, code)}
        """
        epoch, first = self.env["channel.api.counter"]._take(channel.id, len(entries))
        known = self._find_pairs(channel, entries)
        results, rows = {}, []
        for place, entry in enumerate(entries):
            pair = known.get((entry["stock_ref"], entry["node_ref"]))
            if not pair:
                results[entry["line_id"]] = ("rejected", "UNKNOWN")
                continue
            results[entry["line_id"]] = ("acked", "")
            if pair["key"] != key:
                # else this very request has written it before
                rows.append((pair, entry, first + place))
        if rows:
            self._write_rows(channel, rows, key)
            self._tell(channel, epoch, rows)
        return results

    def _find_pairs(self, channel, entries):
        """:return: {(stock_ref, node_ref): what is known of it}"""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT listing.stock_ref, node.external_id, listing.id, node.id,
                       listing.external_id, shown.available, shown.key
                  FROM unnest(%(items)s::varchar[], %(nodes)s::varchar[])
                       AS wanted (item, node)
                  JOIN channel_listing listing
                    ON listing.channel_id = %(channel)s
                   AND listing.stock_ref = wanted.item AND listing.state <> 'gone'
                  JOIN channel_node node ON node.channel_id = %(channel)s
                                        AND node.external_id = wanted.node
                  LEFT JOIN channel_api_level shown ON shown.listing_id = listing.id
                                                   AND shown.node_id = node.id
                """,
                channel=channel.id,
                items=[entry["stock_ref"] for entry in entries],
                nodes=[entry["node_ref"] for entry in entries],
            )
        )
        names = ("listing_id", "node_id", "sku", "available", "key")
        return {row[:2]: dict(zip(names, row[2:], strict=True)) for row in rows}

    def _write_rows(self, channel, rows, key):
        self.env.execute_query(
            SQL(
                """
                INSERT INTO channel_api_level AS shown
                       (listing_id, node_id, channel_id, available, is_offered, seq,
                        key, changed_at)
                VALUES %s
                ON CONFLICT (listing_id, node_id) DO UPDATE
                   SET available = EXCLUDED.available, seq = EXCLUDED.seq,
                       is_offered = true, key = EXCLUDED.key,
                       changed_at = CASE
                           WHEN shown.available = EXCLUDED.available
                           THEN shown.changed_at ELSE EXCLUDED.changed_at END
                RETURNING id
                """,
                SQL(", ").join(
                    SQL(
                        "(%s, %s, %s, %s, true, %s, %s, "
                        "date_trunc('second', clock_timestamp() AT TIME ZONE 'UTC'))",
                        pair["listing_id"],
                        pair["node_id"],
                        channel.id,
                        entry["quantity"],
                        seq,
                        key,
                    )
                    for pair, entry, seq in rows
                ),
            )
        )
        self.invalidate_model()

    def _tell(self, channel, epoch, rows):
        changed = [
            {
                "sku": pair["sku"],
                "node": entry["node_ref"],
                "available": entry["quantity"],
            }
            for pair, entry, _seq in rows
            if pair["available"] != entry["quantity"]
        ]
        if changed:
            cursor = f"{epoch}.{max(seq for _pair, _entry, seq in rows)}"
            self.env["channel.api.event"]._append(
                channel,
                "availability.changed",
                f"levels:{cursor}",
                {"items": changed, "cursor": cursor},
            )

    # ------------------------------------------------------------- offered
    @api.model
    def _follow_offers(self):
        """What is offered no more, or again, is news to those who read changes."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT shown.channel_id, array_agg(shown.id)
                  FROM channel_api_level shown
                  JOIN channel_listing listing ON listing.id = shown.listing_id
                  JOIN channel_node node ON node.id = shown.node_id
                 WHERE shown.is_offered IS DISTINCT FROM %s
                 GROUP BY shown.channel_id ORDER BY shown.channel_id
                """,
                PUBLISHED,
            )
        )
        for channel_id, ids in rows:
            epoch, first = self.env["channel.api.counter"]._take(channel_id, len(ids))
            self.env.execute_query(
                SQL(
                    """
                    UPDATE channel_api_level shown
                       SET is_offered = NOT COALESCE(is_offered, false),
                           seq = %s + wanted.place - 1,
                           changed_at = date_trunc('second',
                               clock_timestamp() AT TIME ZONE 'UTC')
                      FROM unnest(%s::int[]) WITH ORDINALITY AS wanted (id, place)
                     WHERE shown.id = wanted.id RETURNING shown.id
                    """,
                    first,
                    ids,
                )
            )
            self._tell_offers(channel_id, epoch, ids, first + len(ids) - 1)
        if rows:
            self.invalidate_model()

    def _tell_offers(self, channel_id, epoch, ids, last):
        rows = self.env.execute_query(
            SQL(
                """
                SELECT listing.external_id, node.external_id,
                       CASE WHEN shown.is_offered THEN shown.available END
                  FROM channel_api_level shown
                  JOIN channel_listing listing ON listing.id = shown.listing_id
                  JOIN channel_node node ON node.id = shown.node_id
                 WHERE shown.id = ANY(%s) ORDER BY shown.seq
                """,
                ids,
            )
        )
        names, cursor = ("sku", "node", "available"), f"{epoch}.{last}"
        self.env["channel.api.event"]._append(
            self.env["channel.channel"].browse(channel_id),
            "availability.changed",
            f"levels:{cursor}",
            {
                "items": [dict(zip(names, row, strict=True)) for row in rows],
                "cursor": cursor,
            },
        )
