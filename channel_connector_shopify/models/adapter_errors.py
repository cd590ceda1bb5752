from odoo import models

from odoo.addons.channel_inventory_base import exceptions

from .. import errors


class ChannelAdapterShopify(models.AbstractModel):
    """What is Shopify's own in the translation of errors: kinds and words."""

    _inherit = "channel.adapter.shopify"

    def _kind_of(self, error):
        if isinstance(error, errors.Busy):
            return exceptions.UncertainError
        return super()._kind_of(error)

    def _words_by_code(self, error):
        words = super()._words_by_code(error)
        if isinstance(error, errors.Misconfigured):
            words |= {
                "402": self.env._(
                    "The store is frozen: its owner has to pay Shopify's bill."
                ),
                "404": self.env._(
                    "There is no such store, or it does not know this API version. "
                    "The address is that of the store's admin, such as "
                    "https://my-shop.myshopify.com"
                ),
                "SHOP_INACTIVE": self.env._("The store is not active at Shopify."),
            }
        return words

    def _words_for(self, error):
        if isinstance(error, errors.Unauthorized):
            return self.env._(
                "Shopify does not accept the credentials. Check that the app is still "
                "installed in the store, and enter its token or secret again."
            )
        if isinstance(error, errors.Forbidden):
            return self.env._("Shopify denies access: %s", error)
        if isinstance(error, errors.Misconfigured):
            return super()._words_for(error)
        if isinstance(error, errors.Throttled):
            return self.env._("Shopify asks us to slow down: %s", error)
        if error.uncertain:
            return self.env._(
                "Shopify's answer was lost (%s). The same request will be repeated; it "
                "is carried out once.",
                error,
            )
        if isinstance(error, errors.Unavailable):
            return self.env._("Shopify cannot be reached or fails: %s", error)
        return self.env._("Shopify refuses: %s", error)
