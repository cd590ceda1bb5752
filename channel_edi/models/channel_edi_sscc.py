# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models

from ..lib import gs1


class ChannelEdiSscc(models.Model):
    """The number of a package, from its label to its ship notice.

    A label is printed before the package leaves, and the notice has to call it by the
    same number. A package that is used again gets another one: it is kept until it is
    told and no longer.
    """

    _name = "channel.edi.sscc"
    _description = "SSCC of a Package"
    _inherit = ["channel.guarded"]
    _order = "id desc"
    _rec_name = "sscc"

    agreement_id = fields.Many2one(
        "channel.edi.agreement", required=True, readonly=True, ondelete="restrict"
    )
    company_id = fields.Many2one(
        related="agreement_id.company_id", store=True, index=True, precompute=True
    )
    order_id = fields.Many2one(
        "channel.order", required=True, readonly=True, ondelete="cascade", index=True
    )
    picking_id = fields.Many2one(
        "stock.picking",
        readonly=True,
        ondelete="cascade",
        index="btree_not_null",
        help="Of goods without a package: the whole transfer counts as one.",
    )
    package_id = fields.Many2one(
        "stock.package", readonly=True, ondelete="cascade", index="btree_not_null"
    )
    sscc = fields.Char(string="SSCC", required=True, readonly=True, index=True)
    told = fields.Boolean(readonly=True, help="A ship notice has told it.")

    _open_uniq = models.UniqueIndex(
        "(order_id, COALESCE(package_id, 0), COALESCE(picking_id, 0)) WHERE NOT told"
    )

    @api.model
    def _take(self, agreement, order, picking, packages):
        """The numbers of the packages of a delivery, those that were printed first.

        :param packages: list of ``stock.package``, an empty one for what has none
        :return: records, in this order; empty where the agreement has no prefix
        """
        if not agreement.sscc_prefix:
            return self.browse()
        known = {
            (each.package_id, each.picking_id): each
            for each in self.search([("order_id", "=", order.id), ("told", "=", False)])
        }
        keys = [
            (package, picking.browse() if package else picking) for package in packages
        ]
        missing = [key for key in keys if key not in known]
        numbers = iter(self._take_numbers(agreement, missing))
        made = self.create(
            [
                {
                    "agreement_id": agreement.id,
                    "order_id": order.id,
                    "package_id": package.id,
                    "picking_id": loose.id,
                    "sscc": next(numbers),
                }
                for package, loose in missing
            ]
        )
        known.update(zip(missing, made, strict=True))
        return self.browse([known[key].id for key in keys])

    def _take_numbers(self, agreement, keys):
        """A package that has an SSCC for a name is called by it."""
        names = [gs1.sscc18(package.name or "") for package, _loose in keys]
        fresh = iter(
            self.env["channel.edi.answers"]._take_ssccs(agreement, names.count(""))
        )
        return [name or next(fresh) for name in names]
