from odoo import fields, models


class ChannelListing(models.Model):
    _inherit = "channel.listing"

    level_count = fields.Integer(compute="_compute_level_count")

    def _compute_level_count(self):
        counts = dict(
            self.env["channel.level"]._read_group(
                [("listing_id", "in", self.ids)], ["listing_id"], ["__count"]
            )
        )
        for listing in self:
            listing.level_count = counts.get(listing, 0)

    def action_accept_suggested(self):
        """Accept every suggestion of a selection; tell how many have none."""
        open_listings = self.filtered(lambda each: each.state in ("unmapped", "review"))
        ready = open_listings.filtered(
            lambda each: each.product_id or each.suggested_product_id
        )
        ready.action_accept()
        left = len(open_listings - ready)
        return self.env["channel.channel"]._notify_user(
            self.env._("%s listings matched", len(ready)),
            self.env._("%s have no suggestion: choose a product.", left)
            if left
            else "",
            "warning" if left else "success",
        )
