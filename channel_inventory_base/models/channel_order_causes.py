from odoo import models

from ..tools.refusal import OrderRefusedError, merge

# Categories that are settled by each import: what it does not report is gone.
CHECKED = (
    "unknown_sku",
    "fraction",
    "total_mismatch",
    "currency",
    "tax",
    "address",
    "duplicate",
    "risk",
    "payment",
    "credit",
    "routing",
    "short_stock",
    "test_order",
    "configuration",
    "import",
)


class ChannelOrder(models.Model):
    """All that stops an order, told at once.

    An import stops at the first thing that is wrong, which costs the many good orders
    nothing. Only then everything else is looked at, so that a person who mends one
    cause is not sent the next one an hour later.
    """

    _inherit = "channel.order"

    def _block_for(self, refusal, data):
        """Stop this order for a refusal and for all else that is wrong with it."""
        causes = merge([refusal, *self._find_causes(data)])
        for cause in causes:
            self._block(cause.category, cause.message, cause.suggestion)
        self._resolve_causes([cause.category for cause in causes])

    def _resolve_causes(self, but=()):
        """Causes of earlier imports that are gone."""
        gone = [each for each in CHECKED if each not in but]
        self.env["channel.exception"]._resolve_keys(
            self.channel_id, [f"order:{self.id}:{category}" for category in gone]
        )

    def _find_causes(self, data):
        """:return: list of OrderRefusedError, maybe several of a category"""
        causes = self._gather(
            data, self._check_test, self._check_mapping, self._check_fractions
        )
        in_currency = self._gather(data, self._check_currency)
        if not in_currency:
            # amounts mean nothing in a currency that is not known
            causes += self._gather(data, self._check_figures)
            causes += self._find_unmapped_taxes(data)
        return [
            *causes,
            *in_currency,
            *self._gather(data, self._check_services, self._check_countries),
            *self._gather(data, *self._get_policy_checks()),
            *self._find_confirm_causes(data),
        ]

    def _gather(self, data, *checks):
        causes = []
        for check in checks:
            try:
                check(data)
            except OrderRefusedError as refusal:
                causes.append(refusal)
        return causes

    def _find_confirm_causes(self, data):
        if not self._is_confirm_due(data):
            return []
        return self._gather(data, self._check_payment, self._check_credit)

    def _find_unmapped_taxes(self, data):
        """Each rate once that has no tax, of all lines."""
        maps = self.channel_id.tax_map_ids
        bought = [line for line in data.lines if line.quantity]
        return self._gather(
            data,
            *(
                lambda _data, one=line: maps._find(one.taxes, data.taxes_included)
                for line in (*bought, *data.shipping_lines)
            ),
        )

    def _check_services(self, data):
        """:raise OrderRefusedError: there is no product for what is no product"""
        for kind in sorted({line.kind for line in data.shipping_lines}):
            self._get_charge_product(kind)
        if any(line.discount for line in (*data.lines, *data.shipping_lines)):
            self._get_service("discount_product_id")

    def _check_countries(self, data):
        """:raise OrderRefusedError: an address is in no country that Odoo knows"""
        for address in (data.billing, data.shipping):
            self._prepare_address_vals(address, data)
