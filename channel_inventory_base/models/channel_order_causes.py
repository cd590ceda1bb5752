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
        self.state = "blocked"
        for refusal in causes:
            self._report_refusal(refusal)
        self._resolve_causes(causes)

    def _report_refusal(self, refusal):
        """What other orders may be stopped by is reported as one for all of them."""
        if not refusal.cause:
            self._block(refusal.category, refusal.message, refusal.suggestion)
            return
        self.env["channel.exception"]._report(
            self.channel_id,
            refusal.category,
            key=refusal.cause,
            message=refusal.message,
            suggestion=refusal.suggestion,
            record=refusal.record,
            orders=self,
        )

    def _resolve_causes(self, causes=()):
        """Causes of earlier imports that are gone.

        :param causes: those that stand
        """
        own = {each.category for each in causes if not each.cause}
        exceptions = self.env["channel.exception"]
        exceptions._resolve_keys(
            self.channel_id,
            [f"order:{self.id}:{each}" for each in CHECKED if each not in own],
        )
        shared = [each.cause for each in causes if each.cause]
        exceptions._leave(
            self, [("category", "in", CHECKED), ("key", "not in", shared)]
        )

    def _find_causes(self, data):
        """:return: list of OrderRefusedError, maybe several of a category"""
        causes = [
            *self._gather(data, self._check_test),
            *self._find_unmapped(data),
            *self._gather(data, self._check_fractions),
        ]
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
