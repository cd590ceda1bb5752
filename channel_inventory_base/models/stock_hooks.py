"""Wake-ups for the planner. The record of a change is the triggers' (see
db.triggers); these only make planning start at once instead of with the next
healing."""

from odoo import api, models


class StockQuant(models.Model):
    _inherit = "stock.quant"

    @api.model_create_multi
    def create(self, vals_list):
        self.env["channel.change"]._wake_planner()
        return super().create(vals_list)

    def write(self, vals):
        if "quantity" in vals or "location_id" in vals:
            self.env["channel.change"]._wake_planner()
        return super().write(vals)

    def unlink(self):
        self.env["channel.change"]._wake_planner()
        return super().unlink()


class StockMove(models.Model):
    _inherit = "stock.move"

    def write(self, vals):
        if vals.keys() & {"state", "product_uom_qty", "location_final_id"}:
            self.env["channel.change"]._wake_planner()
        return super().write(vals)

    def unlink(self):
        self.env["channel.change"]._wake_planner()
        return super().unlink()


class ChannelListing(models.Model):
    _inherit = "channel.listing"

    @api.model_create_multi
    def create(self, vals_list):
        self.env["channel.change"]._wake_planner()
        return super().create(vals_list)

    def write(self, vals):
        self.env["channel.change"]._wake_planner()
        return super().write(vals)


class ChannelNode(models.Model):
    _inherit = "channel.node"

    @api.model_create_multi
    def create(self, vals_list):
        self.env["channel.change"]._wake_planner()
        return super().create(vals_list)

    def write(self, vals):
        self.env["channel.change"]._wake_planner()
        return super().write(vals)


class ProductTemplate(models.Model):
    _inherit = "product.template"

    def write(self, vals):
        if "categ_id" in vals:
            self.env["channel.change"]._wake_planner()
        return super().write(vals)


class ProductCategory(models.Model):
    _inherit = "product.category"

    def write(self, vals):
        if "parent_id" in vals:
            self.env["channel.change"]._wake_planner()
        return super().write(vals)
