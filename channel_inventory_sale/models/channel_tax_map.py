# SPDX-License-Identifier: AGPL-3.0-or-later
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import float_compare

from odoo.addons.channel_inventory_base.schemas import TaxData

from ..tools.refusal import OrderRefusedError

DIGITS = (16, 4)
NO_TAX = TaxData(title="", rate=Decimal(0), amount=Decimal(0))


class ChannelTaxMap(models.Model):
    """Maps a tax rate of a channel to an Odoo tax.

    A channel names rates, not accounts: 20 % inside the price is another Odoo tax
    than 20 % on top of it. Where two taxes have the same rate (state and county), the
    channel's title tells them apart.
    """

    _name = "channel.tax.map"
    _description = "Channel Tax Mapping"
    _inherit = ["channel.guarded"]
    _order = "channel_id, price_included, rate, title, id"
    _check_company_auto = True

    channel_id = fields.Many2one(
        "channel.channel", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        related="channel_id.company_id", store=True, index=True, precompute=True
    )
    market_id = fields.Many2one(
        "channel.market",
        check_company=True,
        ondelete="cascade",
        index="btree_not_null",
        domain="[('channel_id', '=', channel_id)]",
        help="Empty: any market, when none fits better.",
    )
    rate = fields.Float(
        string="Rate (%)",
        digits=DIGITS,
        aggregator=None,
        help="The rate charged by the channel. Untaxed lines use a mapping for 0.",
    )
    title = fields.Char(
        help="The channel's name for the tax. Empty: any name, when none fits better."
    )
    price_included = fields.Boolean(
        string="Included in Price",
        help="Whether it is for orders whose prices contain the tax.",
    )
    tax_id = fields.Many2one(
        "account.tax",
        required=True,
        check_company=True,
        ondelete="restrict",
        domain="[('type_tax_use', '=', 'sale')]",
    )

    _rate_uniq = models.UniqueIndex(
        "(channel_id, rate, price_included, COALESCE(title, ''), "
        "COALESCE(market_id, 0))",
        "The channel has a mapping for this rate and title already.",
    )

    @api.depends("rate", "title", "tax_id")
    def _compute_display_name(self):
        for each in self:
            name = f"{each.rate:g} % {each.title or ''}".strip()
            each.display_name = f"{name} → {each.tax_id.name or ''}"

    @api.constrains("rate", "price_included", "tax_id")
    def _check_tax(self):
        for each in self:
            if problem := each._find_problem():
                raise ValidationError(problem)

    @api.constrains("channel_id", "market_id")
    def _check_market(self):
        for each in self:
            if each.market_id and each.market_id.channel_id != each.channel_id:
                raise ValidationError(
                    self.env._(
                        "%(market)s is no market of %(channel)s.",
                        market=each.market_id.name,
                        channel=each.channel_id.name,
                    )
                )

    # ---------------------------------------------------------------- CRUD
    @api.model_create_multi
    def create(self, vals_list):
        maps = super().create(vals_list)
        self.env["channel.order"]._retry_blocked(maps.channel_id, ("tax",))
        return maps

    def write(self, vals):
        result = super().write(vals)
        self.env["channel.order"]._retry_blocked(self.channel_id, ("tax",))
        return result

    # ------------------------------------------------------------ business
    def _find_problem(self):
        """In words, why the tax cannot stand for the rate; None when it can.

        Asked at every use too: the tax may have changed since it was mapped.
        """
        self.ensure_one()
        tax = self.tax_id
        if tax.amount_type != "percent":
            return self.env._("%s is not a percentage of the price.", tax.name)
        if float_compare(tax.amount, self.rate, precision_digits=DIGITS[1]):
            return self.env._(
                "%(tax)s is %(amount)s %%, the channel charges %(rate)s %%.",
                tax=tax.name,
                amount=f"{tax.amount:g}",
                rate=f"{self.rate:g}",
            )
        if tax.price_include != self.price_included:
            return self.env._(
                "%s must be included in the price where the channel includes it, "
                "and on top where it does not.",
                tax.name,
            )
        return None

    # ------------------------------------------------------------- business
    def _find(self, taxes, included, market=None):
        """The Odoo taxes for the taxes of one line.

        :param taxes: schemas.TaxData of the line, maybe none
        :param included: whether the order's prices contain tax
        :param market: the order's, if its channel has any
        :return: list of (account.tax, schemas.TaxData). A line without taxes gets the
            one that is mapped to 0 %, when there is one.
        :raise OrderRefusedError: a rate has no mapping, or not a usable one
        """
        maps = self.filtered(
            lambda each: not each.market_id or each.market_id == market
        )
        return maps._find_own(taxes, included)

    def _find_own(self, taxes, included):
        # a channel may name the tax it does not charge
        charged = [each for each in taxes if each.rate or each.amount]
        if not charged:
            free = taxes[0] if taxes else NO_TAX
            mapping = self._best(free, included)
            return [(mapping.tax_id, free)] if mapping else []
        found = [(self._get_tax(each, included), each) for each in charged]
        if len({tax for tax, _each in found}) < len(found):
            names = ", ".join(sorted({tax.name for tax, _each in found}))
            raise self._refusal(
                self.env._("Several taxes of one line are mapped to %s.", names),
                f"tax:several:{names}",
            )
        return found

    def _get_tax(self, tax, included):
        mapping = self._best(tax, included)
        if not mapping:
            raise self._unmapped(tax, included)
        if problem := mapping._find_problem():
            raise self._refusal(problem, f"tax:map:{mapping.id}")
        return mapping.tax_id

    def _best(self, tax, included):
        """The mapping by rate and title, else by rate alone; the market's own first."""
        percent = float(tax.rate * 100)
        fitting = self.filtered(
            lambda each: (
                each.price_included == included
                and not float_compare(each.rate, percent, precision_digits=DIGITS[1])
            )
        )
        fitting = fitting.sorted(lambda each: not each.market_id)
        return (
            fitting.filtered(lambda each: each.title and each.title == tax.title)
            or fitting.filtered(lambda each: not each.title)
        )[:1]

    # ------------------------------------------------------------- refusals
    def _unmapped(self, tax, included):
        values = {"rate": f"{float(tax.rate * 100):g}", "title": tax.title or "?"}
        if included:
            message = self.env._(
                "No tax is mapped to “%(title)s”, %(rate)s %% included in the price.",
                **values,
            )
        else:
            message = self.env._(
                "No tax is mapped to “%(title)s”, %(rate)s %% on top of the price.",
                **values,
            )
        cause = f"tax:{values['rate']}:{int(included)}:{tax.title or ''}"
        return self._refusal(message, cause, self._candidate(tax.rate, included))

    def _refusal(self, message, cause, candidate=None):
        suggestion = self.env._(
            "A channel manager corrects the channel's tax mappings (Map Tax); its "
            "orders are then imported automatically."
        )
        if candidate:
            suggestion = self.env._(
                "A channel manager adds a tax mapping (Map Tax), %s would match; its "
                "orders are then imported automatically.",
                candidate.name,
            )
        return OrderRefusedError("tax", message, suggestion, cause=cause)

    def _candidate(self, rate, included):
        """A tax of the company that could be mapped to the rate."""
        taxes = self.env["account.tax"].search(
            [
                *self.env["account.tax"]._check_company_domain(self.env.company),
                ("type_tax_use", "=", "sale"),
                ("amount_type", "=", "percent"),
                ("amount", "=", float(rate * 100)),
            ]
        )
        return taxes.filtered(lambda tax: tax.price_include == included)[:1]
