from collections import Counter

from odoo import models


class ChannelOrder(models.Model):
    """Refunds of units of which it shows only later that they had left the house.

    A refund on the channel and a delivery here may cross: the refund comes in before
    the channel has heard of our parcel, and for all that is known then the units are
    still on the shelf. Once the channel has them as shipped, their sale stays, and the
    money that went back is to be credited after all.
    """

    _inherit = "channel.order"

    def _find_late_kept(self, data):
        """:return: {refund: {line: units}} that left and are not counted as kept"""
        known, found = self._count_kept(), {}
        left = Counter(
            {
                line.external_id: line.wanted_quantity
                - line.quantity
                - known[line.external_id]
                for line in data.lines
            }
        )
        for refund in self.refund_ids.sorted("id"):
            for line_ref, units in refund._count_not_kept().items():
                late = min(units, left[line_ref])
                if late > 0:
                    left[line_ref] -= late
                    found.setdefault(refund, {})[line_ref] = late
        return found

    def _keep_late(self, data):
        money = self._get_money(data)
        for refund, units in self._find_late_kept(data).items():
            refund._keep_more(units, money)


class ChannelRefund(models.Model):
    _inherit = "channel.refund"

    def _count_not_kept(self):
        """:return: Counter of the units by line that had not left"""
        counts = Counter()
        for line in self._get_data().lines:
            counts[line.line_ref] += line.quantity
        for line_ref, (units, *_money) in (self.kept or {}).items():
            counts[line_ref] -= units
        return counts

    def _keep_more(self, units, money):
        """So many more units had left; what has been decided for less is reopened."""
        kept = {ref: row[0] for ref, row in (self.kept or {}).items()}
        wanted = Counter(kept) + Counter(units)
        no_units = {ref: row for ref, row in (self.kept or {}).items() if not row[0]}
        more = cost_of_kept(self._get_data().lines, wanted, money)
        self.kept = {**no_units, **more}
        if self.state == "nothing":
            self.state = "todo"
        elif self.state == "credited" and not self._get_invoices():
            self._report(
                self.env._("more units of the refund had left than were credited."),
                self.env._("Correct the credit note %s by hand.", self.move_id.name),
            )


def cost_of_kept(lines, wanted, money):
    """What so many units of a refund's lines cost: {line: [units, amount, tax]}.

    :param wanted: Counter of units by line
    """
    kept, left = {}, Counter(wanted)
    for line in lines:
        units = min(line.quantity, left[line.line_ref])
        if units <= 0:
            continue
        left[line.line_ref] -= units
        before = kept.get(line.line_ref, (0, 0, 0))
        amount, tax = (
            money.round(figure * units / line.quantity)
            for figure in (line.amount, line.tax)
        )
        kept[line.line_ref] = (before[0] + units, before[1] + amount, before[2] + tax)
    return {
        ref: [units, str(amount), str(tax)]
        for ref, (units, amount, tax) in kept.items()
    }
