# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

TERMS = ("sold_as", "mapping_id", "product_id", "uom_id", "pack_qty", "stock_factor")
"""What an order line was sold as: fields of ``channel.order.line``."""
WAITING = ("blocked", "parked")
"""Orders that may wait because of a wrong mapping."""
WRONG_CLOCK = timedelta(days=1)
"""So far a channel's clock may be off (``channel.channel._remember_clock``)."""


class ChannelSold(models.AbstractModel):
    """The terms that order lines were sold on: the mapping in effect at that time.

    A line gets its terms (product, unit, pack) when it is captured and keeps them, even
    if the listing changes. A line that nothing was known for takes the first mapping
    there is, and the lines of an order that is *blocked* or *parked* take a mended one,
    as long as they are in no confirmed sale order: that is what a mapping is mended
    for. Others that are not confirmed take it when a person says so.
    """

    _name = "channel.sold"
    _description = "Sold Product"

    # ------------------------------------------------------------- capture
    @api.model
    def _prepare_terms(self, order, line, line_data, terms):
        """:param line: the line as it is stored, empty for a new one
        :param terms: what ``_find_terms`` says of the listings of the order
        :return: values of TERMS, empty where the line keeps what it has
        """
        listing_ref = line_data.listing_ref
        if line and line._keeps_terms(listing_ref):
            return {}
        if listing_ref:
            return terms[listing_ref]
        if line.listing_id:
            return self._terms_of(line.listing_id, order)
        return self._terms_without_listing(order, line_data.sku, line_data.title)

    @api.model
    def _find_terms(self, listings, order=None):
        """Values of TERMS for what was sold of listings when ``order`` was placed.

        :param listings: listing by any key
        :param order: channel.order; None: what is sold now
        :return: values by that key
        """
        versions = self._find_versions(list(listings.values()), order)
        return {
            key: self._prepare_values(listing, versions.get(listing.id))
            for key, listing in listings.items()
        }

    @api.model
    def _terms_of(self, listing, order=None):
        return self._find_terms({0: listing}, order)[0]

    @api.model
    def _prepare_values(self, listing, version):
        """Without a mapping in effect, what the listing was last is held, as a guess.

        :param version: the mapping that counts, None for the present one
        """
        present = listing.version_id if listing.state == "mapped" else None
        version = version or present
        source = version if version and version != present else listing
        return {
            "sold_as": "mapping" if version or listing.state == "mapped" else False,
            "mapping_id": version.id if version else False,
            "product_id": source.product_id.id,
            "uom_id": source.uom_id.id,
            "pack_qty": source.pack_qty,
            "stock_factor": source.stock_factor,
        }

    @api.model
    def _find_versions(self, listings, order):
        """Mappings that were in effect at that time and are no longer; where there was
        none, the present one counts.

        The order was placed by the channel's clock, and mappings are dated by ours:
        one that is wrong would sell as the new pack what was sold as the old one.

        :return: listing id -> version
        """
        placed_at = order and order.placed_at
        if not placed_at:
            return {}
        old = [each.id for each in listings if _was_other(each, placed_at)]
        if not old:
            return {}
        moment = order.channel_id._get_our_time(placed_at)
        found = self.env["channel.listing.version"].search(
            [
                ("listing_id", "in", old),
                ("state", "in", ("active", "retired")),
                ("listing_state", "=", "mapped"),
                ("activated_at", "<=", moment),
                "|",
                ("retired_at", "=", False),
                ("retired_at", ">", moment),
            ],
            order="number",
        )
        return {each.listing_id.id: each for each in found}

    @api.model
    def _terms_without_listing(self, order, sku, title):
        """A guess by SKU or title for what the channel no longer has; else it never
        was in the catalogue, and there is a product for that."""
        listing = self._find_like(order.channel_id, sku, title)
        if listing:
            return dict(self._terms_of(listing, order), sold_as=False)
        if product := self._find_product(order, sku):
            return self._terms_of_product(product, False)
        product = order.channel_id.custom_product_id
        return self._terms_of_product(product, "custom" if product else False)

    @api.model
    def _find_like(self, channel, sku, title):
        """The one listing of the channel that had this SKU, else this title."""
        listings = self.env["channel.listing"].with_context(active_test=False)
        for field, text in (("sku", sku), ("title", title)):
            found = text and listings.search(
                [
                    ("channel_id", "=", channel.id),
                    (field, "=", text),
                    ("product_id", "!=", False),
                ],
                limit=2,
            )
            if found:
                # of two nobody knows which; the first is held, an operator decides
                return found[:1]
        return listings

    @api.model
    def _find_product(self, order, sku):
        products = self.env["product.product"]
        return sku and products.search(
            [
                ("default_code", "=", sku),
                ("company_id", "in", (False, order.company_id.id)),
            ],
            limit=1,
        )

    @api.model
    def _terms_of_product(self, product, sold_as, pack_qty=1.0):
        return {
            "sold_as": sold_as,
            "mapping_id": False,
            "product_id": product.id,
            "uom_id": product.uom_id.id,
            "pack_qty": pack_qty,
            "stock_factor": pack_qty,
        }

    # -------------------------------------------------------------- mended
    @api.model
    def _follow_listings(self, listings):
        """Lines and holds that may take what these listings are matched to now."""
        if listings:
            self._take_present(SQL("line.listing_id = ANY(%s)", list(listings.ids)))
            self.env["channel.hold"]._follow_listings(listings)

    @api.model
    def _follow_orders(self, orders, states=WAITING):
        """Lines of these that may take what their listings are matched to now.

        :param states: of orders that take another mapping than they have
        """
        if not orders:
            return
        self._take_present(SQL("line.order_id = ANY(%s)", list(orders.ids)), states)
        for line in orders.line_ids:
            if not line.listing_id and not line.sold_as:
                order = line.order_id
                line.write(self._terms_without_listing(order, line.sku, line.title))
        self.env["channel.hold"]._follow_lines(orders.line_ids)

    @api.model
    def _take_present(self, condition, states=WAITING):
        """Set based: a listing may be in ten thousand orders."""
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """
                UPDATE channel_order_line line
                   SET sold_as = CASE listing.state WHEN 'mapped' THEN 'mapping' END,
                       mapping_id = CASE listing.state WHEN 'mapped'
                                    THEN listing.version_id END,
                       product_id = listing.product_id, uom_id = listing.uom_id,
                       pack_qty = listing.pack_qty,
                       stock_factor = listing.stock_factor%s
                  FROM channel_listing listing, channel_order own
                 WHERE listing.id = line.listing_id AND own.id = line.order_id
                   AND own.state NOT IN ('cancelled', 'closed', 'gone')
                   AND (line.sold_as IS NULL
                        OR own.state = ANY(%s) AND listing.state = 'mapped')
                   AND NOT (%s)
                   AND (line.sold_as, line.mapping_id, line.product_id, line.uom_id,
                        line.pack_qty, line.stock_factor)
                       IS DISTINCT FROM
                       (CASE listing.state WHEN 'mapped' THEN 'mapping' END,
                        CASE listing.state WHEN 'mapped' THEN listing.version_id END,
                        listing.product_id, listing.uom_id, listing.pack_qty,
                        listing.stock_factor)
                   AND %s
                RETURNING line.id
                """,
                self._assign_further(),
                list(states),
                self._is_confirmed(),
                condition,
            )
        )
        self.env["channel.order.line"].invalidate_model()

    def _is_confirmed(self):
        """Hook: condition of a ``line`` that is in a confirmed sale order."""
        return SQL("false")

    def _assign_further(self):
        """Hook: assignments of a ``line`` that takes what ``listing`` is matched to,
        each after a comma."""
        return SQL("")


def _was_other(listing, placed_at):
    """Whether another mapping may have been in effect then, by whatever clock."""
    present = listing.version_id
    if listing.state != "mapped" or not present.activated_at:
        return True
    return present.activated_at > placed_at - WRONG_CLOCK
