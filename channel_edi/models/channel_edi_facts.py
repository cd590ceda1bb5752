# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import dataclass, field
from datetime import timezone
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL, float_round

from ..lib import units
from .channel_edi_worker import Held

MEASURES = {
    "kg": "uom.product_uom_kgm",
    "m": "uom.product_uom_meter",
    "l": "uom.product_uom_litre",
}
"""Units of ``lib.units`` that measure, and those of Odoo."""


@dataclass
class Known:
    """What is known of the items of a document, by how its lines name them.

    :ivar packagings: {barcode: product.uom}
    :ivar codes: {code: ids of products}
    :ivar products: all of them
    :ivar uoms: {id of a product: its unit}, of those that are not counted in pieces
    :ivar roundings: {id of a unit: its rounding}
    :ivar piece: the unit that a piece is
    :ivar units: {(unit, unit): whether one can be converted into the other}
    :ivar counts: {code of a unit: how many pieces it is}; None where that depends on
        the product, or it is a measure
    """

    standard: str
    sizes: tuple
    piece: object
    products: object
    uoms: dict
    roundings: dict
    packagings: dict = field(default_factory=dict)
    codes: dict = field(default_factory=dict)
    units: dict = field(default_factory=dict)
    counts: dict = field(default_factory=dict)

    def product(self, product_id):
        """One of ``products``, read together with the others."""
        products = self.products
        return products.browse(product_id).with_prefetch(products._prefetch_ids)

    def uom(self, product):
        return self.uoms.get(product.id, self.piece)

    def count(self, unit):
        if unit not in self.counts:
            size = units.pieces(
                Decimal(1), unit, standard=self.standard, sizes=self.sizes
            )
            is_measure = units.unit(unit, self.standard).kind == "measure"
            known = not is_measure or unit in dict(self.sizes)
            self.counts[unit] = size if known else None
        return self.counts[unit]

    def round(self, quantity, uom):
        """:param quantity: float, in this unit"""
        rounding = self.roundings[uom.id]
        if quantity.is_integer() and rounding <= 1:
            # most are, and a report has a hundred thousand of them
            return quantity
        return float_round(quantity, precision_rounding=rounding)

    def has_common(self, source, target):
        key = source.id, target.id
        if key not in self.units:
            self.units[key] = source._has_common_reference(target)
        return self.units[key]


class ChannelEdiFacts(models.AbstractModel):
    """What documents of all partners have in common that tell of goods: whether they
    are known, when it happened, and how much it is in stock units. Nothing is guessed:
    what is not known holds the document."""

    _name = "channel.edi.facts"
    _description = "Facts in EDI Documents"

    # ------------------------------------------------------------- documents
    @api.model
    def _find_known(self, document):
        """:return: documents of the same kind and number that were taken before, oldest
        first"""
        return document._find_taken((document.kind,)) - document

    @api.model
    def _is_repeated(self, document, value):
        """Whether a movement was told before, by the same words.

        Moves are facts, and each counts once: the same number tells the same fact, and
        with other words nobody knows which of the two is true.

        :raise Held: the same number with another content, or the same content without a
            number that could tell whether it happened twice
        """
        known = self._find_known(document)
        same = known.filtered(lambda each: each.digest == document.digest)[:1]
        if same and not value.number:
            raise Held(
                self.env._(
                    "It says the same as %(other)s, and neither has a number. Ask the "
                    "partner whether it has happened twice.",
                    other=same.display_name,
                )
            )
        if same:
            words = self.env._("The same as %s", same.display_name)
            document._finish(state="ignored", error=words)
            return True
        twins = [each for each in known if _number(each) == _number_of(value)]
        if twins and any(_number_of(value)):
            raise Held(
                self.env._(
                    "Number %(number)s was taken on %(when)s with another content. Ask "
                    "the partner which of them counts.",
                    number=value.number or value.sequence,
                    when=twins[0].received_at,
                )
            )
        return False

    @api.model
    def _get_moment(self, document, *told):
        """When it happened (naive UTC), by the most exact of what was told: of a day,
        or a minute, its end, but not later than the document came in. A count within
        it may not know it yet; taking it off twice sells nothing that is not there."""
        told = [each for each in told if each]
        if not told:
            return document.received_at
        exact = min(told, key=lambda each: each.last - each.first)
        moment = exact.last.astimezone(timezone.utc).replace(tzinfo=None, microsecond=0)
        return min(moment, document.received_at or fields.Datetime.now())

    # ------------------------------------------------------------- quantities
    @api.model
    def _prepare_known(self, document, products, **named):
        """All that is to be known of these products, in a few statements.

        :param named: by what lines name them: ``packagings``, ``codes``
        :return: Known
        """
        terms = self.env["channel.adapter.edi"]._prepare_terms(
            document.channel_id, document.agreement_id.id
        )
        piece = self.env.ref("uom.product_uom_unit")
        uoms = self._read_uoms(products, piece)
        return Known(
            standard=terms.standard,
            sizes=terms.sizes,
            piece=piece,
            products=products,
            uoms=uoms,
            roundings={each.id: each.rounding for each in {piece, *uoms.values()}},
            **named,
        )

    def _read_uoms(self, products, usual=None):
        """:param usual: a unit that many have, whose products are left out
        :return: {id of a product: its unit}"""
        self.env["product.template"].flush_model(["uom_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT product.id, template.uom_id
                  FROM product_product product
                  JOIN product_template template
                    ON template.id = product.product_tmpl_id
                 WHERE product.id = ANY(%s)
                   AND template.uom_id IS DISTINCT FROM %s
                """,
                products.ids,
                usual.id if usual else None,
            )
        )
        found = self.env["uom.uom"].browse({uom_id for _id, uom_id in rows})
        by_id = {unit.id: unit for unit in found}
        return {product_id: by_id[uom_id] for product_id, uom_id in rows}

    @api.model
    def _to_stock(self, document, product, quantity, unit, packaging=None, known=None):
        """:return: ``quantity`` of ``unit`` in the product's unit
        :raise Held: nobody knows how much it is
        """
        known = known or self._prepare_known(document, product)
        target = known.uom(product)
        count = known.count(unit)
        if count is not None and target.id == known.piece.id:
            return known.round(float(quantity * count), target)
        pieces = units.pieces(
            quantity, unit, standard=known.standard, sizes=known.sizes
        )
        source = known.piece
        kind = units.unit(unit, known.standard)
        if pieces is None and packaging and kind.kind == "packaging":
            pieces, source = quantity, packaging
        elif kind.kind == "measure" and unit not in dict(known.sizes):
            measure = MEASURES.get(kind.measure)
            source = self.env.ref(measure) if measure else self.env["uom.uom"]
        if pieces is None or not source or not known.has_common(source, target):
            raise Held(
                self.env._(
                    "Nobody knows how many %(unit)s of %(product)s are in 1 "
                    "%(code)s. Enter it in the agreement, under Codes.",
                    unit=target.name,
                    product=product.display_name,
                    code=unit or "?",
                )
            )
        if source == target:
            return known.round(float(pieces), target)
        return float_round(
            source._compute_quantity(float(pieces), target, round=False),
            precision_rounding=target.rounding,
        )


def _number_of(value):
    return (
        value.number,
        getattr(value, "agent_number", ""),
        getattr(value, "link", ""),
        getattr(value, "sequence", ""),
    )


def _number(document):
    values = document._values()
    return tuple(
        values.get(name) or ""
        for name in ("number", "agent_number", "link", "sequence")
    )
