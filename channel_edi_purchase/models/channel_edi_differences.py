# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import replace

from odoo import api, models

from odoo.addons.channel_edi.lib.fold import line_key


class ChannelEdiDifferences(models.AbstractModel):
    """What a supplier has answered otherwise than was ordered, until it is decided.

    Each is a plain dict at the purchase (``channel.edi.purchase.differences``), by the
    supplier's line: ``kind`` less, more, price, undated (on backorder), instead (a
    substitute) or open (not decided by the supplier), with what was ordered and what
    comes, in the unit of the purchase line. It ends when the supplier is told otherwise
    of the line, when its word is entered here, or with its next answer. A person may
    also resolve the exception, of which there is one an order.
    """

    _name = "channel.edi.differences"
    _description = "Differences in Answers of Suppliers"

    # -------------------------------------------------------------- compare
    def _compare(self, purchase, lines, said, wanted):
        """:return: [{"kind": .., ..}] of what is answered otherwise than ordered"""
        uom = lines[0].product_uom_id
        found = []
        if said.open:
            found.append({"kind": "open"})
        compared = uom.compare(said.comes, wanted)
        if compared:
            kind = "less" if compared < 0 else "more"
            found.append({"kind": kind, "ordered": wanted, "comes": said.comes})
        if said.later:
            found.append({"kind": "undated", "comes": said.later})
        for product_id, quantity in said.instead:
            found.append({"kind": "instead", "product": product_id, "comes": quantity})
        if said.price is not None and not self._is_same_price(lines, said.price):
            if not self._is_tolerated(purchase, lines, said.price):
                found.append(
                    {
                        "kind": "price",
                        "ordered": lines[0].price_unit_discounted,
                        "comes": float(said.price),
                    }
                )
        return found

    def _is_same_price(self, lines, price):
        """To the last unit of the currency, for all that is ordered."""
        quantity = sum(lines.mapped("product_qty")) or 1.0
        ours = lines[0].price_unit_discounted * quantity
        return not lines[0].currency_id.compare_amounts(ours, float(price) * quantity)

    def _is_tolerated(self, purchase, lines, price):
        ours = lines[0].price_unit_discounted
        percent = purchase.channel_id.edi_price_tolerance
        return abs(float(price) - ours) <= abs(ours) * percent / 100 + 1e-9

    def _review(self, purchase):
        """One exception an order, as long as something is to be decided."""
        words = self._describe(purchase)
        if not words:
            purchase._resolve("answer")
            return
        purchase._report(
            "answer",
            self.env._(
                "%(partner)s answers purchase order %(order)s otherwise than ordered: "
                "%(words)s",
                partner=purchase.partner_id.display_name,
                order=purchase.number,
                words=words.replace("\n", "; "),
            ),
            self.env._(
                "What comes and when is on the order's lines already. Enter the price "
                "or the greater quantity there to accept it, or what you want instead "
                "to have the supplier told; add a substitute as a line to accept it. "
                "It ends with that, with the supplier's next answer, or resolve it."
            ),
        )

    @api.model
    def _describe(self, purchase):
        """:return: a line of text for each difference"""
        found = []
        for key, some in sorted((purchase.differences or {}).items()):
            lines = purchase._get_lines(key)
            for each in some:
                found.append(self._describe_one(lines[:1], key, each))
        return "\n".join(found)

    def _describe_one(self, line, key, difference):
        values = {
            "line": key,
            "product": line.product_id.display_name or "",
            "comes": f"{difference.get('comes', 0):g}",
            "ordered": f"{difference.get('ordered', 0):g}",
        }
        kind = difference["kind"]
        if kind == "less":
            return self.env._(
                "line %(line)s, %(product)s: %(comes)s of %(ordered)s will come",
                **values,
            )
        if kind == "more":
            return self.env._(
                "line %(line)s, %(product)s: %(comes)s will come, ordered were "
                "%(ordered)s",
                **values,
            )
        if kind == "price":
            return self.env._(
                "line %(line)s, %(product)s: the price is %(comes)s, ordered at "
                "%(ordered)s",
                **values,
            )
        if kind == "undated":
            return self.env._(
                "line %(line)s, %(product)s: %(comes)s are on backorder, without a "
                "date",
                **values,
            )
        if kind == "instead":
            product = self.env["product.product"].browse(difference["product"])
            return self.env._(
                "line %(line)s, %(product)s: %(comes)s × %(other)s come instead",
                **values,
                other=product.display_name,
            )
        return self.env._(
            "line %(line)s, %(product)s: not decided by the supplier", **values
        )

    # --------------------------------------------------------------- decide
    @api.model
    def _decide(self, purchase, numbers):
        """The supplier is told otherwise of these lines: that is a decision."""
        keys = {line_key(number) for number in numbers}
        self._drop(purchase, lambda key, _each: key in keys)
        purchase.answered = sorted(set(purchase.answered or ()) - keys)
        if keys & set(purchase.shorts or {}):
            left = {
                key: each for key, each in purchase.shorts.items() if key not in keys
            }
            purchase.shorts = left or False
            if not left:
                purchase._resolve("short")

    def _drop(self, purchase, is_over):
        before = purchase.differences or {}
        after = {}
        for key, some in before.items():
            if kept := [each for each in some if not is_over(key, each)]:
                after[key] = kept
        if after != before:
            purchase.differences = after
            self._review(purchase)

    @api.model
    def _agree(self, purchase, before, content):
        """What a person enters as the supplier has answered it is accepted, and no news
        to it.

        :param before, content: schemas.PurchaseOrder as the supplier knows it, and as
            it is now
        :return: ``before`` with what is accepted
        """
        over, accepted = set(), {}
        old = {line_key(line.number): line for line in before.lines}
        for line in content.lines:
            key = line_key(line.number)
            for each in (purchase.differences or {}).get(key, ()):
                if self._is_accepted(purchase, key, each):
                    over.add((key, each["kind"]))
                    kept = accepted.get(key) or old.get(key, line)
                    if each["kind"] == "price":
                        accepted[key] = replace(kept, price=line.price)
                    else:
                        accepted[key] = replace(
                            kept, quantity=line.quantity, schedules=line.schedules
                        )
            if key not in old and (taken := self._find_substituted(purchase, key)):
                over.add((taken, "instead"))
                before = replace(before, lines=(*before.lines, line))
        if over:
            self._drop(purchase, lambda key, each: (key, each["kind"]) in over)
            # which only repeats the first date of the lines
            before = replace(before, dates=content.dates)
        return put_lines(before, accepted)

    def _is_accepted(self, purchase, key, difference):
        lines = purchase._get_lines(key)
        if difference["kind"] == "price":
            return self._is_same_price(lines, difference["comes"])
        if difference["kind"] == "more":
            there = sum(lines.mapped("product_qty"))
            return not lines[0].product_uom_id.compare(there, difference["comes"])
        return False

    def _find_substituted(self, purchase, number):
        """:return: the number of the line that the new line ``number`` stands for"""
        product = purchase._get_lines(number).product_id
        for key, some in (purchase.differences or {}).items():
            for each in some:
                if each["kind"] == "instead" and each["product"] in product.ids:
                    return key
        return None


def put_lines(order, lines):
    """The order with these lines ({key: schemas.OrderLine}) in the place of its own."""
    return replace(
        order,
        lines=tuple(lines.get(line_key(line.number), line) for line in order.lines),
    )
