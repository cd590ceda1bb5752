# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta, timezone
from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.channel_edi import schemas
from odoo.addons.channel_edi.lib import gs1
from odoo.addons.channel_edi.lib.dates import local, zone_of
from odoo.addons.channel_edi.mapper import GTINS
from odoo.addons.channel_edi.models.channel_edi_worker import Held

THEIRS = ("VN", "VP", "VA", "MG")
"""Qualifiers of ids that are the supplier's, in its documents and in ours to it."""
OURS = ("IN", "BP", "PI", "SK", "CB")
"""Of those that are the buyer's: ours."""
CODES = {
    "uom.product_uom_unit": ("EA", "PCE"),
    "uom.product_uom_dozen": ("DZ", "DZN"),
    "uom.product_uom_kgm": ("KG", "KGM"),
    "uom.product_uom_gram": ("GR", "GRM"),
    "uom.product_uom_lb": ("LB", "LBR"),
    "uom.product_uom_oz": ("OZ", "ONZ"),
    "uom.product_uom_meter": ("MR", "MTR"),
    "uom.product_uom_foot": ("FT", "FOT"),
    "uom.product_uom_inch": ("IN", "INH"),
    "uom.product_uom_litre": ("LT", "LTR"),
    "uom.product_uom_gal": ("GA", "GLL"),
}
"""Units of Odoo and their codes in X12 and in EDIFACT."""
QUALIFIERS = {12: "UP", 13: "EN", 14: "UK", 8: "EO"}
"""Of a barcode, by its digits."""
MOST_DIGITS = Decimal("0.000001")
"""Of a price per piece that comes of the price of a pack."""


class ChannelEdiSupplies(models.AbstractModel):
    """What a supplier and we call the same things: vendors, items, units, days."""

    _name = "channel.edi.supplies"
    _description = "Goods in Documents of Suppliers"
    _inherit = ["channel.edi.facts"]

    # --------------------------------------------------------------- vendor
    @api.model
    def _get_agreements(self, order):
        """:return: channel.edi.agreement by which this purchase order goes to its
        vendor: of the contact itself, else of its company; several are too many"""
        # sudo: buyers need not see channels and agreements
        agreements = self.env["channel.edi.agreement"].sudo()
        vendor = order.partner_id
        found = agreements.search(
            [
                ("company_id", "=", order.company_id.id),
                ("partner_id", "in", (vendor | vendor.commercial_partner_id).ids),
            ]
        ).filtered(self._is_ordered_from)
        return found.filtered(lambda each: each.partner_id == vendor) or found

    def _is_ordered_from(self, agreement):
        kind = agreement._kind_name("850")
        if agreement._channel_of(kind).edi_role != "supplier":
            return False
        return bool(self._get_terms(agreement, "850"))

    @api.model
    def _get_terms(self, agreement, kind):
        """:return: what was agreed of a document to the supplier, by either name"""
        return agreement._terms_of(agreement._kind_name(kind), "out") or (
            agreement._terms_of(kind, "out")
        )

    @api.model
    def _get_channel(self, agreement):
        return agreement._channel_of(agreement._kind_name("850"))

    def _get_vendors(self, agreement):
        """The vendor's contacts, under any of which products may have its codes."""
        family = agreement.partner_id | agreement.partner_id.commercial_partner_id
        return family | family.child_ids

    # ---------------------------------------------------------------- items
    @api.model
    def _find_products(self, agreement, names):
        """Products by the ids of many lines, in a few statements.

        The supplier's own code comes first, then ours, then a GTIN; of a packaging,
        too.

        :param names: iterable of tuples of schemas.ItemId
        :return: {ids: (ids of products, packaging or None)}, only those that are known
        """
        names = set(names)
        by_kind = {"theirs": set(), "ours": set(), "gtins": set()}
        for ids in names:
            for kind, code in _codes(ids):
                by_kind[kind].add(code)
        found = {
            "theirs": self._find_by_vendor(agreement, by_kind["theirs"]),
            "ours": self._find_by_code(agreement, by_kind["ours"]),
            "gtins": self._find_by_code(agreement, by_kind["gtins"]),
        }
        packs = self._find_packs(by_kind["gtins"])
        matched = {}
        for ids in names:
            pack = next((packs[c] for k, c in _codes(ids) if c in packs), None)
            for kind in ("theirs", "ours", "gtins"):
                hits = {
                    product
                    for each, code in _codes(ids)
                    if each == kind
                    for product in found[kind].get(code, ())
                }
                if hits:
                    matched[ids] = (hits, pack)
                    break
            else:
                if pack:
                    matched[ids] = ({pack.product_id.id}, pack)
        return matched

    def _find_by_vendor(self, agreement, codes):
        """:return: {the supplier's code: ids of products}"""
        if not codes:
            return {}
        self.env["product.supplierinfo"].flush_model()
        self.env["product.product"].flush_model(["active", "product_tmpl_id"])
        self.env["product.template"].flush_model(["company_id"])
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT info.product_code, array_agg(DISTINCT product.id)
                      FROM product_supplierinfo info
                      JOIN product_product product
                        ON product.product_tmpl_id = info.product_tmpl_id
                       AND product.id = COALESCE(info.product_id, product.id)
                      JOIN product_template template
                        ON template.id = product.product_tmpl_id
                     WHERE info.product_code = ANY(%(codes)s)
                       AND info.partner_id = ANY(%(vendors)s)
                       AND product.active
                       AND COALESCE(template.company_id, %(company)s) = %(company)s
                       AND COALESCE(info.company_id, %(company)s) = %(company)s
                     GROUP BY info.product_code
                    """,
                    codes=list(codes),
                    vendors=self._get_vendors(agreement).ids,
                    company=agreement.company_id.id,
                )
            )
        )

    def _find_by_code(self, agreement, codes):
        if not codes:
            return {}
        return self.env["channel.stock.report"]._products_by_code(
            agreement.company_id, list(codes), self.env["res.partner"]
        )

    def _find_packs(self, codes):
        """:return: {GTIN: product.uom that it is of}"""
        packs = self.env["product.uom"].search([("barcode", "in", list(codes))])
        return {each.barcode: each for each in packs}

    @api.model
    def _find_product(self, agreement, ids):
        """:return: (product, the packaging that a GTIN names, or None)
        :raise Held: unknown, or more than one
        """
        names = ", ".join(f"{each.qualifier} {each.value}" for each in ids) or "?"
        products, pack = self._find_products(agreement, [ids]).get(ids, ((), None))
        if len(products) != 1:
            raise Held(
                self.env._(
                    "%(count)s products match %(names)s. Enter the code at the vendor, "
                    "on the product.",
                    count=len(products),
                    names=names,
                )
            )
        product = self.env["product.product"].browse(products)
        return product, pack.uom_id if pack else None

    # -------------------------------------------------------------- to them
    @api.model
    def _get_ids(self, agreement, line):
        """What the supplier can know the product of a purchase line by.

        :return: tuple of schemas.ItemId
        :raise UserError: by nothing
        """
        product, found = line.product_id, []
        if code := self._get_vendor_code(agreement, line):
            found.append(schemas.ItemId("VN", code))
        barcode = product.barcode or ""
        if gs1.gtin14(barcode):
            found.append(schemas.ItemId(QUALIFIERS[len(barcode)], barcode))
        if not found:
            raise UserError(
                self.env._(
                    "%s has neither a code of this vendor nor a GTIN by which the "
                    "supplier could know it. Enter one on the product.",
                    product.display_name,
                )
            )
        if product.default_code:
            found.append(schemas.ItemId("IN", product.default_code))
        return tuple(found)

    def _get_vendor_code(self, agreement, line):
        """Of the price list that applies, else the only one there is."""
        chosen = line.selected_seller_id.product_code
        if chosen:
            return chosen
        vendors = self._get_vendors(agreement) | line.order_id.partner_id
        sellers = line.product_id.seller_ids.filtered(
            lambda each: (
                each.partner_id in vendors
                and each.product_code
                and each.product_id in (line.product_id, line.product_id[:0])
                and each.company_id in (line.company_id, line.company_id[:0])
            )
        )
        codes = set(sellers.mapped("product_code"))
        if len(codes) > 1:
            raise UserError(
                self.env._(
                    "%(product)s has several codes of this vendor: %(codes)s. Keep "
                    "one.",
                    product=line.product_id.display_name,
                    codes=", ".join(sorted(codes)),
                )
            )
        return codes.pop() if codes else ""

    @api.model
    def _get_unit(self, agreement, line):
        """The unit in which a supplier is told a quantity of a purchase line.

        :return: (code, how many of it are one of the line's unit)
        :raise UserError: there is no code for it
        """
        uom, base = line.product_uom_id, line.product_id.uom_id
        if code := self._get_code(agreement, uom):
            return code, Decimal(1)
        size = Decimal(str(round(uom._compute_quantity(1, base, round=False), 9)))
        terms = self.env["channel.adapter.edi"]._prepare_terms(
            self._get_channel(agreement), agreement.id
        )
        if base == self.env.ref("uom.product_uom_unit"):
            for code, pieces in terms.sizes:
                if pieces == size:
                    return code, Decimal(1)
        code = self._get_code(agreement, base)
        if code and size == size.to_integral_value() and size:
            # as many pieces as are in it: the supplier may pack them otherwise
            return code, size.to_integral_value()
        raise UserError(
            self.env._(
                "%(product)s is ordered in %(unit)s, which has no code by which a "
                "supplier could be told. Enter its code in the agreement, under Codes.",
                product=line.product_id.display_name,
                unit=uom.name,
            )
        )

    def _get_code(self, agreement, uom):
        for name, codes in CODES.items():
            if uom == self.env.ref(name, raise_if_not_found=False):
                return codes[agreement.standard == "edifact"]
        return ""

    @api.model
    def _get_price(self, line, factor):
        """:return: schemas.Price for one of the unit that the supplier is told"""
        amount = decimal(line.price_unit_discounted) / factor
        if amount != amount.quantize(MOST_DIGITS):
            amount = amount.quantize(MOST_DIGITS)
        return schemas.Price(amount.normalize() + Decimal(0))

    # ----------------------------------------------------------- from them
    @api.model
    def _to_line(self, document, line, told, quantity, unit):
        """:param told: schemas.OrderLine as the supplier was told it
        :return: ``quantity`` of ``unit`` in the unit of a purchase line
        :raise Held: nobody knows how much it is
        """
        uom, product = line.product_uom_id, line.product_id
        if unit in ("", told.unit):
            _code, factor = self._get_unit(document.agreement_id, line)
            return float(quantity / factor)
        there = self._to_stock(document, product, quantity, unit)
        return product.uom_id._compute_quantity(there, uom, round=False)

    # ------------------------------------------------------------------ days
    @api.model
    def _get_day(self, agreement, moment):
        """:return: the supplier's day of a ``Moment``; of a week its last one"""
        return local(moment.last, agreement.tz).date() if moment else None

    @api.model
    def _get_moment_of(self, agreement, planned):
        """:param planned: naive UTC
        :return: ``Moment`` of the whole day at the supplier's"""
        zone, utc = zone_of(agreement.tz), timezone.utc
        there = planned.replace(tzinfo=utc).astimezone(zone)
        start = there.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        first = start.replace(tzinfo=zone).astimezone(utc)
        last = (start + timedelta(days=1)).replace(tzinfo=zone).astimezone(utc)
        return schemas.Moment(first, last - timedelta(seconds=1))

    @api.model
    def _get_planned(self, agreement, planned, day):
        """``planned`` (naive UTC) on another day, at the same time by the clock on the
        supplier's wall.

        :return: naive UTC
        """
        zone, utc = zone_of(agreement.tz), timezone.utc
        there = planned.replace(tzinfo=utc).astimezone(zone)
        moved = there.replace(year=day.year, month=day.month, day=day.day)
        return moved.astimezone(utc).replace(tzinfo=None)


def _codes(ids):
    """(kind of code, code) of each id."""
    for each in ids:
        if each.qualifier in THEIRS:
            yield "theirs", each.value
        elif each.qualifier in OURS:
            yield "ours", each.value
        elif each.qualifier in GTINS:
            value = gs1.upc_of(each.value) if each.qualifier == "UI" else each.value
            yield "gtins", value


def decimal(number):
    """
    >>> decimal(4.0), decimal(0.1 + 0.2)
    (Decimal('4'), Decimal('0.3'))
    """
    return Decimal(f"{number:.9f}").normalize() + Decimal(0)
