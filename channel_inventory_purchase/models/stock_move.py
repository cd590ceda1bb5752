# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models

from odoo.addons.channel_inventory_base.lib.one_line import one_line
from odoo.addons.channel_inventory_base.tools.inner import get_inner

DATES = frozenset(("date", "date_deadline"))


class StockMove(models.Model):
    """Each new date of goods from a vendor leaves a row in the audit trail, whoever
    gives it: the vendor in its portal, its documents, a person."""

    _inherit = "stock.move"

    def write(self, vals):
        if DATES.isdisjoint(vals):
            return super().write(vals)
        before = self._get_vendor_days()
        result = super().write(vals)
        if before:
            self._log_vendor_days(before)
        return result

    def _action_assign(self, force_qty=False):
        """A return of what has not come is not reserved: it would take the goods of
        others, to whom they are offered (``channel.position``)."""
        nothing = self.filtered(lambda move: move._is_return_of_nothing())
        return super(StockMove, self - nothing)._action_assign(force_qty)

    def _is_return_of_nothing(self):
        """Whether it goes back to a vendor, was not made of a receipt, and no more has
        come of its purchase line than is ordered."""
        line = self.purchase_line_id
        if (
            not line
            or self.origin_returned_move_id
            or line.product_id != self.product_id
        ):
            return False
        if self.location_dest_id.usage != "supplier":
            return False
        came = 0.0
        for move in line.move_ids.filtered(lambda each: each.state == "done"):
            if move.product_id == line.product_id:
                usages = move.location_dest_id.usage, move.location_id.usage
                sign = -1 if usages[0] == "supplier" else int(usages[1] == "supplier")
                came += sign * move.product_uom._compute_quantity(
                    move.quantity, line.product_id.uom_id
                )
        beyond = came - line.product_uom_qty
        return line.product_id.uom_id.compare(beyond, 0) <= 0

    def _get_vendor_days(self):
        """:return: {move: (promised day, expected day)} of open receipts of purchases.
        Expected is what channels count on: see ``channel.inbound``."""
        return {
            move: (
                move.date_deadline.date() if move.date_deadline else None,
                max(filter(None, (move.date, move.date_deadline))).date(),
            )
            for move in self
            if move.purchase_line_id
            and move.state not in ("draft", "done", "cancel")
            and move.location_id.usage == "supplier"
        }

    def _log_vendor_days(self, before):
        after = self._get_vendor_days()
        source = self._get_date_source()
        rows = [
            move._prepare_date_audit_vals(*before[move], *after[move], source)
            for move in before
            if move in after and after[move] != before[move]
        ]
        # sudo: all users leave traces, no user may write them
        self.env["channel.audit"].sudo().create(rows)

    def _prepare_date_audit_vals(
        self, promised_before, expected_before, promised, expected, source
    ):
        order = self.purchase_line_id.order_id
        message = self.env._(
            "%(order)s: the vendor's date of %(units)s × %(product)s is %(new)s, it "
            "was %(old)s (%(giver)s)",
            order=order.name,
            units=f"{self.product_qty:g}",
            product=self.product_id.display_name,
            new=promised or "-",
            old=promised_before or "-",
            giver=self._get_date_source_label(source),
        )
        if promised == promised_before:
            message = self.env._(
                "%(order)s: %(units)s × %(product)s are expected on %(new)s, no more "
                "on %(old)s (%(giver)s)",
                order=order.name,
                units=f"{self.product_qty:g}",
                product=self.product_id.display_name,
                new=expected,
                old=expected_before,
                giver=self._get_date_source_label(source),
            )
        return {
            "at": self.env.cr.now(),
            "company_id": self.company_id.id,
            "user_id": self.env.uid,
            "kind": "stock",
            "res_model": order._name,
            "res_id": order.id,
            "message": one_line(message),
            "data": {
                "move": self.id,
                "source": source,
                "promised": [_text(promised_before), _text(promised)],
                "expected": [_text(expected_before), _text(expected)],
            },
        }

    def _get_date_source(self):
        """Who gives the date: a key of ``_get_date_source_label``."""
        if source := get_inner(self, "date_source"):
            return source
        if self.env.user._is_public() or self.env.user.share:
            return "portal"
        return "system" if self.env.user._is_superuser() else "person"

    def _get_date_source_label(self, source):
        labels = {
            "portal": self.env._("the vendor, in its portal"),
            "document": self.env._("a document of the vendor"),
            "accepted": self.env._("accepted by a person"),
            "person": self.env._("a person"),
            "system": self.env._("the system"),
        }
        return labels.get(source, source)


def _text(day):
    return day.isoformat() if day else None
