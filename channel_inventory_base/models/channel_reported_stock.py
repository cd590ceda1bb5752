# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models

from ..db.transaction import own_transaction


class ChannelReportedStock(models.AbstractModel):
    """Stock that somebody else reports: a row a product, its newest count.

    What a row is worth depends on its age and is stored with it (``_age``), so that
    time that passes is a change like any other.
    """

    _name = "channel.reported.stock"
    _description = "Reported Stock"
    _inherit = ["channel.guarded", "channel.wakes.planner"]

    _wakes_when_made = True
    _wakes_when_gone = True
    _report_key = ("product_id",)
    """Fields that say whose stock of what it is, who reports it first."""

    product_id = fields.Many2one(
        "product.product",
        required=True,
        ondelete="cascade",
        index=True,
        check_company=True,
    )
    uom_id = fields.Many2one(related="product_id.uom_id")
    as_of = fields.Datetime(
        required=True, default=fields.Datetime.now, help="Time of the count."
    )
    received_at = fields.Datetime(default=fields.Datetime.now, readonly=True)
    source = fields.Char(help="Source of the report")

    @api.constrains("as_of")
    def _check_as_of(self):
        for row in self:
            self.env["channel.stock.report"]._check_moment(row.as_of)

    @api.model_create_multi
    def create(self, vals_list):
        rows = super().create(vals_list)
        rows._age()
        return rows

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"as_of", self._report_key[0]}:
            self._age()
        return result

    def _load_records_create(self, vals_list):
        """An import brings the product's newest word, whether it had one or not."""
        vals_list = [self._prepare_imported_vals(vals) for vals in vals_list]
        wanted = [
            (name, "in", [vals.get(name) for vals in vals_list])
            for name in self._report_key
        ]
        known = {
            tuple(row[name].id for name in self._report_key): row
            for row in self.search(wanted)
        }
        found = []
        for vals in vals_list:
            key = tuple(vals.get(name) for name in self._report_key)
            row = known.get(key)
            if not row:
                row = known[key] = super()._load_records_create([vals])
            elif row.as_of <= fields.Datetime.to_datetime(vals["as_of"]):
                row.write(vals)
                # sudo: when it came is not for a file to say
                row.sudo().received_at = fields.Datetime.now()
            found += row.ids
        return self.browse(found)

    def _prepare_imported_vals(self, vals):
        now = fields.Datetime.now()
        return {"source": self.env._("Import"), "as_of": now, **vals}

    @api.model
    def _age(self):
        """Hook: bring what rows are worth up to date with their age. Those that a
        report is writing at this moment are left out: they get it there."""

    @api.model
    def _age_reports(self):
        """Time passing fires no trigger: once a minute, in a transaction of its own."""
        with own_transaction(self.env) as env:
            env[self._name]._age()
