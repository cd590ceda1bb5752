# SPDX-License-Identifier: AGPL-3.0-or-later
from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL

from ..db.transaction import own_transaction
from ..exceptions import RejectedError

SLICE = 10_000


class ChannelCatalogue(models.AbstractModel):
    """Reads a channel's catalogue and matches it to products, page by page."""

    _name = "channel.catalogue"
    _description = "Channel Catalogue"

    @api.model
    def _fetch(self, channel):
        """Read all listings; each page is stored and matched in its own transaction.

        What a complete run no longer finds is gone from the channel.
        """
        seen, known = set(), self._get_known(channel)
        for page in channel._adapter()._iter_listings(channel):
            with own_transaction(self.env) as env:
                env["channel.catalogue"]._store_page(channel.id, page)
            seen.update(each.external_id for each in page)
        if not seen:
            # more likely a mistake than an empty shop; a wrong guess stops all sales
            raise RejectedError(
                self.env._(
                    "%s returned no listings: nothing was changed.", channel.name
                ),
                code="EMPTY_CATALOGUE",
            )
        with own_transaction(self.env) as env:
            env["channel.catalogue"]._mark_gone(channel.id, seen, known)
        self.env["channel.change"]._wake_planner()
        channel._wake("_job_observe")
        return True

    @api.model
    def _fetch_nodes(self, channel):
        """Read all nodes; existing ones keep their warehouses."""
        # sudo: who ships from a node is the channel's to tell
        nodes = self.env["channel.node"].sudo().with_context(active_test=False)
        known = {
            node.external_id: node
            for node in nodes.search([("channel_id", "=", channel.id)])
        }
        for data in channel._adapter()._fetch_nodes(channel):
            values = {
                "name": data.name,
                "active": data.active,
                "fulfilled_by_channel": data.fulfils,
            }
            if data.fulfils:
                values["publish"] = False
            if data.external_id in known:
                known[data.external_id].write(values)
            else:
                nodes.create(
                    dict(values, channel_id=channel.id, external_id=data.external_id)
                )

    def _store_page(self, channel_id, page):
        """Insert what is new, update what has changed, match what is not matched."""
        if not page:
            return
        # a channel whose pages move while they are read tells some things twice
        page = list({each.external_id: each for each in page}.values())
        listings = self.env["channel.listing"]
        company = self.env["channel.channel"].browse(channel_id).company_id
        back = self._find_back(channel_id, page)
        renamed = self._find_renamed(channel_id, page)
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO channel_listing AS listing
                       (channel_id, company_id, external_id, stock_ref, sku, barcode,
                        title, tracked, active, channel_note, sells_below_zero,
                        tells_pack, told_pack, told_price, told_weight, state,
                        pack_qty, stock_factor,
                        create_uid, write_uid, create_date, write_date)
                VALUES %s
                ON CONFLICT (channel_id, external_id) DO UPDATE
                   SET stock_ref = EXCLUDED.stock_ref, sku = EXCLUDED.sku,
                       barcode = EXCLUDED.barcode, title = EXCLUDED.title,
                       tracked = EXCLUDED.tracked, active = EXCLUDED.active,
                       channel_note = EXCLUDED.channel_note,
                       sells_below_zero = EXCLUDED.sells_below_zero,
                       tells_pack = EXCLUDED.tells_pack,
                       told_pack = EXCLUDED.told_pack,
                       told_price = EXCLUDED.told_price,
                       told_weight = EXCLUDED.told_weight,
                       -- as long as nobody has matched it, it is what is told
                       pack_qty = CASE WHEN listing.product_id IS NULL
                                        AND EXCLUDED.told_pack > 0
                                       THEN EXCLUDED.pack_qty
                                       ELSE listing.pack_qty END,
                       stock_factor = CASE WHEN listing.product_id IS NULL
                                            AND EXCLUDED.told_pack > 0
                                           THEN EXCLUDED.pack_qty
                                           ELSE listing.stock_factor END,
                       state = CASE
                           WHEN listing.state <> 'gone' THEN listing.state
                           WHEN listing.product_id IS NULL THEN 'unmapped'
                           ELSE 'review' END,
                       write_date = EXCLUDED.write_date
                 WHERE (listing.stock_ref, listing.sku, listing.barcode, listing.title,
                        listing.tracked, listing.active, listing.channel_note,
                        COALESCE(listing.sells_below_zero, false),
                        COALESCE(listing.tells_pack, false),
                        COALESCE(listing.told_pack, 0), listing.told_price,
                        listing.told_weight, listing.state = 'gone')
                       IS DISTINCT FROM
                       (EXCLUDED.stock_ref, EXCLUDED.sku, EXCLUDED.barcode,
                        EXCLUDED.title, EXCLUDED.tracked, EXCLUDED.active,
                        EXCLUDED.channel_note, EXCLUDED.sells_below_zero,
                        EXCLUDED.tells_pack, EXCLUDED.told_pack,
                        EXCLUDED.told_price, EXCLUDED.told_weight, false)
                RETURNING id
                """,
                SQL(", ").join(self._row(channel_id, company, each) for each in page),
            )
        )
        listings.invalidate_model()
        changed = listings.browse(row[0] for row in rows)
        shared = self.env["channel.shared.stock"]
        figures = shared._link(self.env["channel.channel"].browse(channel_id), page)
        back._mark_back()
        listings.browse(id for id, product in renamed if not product)._end_renamed()
        for listing_id, product in renamed:
            if product:
                listings.browse(listing_id)._report_renamed(product)
        changed.env["channel.listing.matcher"]._suggest(changed)
        shared._follow(figures)
        self.env["channel.level.pending"]._retry_rejected(listings=changed)

    def _find_back(self, channel_id, page):
        """Listings that were gone and are there again as they were: with the SKU, and
        the mapping in effect until then, which a person need not decide on again. One
        answer that leaves a listing out stops its sales no longer than to the next.

        :return: channel.listing
        """
        self.env["channel.listing"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT listing.id
                  FROM channel_listing listing
                  JOIN (VALUES %(told)s) AS told (external_id, sku)
                    ON told.external_id = listing.external_id
                   AND told.sku = COALESCE(listing.sku, '')
                  JOIN channel_listing_version present
                    ON present.listing_id = listing.id AND present.state = 'active'
                   AND present.listing_state = 'gone'
                 CROSS JOIN LATERAL (
                       SELECT * FROM channel_listing_version version
                        WHERE version.listing_id = listing.id
                          AND version.state = 'retired'
                        ORDER BY version.number DESC LIMIT 1) before
                  JOIN product_product product ON product.id = listing.product_id
                 WHERE listing.channel_id = %(channel)s AND listing.state = 'gone'
                   AND listing.proposal_id IS NULL AND product.active
                   AND before.listing_state = 'mapped'
                   AND (before.product_id, before.uom_id, before.pack_qty)
                       IS NOT DISTINCT FROM
                       (listing.product_id, listing.uom_id, listing.pack_qty)
                """,
                channel=channel_id,
                told=SQL(", ").join(
                    SQL("(%s, %s)", each.external_id, each.sku or "") for each in page
                ),
            )
        )
        return self.env["channel.listing"].browse(row[0] for row in rows)

    def _find_renamed(self, channel_id, page):
        """Matched listings that have another SKU than they had.

        :return: list of (id of the listing, product.product): the product whose
            internal reference the new SKU is, where it is not the one that is sold
        """
        self.env["product.product"].flush_model(["default_code", "active"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT listing.id, (
                       SELECT min(other.id) FROM product_product other
                         JOIN product_template template
                           ON template.id = other.product_tmpl_id
                        WHERE other.default_code = told.sku AND other.active
                          AND COALESCE(template.company_id, listing.company_id)
                              = listing.company_id
                       HAVING bool_and(other.id <> listing.product_id))
                  FROM channel_listing listing
                  JOIN (VALUES %(told)s) AS told (external_id, sku)
                    ON told.external_id = listing.external_id
                 WHERE listing.channel_id = %(channel)s AND listing.state = 'mapped'
                   AND COALESCE(listing.sku, '') <> told.sku
                """,
                channel=channel_id,
                told=SQL(", ").join(
                    SQL("(%s, %s)", each.external_id, each.sku or "") for each in page
                ),
            )
        )
        products = self.env["product.product"]
        return [
            (listing_id, products.browse(other or ())) for listing_id, other in rows
        ]

    def _row(self, channel_id, company, data):
        return SQL(
            "(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::numeric, "
            "%s::numeric, 'unmapped', %s, %s, %s, %s, "
            "now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')",
            channel_id,
            company.id,
            data.external_id,
            data.stock_ref,
            data.sku or None,
            data.barcode or None,
            data.title or None,
            data.tracked,
            data.active,
            data.note or None,
            bool(data.sells_below_zero),
            data.pack is not None,
            data.pack or Decimal(0),
            data.price,
            data.weight,
            data.pack or Decimal(1),
            data.pack or Decimal(1),
            self.env.uid,
            self.env.uid,
        )

    def _get_known(self, channel):
        """:return: ids of the listings that there are before the catalogue is read.
        Neither their time nor their ids could tell that later: a row has both from
        before its transaction was committed."""
        with own_transaction(self.env) as env:
            rows = env.execute_query(
                SQL(
                    "SELECT id FROM channel_listing "
                    "WHERE channel_id = %s AND state <> 'gone' ORDER BY id",
                    channel.id,
                )
            )
        return [listing_id for (listing_id,) in rows]

    def _mark_gone(self, channel_id, seen, known):
        """Mark what the channel no longer has, a slice of the catalogue at a time.

        :param known: ids of listings that were there to be seen, see ``_get_known``
        """
        for start in range(0, len(known), SLICE):
            rows = self._slice(channel_id, known[start : start + SLICE])
            gone = [listing_id for listing_id, ref in rows if ref not in seen]
            self.env["channel.listing"].browse(gone)._mark_gone()

    def _slice(self, channel_id, listing_ids):
        return self.env.execute_query(
            SQL(
                """
                SELECT id, external_id FROM channel_listing
                 WHERE channel_id = %s AND state <> 'gone' AND id = ANY(%s)
                 ORDER BY id
                """,
                channel_id,
                listing_ids,
            )
        )
