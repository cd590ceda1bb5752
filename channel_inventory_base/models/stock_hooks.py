"""Wake-ups for the planner. The record of a change is the triggers' (see
db.watches); these only make planning start at once instead of with the next
healing."""

from odoo import api, models

from .channel_channel_jobs import will_plan

MOVE_FIELDS = {
    "state",
    "product_uom_qty",
    "location_id",
    "location_dest_id",
    "location_final_id",
    "procure_method",
    "restrict_partner_id",
    "date",
    "date_deadline",
    "move_orig_ids",
    "move_dest_ids",
}


def wake_planner(env):
    # an operation writes its moves dozens of times
    if not will_plan(env.cr):
        env["channel.change"]._wake_planner()


class StockQuant(models.Model):
    _inherit = "stock.quant"

    @api.model_create_multi
    def create(self, vals_list):
        wake_planner(self.env)
        return super().create(vals_list)

    def write(self, vals):
        if vals.keys() & {"quantity", "location_id", "owner_id", "lot_id"}:
            wake_planner(self.env)
        return super().write(vals)

    def unlink(self):
        wake_planner(self.env)
        return super().unlink()


class StockMove(models.Model):
    _inherit = "stock.move"

    def write(self, vals):
        if not MOVE_FIELDS.isdisjoint(vals):
            wake_planner(self.env)
        return super().write(vals)

    def unlink(self):
        wake_planner(self.env)
        return super().unlink()


class StockLocation(models.Model):
    _inherit = "stock.location"

    def write(self, vals):
        if vals.keys() & {"own_stock_state", "location_id", "usage"}:
            wake_planner(self.env)
        return super().write(vals)


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    def write(self, vals):
        wake_planner(self.env)
        return super().write(vals)


class ChannelListing(models.Model):
    _inherit = "channel.listing"

    @api.model_create_multi
    def create(self, vals_list):
        wake_planner(self.env)
        return super().create(vals_list)

    def write(self, vals):
        wake_planner(self.env)
        return super().write(vals)


class ChannelNode(models.Model):
    _inherit = "channel.node"

    @api.model_create_multi
    def create(self, vals_list):
        wake_planner(self.env)
        return super().create(vals_list)

    def write(self, vals):
        wake_planner(self.env)
        return super().write(vals)


class ProductTemplate(models.Model):
    _inherit = "product.template"

    def write(self, vals):
        if "categ_id" in vals:
            wake_planner(self.env)
        return super().write(vals)


class ProductCategory(models.Model):
    _inherit = "product.category"

    def write(self, vals):
        if "parent_id" in vals:
            wake_planner(self.env)
        return super().write(vals)
