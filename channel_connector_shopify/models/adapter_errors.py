from contextlib import contextmanager

from odoo import models
from odoo.exceptions import UserError

from odoo.addons.channel_inventory_base import exceptions

from .. import errors
from ..lib.webhook import Forged


class ChannelAdapterShopify(models.AbstractModel):
    """The one place where Shopify's errors become the base's, with words."""

    _inherit = "channel.adapter.shopify"

    @contextmanager
    def _translated(self):
        """Around everything that speaks to Shopify or reads what it said."""
        try:
            yield
        except errors.ShopifyError as error:
            raise self._translate(error) from error
        except UserError as error:
            # the server's encryption key is missing or another
            raise exceptions.ConfigurationError(str(error)) from error

    def _translate(self, error):
        """:return: the base's error, with words for the operator"""
        if isinstance(error, errors.Malformed):
            return exceptions.MalformedDataError(error.reason, path=error.path)
        kind, more = self._kind_of(error), {}
        if kind is exceptions.ThrottledError:
            more["retry_after"] = error.retry_after
        words = self._words_for(error)
        if error.request_id:
            words = self.env._(
                "%(words)s (request %(id)s)", words=words, id=error.request_id
            )
        return kind(words, code=error.code, detail=error.detail, **more)

    def _kind_of(self, error):
        if isinstance(error, errors.Busy) or error.uncertain:
            return exceptions.UncertainError
        return {
            errors.Throttled: exceptions.ThrottledError,
            errors.Unavailable: exceptions.UnavailableError,
            errors.Unauthorized: exceptions.AuthError,
            errors.Forbidden: exceptions.AuthError,
            errors.Misconfigured: exceptions.ConfigurationError,
            errors.BurntKey: exceptions.StaleKeyError,
            Forged: exceptions.ForgedError,
        }.get(type(error), exceptions.RejectedError)

    def _words_for(self, error):
        if isinstance(error, errors.Unauthorized):
            return self.env._(
                "Shopify does not accept the credentials. Check that the app is still "
                "installed in the store, and enter its token or secret again."
            )
        if isinstance(error, errors.Forbidden):
            return self.env._("Shopify denies access: %s", error)
        if isinstance(error, errors.Misconfigured):
            return self._words_for_settings(error)
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

    def _words_for_settings(self, error):
        words = {
            "402": self.env._(
                "The store is frozen: its owner has to pay Shopify's bill."
            ),
            "404": self.env._(
                "There is no such store, or it does not know this API version. The "
                "address is that of the store's admin, such as "
                "https://my-shop.myshopify.com"
            ),
            "SHOP_INACTIVE": self.env._("The store is not active at Shopify."),
            "TLS": self.env._("The certificate of the address is not trusted."),
        }
        return words.get(error.code) or self.env._(
            "The settings do not work: %s", error
        )
