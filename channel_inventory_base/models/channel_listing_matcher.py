# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import SUPERUSER_ID, api, models
from odoo.tools import SQL

# As it is indexed on products: what people type may differ in case and blanks.
PLAIN_SKU = SQL("lower(regexp_replace(default_code, '\\s', '', 'g'))")

# All ways to write the barcode of ``listing``: a GTIN of 8, 12, 13 or 14 digits is the
# same one with zeros before it. A list, so that each is looked up in an index.
SAME_GTIN = SQL(
    """(listing.barcode,
        CASE WHEN listing.barcode ~ '^([0-9]{8}|[0-9]{12,14})$'
             THEN lpad(ltrim(listing.barcode, '0'), 14, '0') END,
        CASE WHEN listing.barcode ~ '^([0-9]{8}|[0-9]{12,14})$'
              AND length(ltrim(listing.barcode, '0')) <= 13
             THEN lpad(ltrim(listing.barcode, '0'), 13, '0') END,
        CASE WHEN listing.barcode ~ '^([0-9]{8}|[0-9]{12,14})$'
              AND length(ltrim(listing.barcode, '0')) <= 12
             THEN lpad(ltrim(listing.barcode, '0'), 12, '0') END,
        CASE WHEN listing.barcode ~ '^([0-9]{8}|[0-9]{12,14})$'
              AND length(ltrim(listing.barcode, '0')) <= 8
             THEN lpad(ltrim(listing.barcode, '0'), 8, '0') END)"""
)


class ChannelListingMatcher(models.AbstractModel):
    """Finds the products that listings may be."""

    _name = "channel.listing.matcher"
    _description = "Matcher of Listings"

    @api.model
    def _suggest(self, listings):
        """Suggest products by SKU, then by barcode, then by a SKU that differs in case
        or blanks, then by the name; one statement for any number. The barcode of a
        packaging tells the pack, too. GTINs are compared as 14 digits.

        A match on both sides unique and by the exact SKU is accepted as it is;
        everything else waits for an operator. Of two listings with one SKU each would
        show all of its stock: that is for a person to want. So is a pack that nobody
        knows: the stock of one piece is not that of a case.
        """
        # what others share the figure of is matched as they are
        ids = listings.filtered(
            lambda each: each.state == "unmapped" and not each.sharing_ids
        ).ids
        if not ids:
            return
        rows = self.env.execute_query(self._query(ids))
        by_reason = {}
        for listing_id, product_id, reason, uom_id in rows:
            key = reason, product_id, uom_id
            by_reason.setdefault(key, []).append(listing_id)
        for (reason, product_id, uom_id), listing_ids in by_reason.items():
            found = listings.browse(listing_ids)
            # sudo: what is suggested, and why, is not for people to write
            found.sudo().write(
                {
                    "suggested_product_id": product_id,
                    "suggested_uom_id": uom_id,
                    "match_reason": self._get_match_reason(reason),
                    "state": "review",
                }
            )
            if reason == "sku":
                # by nobody: whoever had the catalogue read may approve the match
                found.with_user(SUPERUSER_ID).action_accept()

    def _get_match_reason(self, reason):
        return {
            "sku": self.env._("Same SKU as the internal reference"),
            "barcode": self.env._("Same barcode"),
            "several": self.env._("Several products have this SKU or barcode"),
            "like": self.env._("The SKU differs only in case or spaces"),
            "name": self.env._("Same name"),
            "pack": self.env._("Same barcode as a packaging of the product"),
            "open": self.env._(
                "Same SKU as the internal reference; units per sold unit are not known"
            ),
            "shared": self.env._(
                "Several listings of the channel have this SKU: each would offer its "
                "whole stock"
            ),
        }[reason]

    def _query(self, ids):
        """Rows (listing, product, reason, unit of a packaging or null): the best
        candidate of each listing."""
        self.env["product.product"].flush_model(["default_code", "barcode", "active"])
        self.env["product.uom"].flush_model()
        self.env["channel.listing"].browse(ids).flush_recordset(
            ["sku", "barcode", "channel_id", "tells_pack", "told_pack"]
        )
        return SQL(
            """
            WITH candidate AS (
                SELECT listing.id AS listing_id, product.id AS product_id, 'sku' AS how,
                       NULL::int AS uom_id
                  FROM channel_listing listing
                  JOIN product_product product ON product.default_code = listing.sku
                  JOIN product_template template
                    ON template.id = product.product_tmpl_id
                 WHERE listing.id = ANY(%(ids)s) AND product.active AND listing.sku > ''
                   AND COALESCE(template.company_id, listing.company_id)
                       = listing.company_id
                UNION ALL
                SELECT listing.id, product.id, 'barcode', NULL
                  FROM channel_listing listing
                  JOIN product_product product ON product.barcode IN %(gtins)s
                  JOIN product_template template
                    ON template.id = product.product_tmpl_id
                 WHERE listing.id = ANY(%(ids)s) AND product.active
                   AND listing.barcode > ''
                   AND COALESCE(template.company_id, listing.company_id)
                       = listing.company_id
                UNION ALL
                SELECT listing.id, product.id, 'pack', packaging.uom_id
                  FROM channel_listing listing
                  JOIN product_uom packaging ON packaging.barcode IN %(gtins)s
                  JOIN product_product product ON product.id = packaging.product_id
                  JOIN product_template template
                    ON template.id = product.product_tmpl_id
                 WHERE listing.id = ANY(%(ids)s) AND product.active
                   AND listing.barcode > ''
                   AND COALESCE(template.company_id, listing.company_id)
                       = listing.company_id
                   AND COALESCE(packaging.company_id, listing.company_id)
                       = listing.company_id
            ),
            exact AS (
                SELECT listing_id,
                       (array_agg(product_id ORDER BY how DESC, product_id))[1]
                           AS product_id,
                       -- the packaging is told beside the SKU of its product
                       CASE WHEN count(DISTINCT product_id) > 1 THEN 'several'
                            WHEN bool_or(how = 'pack') THEN 'pack'
                            ELSE max(how) END AS how,
                       CASE WHEN count(DISTINCT product_id) = 1
                            THEN max(uom_id) END AS uom_id
                  FROM candidate GROUP BY listing_id
            ),
            guess AS (
                SELECT listing.id AS listing_id, product.id AS product_id, 'like' AS how
                  FROM channel_listing listing
                  JOIN product_product product ON %(plain_code)s = %(plain_sku)s
                 WHERE listing.id = ANY(%(ids)s) AND product.active
                   AND %(plain_sku)s > ''
                UNION ALL
                SELECT listing.id, product.id, 'name'
                  FROM channel_listing listing
                  JOIN product_template named
                    ON named.name ->> 'en_US' = listing.title AND named.active
                  JOIN product_product product ON product.product_tmpl_id = named.id
                 WHERE listing.id = ANY(%(ids)s) AND product.active
            ),
            likely AS (
                SELECT DISTINCT ON (guess.listing_id) guess.listing_id,
                       guess.product_id, how
                  FROM guess
                  JOIN channel_listing listing ON listing.id = guess.listing_id
                  JOIN product_product product ON product.id = guess.product_id
                  JOIN product_template template
                    ON template.id = product.product_tmpl_id
                 WHERE guess.listing_id NOT IN (SELECT listing_id FROM exact)
                   AND COALESCE(template.company_id, listing.company_id)
                       = listing.company_id
                 ORDER BY guess.listing_id, how, guess.product_id
            )
            SELECT exact.listing_id, exact.product_id,
                   CASE WHEN how = 'sku' AND EXISTS (
                             SELECT FROM channel_listing own
                               JOIN channel_listing twin
                                 ON twin.channel_id = own.channel_id
                                AND twin.sku = own.sku AND twin.id <> own.id
                                AND twin.active AND twin.stock_listing_id IS NULL
                                AND twin.state NOT IN ('ignored', 'gone')
                              WHERE own.id = exact.listing_id
                                AND own.stock_listing_id IS NULL)
                        THEN 'shared'
                        WHEN how = 'sku' AND EXISTS (
                             SELECT FROM channel_listing own
                              WHERE own.id = exact.listing_id AND own.tells_pack
                                AND COALESCE(own.told_pack, 0) = 0)
                        THEN 'open' ELSE how END, uom_id
              FROM exact
            UNION ALL
            SELECT listing_id, product_id, how, NULL FROM likely
            """,
            ids=list(ids),
            gtins=SAME_GTIN,
            plain_code=PLAIN_SKU,
            plain_sku=SQL("lower(regexp_replace(listing.sku, '\\s', '', 'g'))"),
        )
