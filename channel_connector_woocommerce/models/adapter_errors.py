from odoo import models

from odoo.addons.channel_inventory_base import exceptions

from .. import errors


class ChannelAdapterWoocommerce(models.AbstractModel):
    """What is WooCommerce's own in the translation of errors: kinds and words."""

    _inherit = "channel.adapter.woocommerce"

    def _kind_of(self, error):
        outage = isinstance(error, errors.Unavailable) and not error.uncertain
        if outage and error.retry_after:
            # a maintenance page that says how long: wait as it asks
            return exceptions.ThrottledError
        return super()._kind_of(error)

    def _words_by_code(self, error):
        words = super()._words_by_code(error)
        if isinstance(error, errors.Misconfigured):
            words |= {
                "REDIRECT": self.env._(
                    "The address leads on to %s: enter that one, as it is in the "
                    "browser when the shop is open.",
                    error,
                ),
                "NO_REST": self.env._(
                    "There is no REST API at this address, neither at /wp-json/ nor "
                    "at ?rest_route=/. Is it the address of the WordPress site? A "
                    "security plugin may have switched the API off."
                ),
                "NO_WOOCOMMERCE": self.env._(
                    "The site answers, but WooCommerce is not active on it."
                ),
                "NO_ROUTE": self.env._(
                    "The shop does not know this request: its WooCommerce is older "
                    "than version 3.5, or a plugin has removed it."
                ),
            }
        return words

    def _words_for(self, error):
        if isinstance(error, errors.Unauthorized):
            return self.env._(
                "WooCommerce does not accept the keys (%s). Make a new pair under "
                "WooCommerce > Settings > Advanced > REST API and enter it here. If "
                "they are right, the web server may take the Authorization header "
                "away: ask your host to pass it on.",
                error,
            )
        if isinstance(error, errors.Forbidden):
            return self.env._(
                "The keys are not allowed to do this (%s). They need the permission "
                "Read/Write, and their user must be a shop manager.",
                error,
            )
        if isinstance(error, errors.Misconfigured):
            return super()._words_for(error)
        if isinstance(error, errors.Unavailable):
            return self._words_for_outage(error)
        if isinstance(error, errors.Throttled):
            return self.env._("The shop's host asks us to slow down: %s", error)
        return self.env._("WooCommerce refuses: %s", error)

    def _words_for_outage(self, error):
        words = {
            "HTML": self.env._(
                "The shop answers with a web page instead of data: maintenance, a "
                "firewall, or an error of a plugin."
            ),
            "NOT_JSON": self.env._("The shop's answer broke off, or is no data."),
            "CACHED": self.env._(
                "A cache before the shop answers in its place, with what was so a "
                "while ago. Exclude /wp-json/ from it (in the cache's plugin, at the "
                "host or the CDN)."
            ),
            "FIREWALL": self.env._(
                "A firewall or security plugin of the shop turns us away: allow the "
                "address of this server there."
            ),
        }
        plain = words.get(error.code) or self.env._(
            "The shop cannot be reached or fails: %s", error
        )
        if error.code in ("HTML", "NOT_JSON") and error.detail:
            plain = self.env._(
                "%(words)s It begins with: %(text)s",
                words=plain,
                text=" ".join(error.detail.split())[:120],
            )
        if error.uncertain:
            return self.env._("Not known whether it was carried out. %s", plain)
        return plain
