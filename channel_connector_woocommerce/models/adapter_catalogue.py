from odoo import api, models

from odoo.addons.channel_inventory_base import schemas

from .. import mapper
from ..const import API, NODE


class ChannelAdapterWoocommerce(models.AbstractModel):
    """What the shop sells. It knows one place."""

    _inherit = "channel.adapter.woocommerce"

    @api.model
    def _fetch_nodes(self, channel):
        return [schemas.NodeData(NODE, self.env._("The shop's stock"))]

    @api.model
    def _iter_listings(self, channel):
        """Simple products, and the variations of variable ones: those have no list of
        their own."""
        with self._connected(channel) as client:
            products = client.pages(
                f"{API}/products", status="any", orderby="id", order="asc"
            )
            for page in products:
                yield [
                    listing
                    for raw in page
                    for listing in self._listings_of(client, raw)
                ]

    def _listings_of(self, client, raw):
        if raw.get("type") != "variable":
            yield self._listing(raw)
            return
        route = f"{API}/products/{raw['id']}/variations"
        variations = [
            self._listing(variation, raw)
            for page in client.pages(route, status="any", orderby="id", order="asc")
            for variation in page
        ]
        if any(each.stock_of for each in variations):
            yield self._shared_listing(raw)
        yield from variations

    def _listing(self, raw, parent=None):
        values, reason = mapper.listing(raw, parent)
        note = self._words_for_untracked(reason) if reason else ""
        return schemas.load(schemas.ListingData, dict(values, note=note))

    def _shared_listing(self, raw):
        values = mapper.shared_listing(raw)
        title = self.env._("%s: stock of its variations", values["title"])
        return schemas.load(schemas.ListingData, dict(values, title=title))

    def _words_for_untracked(self, reason):
        return {
            "parent": self.env._(
                "It and other variations share the stock of their product, which is "
                "a listing of its own."
            ),
            "unmanaged": self.env._(
                "The shop keeps no stock figure for it. Switch on “Track stock "
                "quantity for this product” in WooCommerce."
            ),
            "type": self.env._(
                "It is sold elsewhere or as its parts: such a product has no stock of "
                "its own."
            ),
        }[reason]
