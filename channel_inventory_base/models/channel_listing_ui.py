from odoo import fields, models
from odoo.exceptions import UserError


class ChannelListing(models.Model):
    _inherit = "channel.listing"

    level_count = fields.Integer(compute="_compute_level_count")
    proposal_changes = fields.Char(related="proposal_id.changes")
    proposed_by_id = fields.Many2one(related="proposal_id.proposed_by_id")
    proposed_at = fields.Datetime(related="proposal_id.proposed_at")
    may_approve = fields.Boolean(related="proposal_id.may_approve")

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
        open_listings = self.filtered(
            lambda each: each.state in ("unmapped", "review") and not each.proposal_id
        )
        ready = open_listings.filtered(
            lambda each: each.product_id or each.suggested_product_id
        )
        ready.action_accept()
        proposed = ready.filtered("proposal_id")
        words = [
            self.env._("%s wait for another person's approval.", len(proposed))
            if proposed
            else "",
            self.env._(
                "%s have no suggestion: choose a product.", len(open_listings - ready)
            )
            if open_listings - ready
            else "",
        ]
        return self.env["channel.channel"]._notify_user(
            self.env._("%s listings matched", len(ready - proposed)),
            " ".join(filter(None, words)),
            "warning" if any(words) else "success",
        )

    # ----------------------------------------------------------- proposals
    def action_approve_mapping(self):
        self._require_proposal().action_approve()

    def action_reject_mapping(self):
        return self._require_proposal().action_reject()

    def action_withdraw_mapping(self):
        self._require_proposal().action_withdraw()

    def _require_proposal(self):
        for listing in self.filtered(lambda each: not each.proposal_id):
            raise UserError(
                self.env._("Nothing is proposed for %s any more.", listing.display_name)
            )
        return self.proposal_id
