from odoo import api, fields, models


class ChannelChannel(models.Model):
    """What the channel form needs beyond the facts: buttons, and the next step."""

    _inherit = "channel.channel"

    is_connectable = fields.Boolean(compute="_compute_is_connectable")
    next_step = fields.Char(compute="_compute_next_step")
    change_count = fields.Integer(
        string="Numbers to Publish",
        compute="_compute_change_count",
        help="Levels where the channel shows something else than it should.",
    )
    publication_count = fields.Integer(compute="_compute_publication_count")
    proposed_mapping_count = fields.Integer(compute="_compute_proposed_counts")
    proposed_rule_count = fields.Integer(
        compute="_compute_proposed_counts", help="Of this channel, or of all."
    )
    proposed_group_count = fields.Integer(
        compute="_compute_proposed_counts",
        help="Allocation groups that it is in, or would be.",
    )

    @api.depends("channel_type")
    def _compute_is_connectable(self):
        for channel in self:
            channel.is_connectable = channel._capabilities().push_levels

    @api.depends("channel_type", "state", "connection_state", "node_ids.warehouse_ids")
    def _compute_next_step(self):
        for channel in self:
            channel.next_step = channel._words_for_next_step()

    def _compute_change_count(self):
        counts = dict(
            self.env["channel.level.difference"]._read_group(
                [("channel_id", "in", self.ids)], ["channel_id"], ["__count"]
            )
        )
        for channel in self:
            channel.change_count = counts.get(channel, 0)

    def _compute_publication_count(self):
        counts = dict(
            self.env["channel.publication"]._read_group(
                [("channel_id", "in", self.ids)], ["channel_id"], ["__count"]
            )
        )
        for channel in self:
            channel.publication_count = counts.get(channel, 0)

    def _compute_proposed_counts(self):
        proposed = [("state", "=", "proposed")]
        mappings = dict(
            self.env["channel.listing.version"]._read_group(
                [*proposed, ("channel_id", "in", self.ids)], ["channel_id"], ["__count"]
            )
        )
        rules = {
            (company, channel): count
            for company, channel, count in self.env["channel.rule"]._read_group(
                proposed, ["company_id", "channel_id"], ["__count"]
            )
        }
        groups = self.env["channel.allocation.group"].search(proposed)
        for channel in self:
            channel.proposed_group_count = len(
                groups.filtered(
                    lambda group, channel=channel: (
                        channel in group._channels_before_and_after()
                    )
                )
            )
            channel.proposed_mapping_count = mappings.get(channel, 0)
            channel.proposed_rule_count = sum(
                rules.get((channel.company_id, each), 0)
                for each in (channel, self.browse())
            )

    def _words_for_next_step(self):
        """What the manager does next on the way to a live channel; False when live."""
        self.ensure_one()
        if self.state == "live" or not self.is_connectable:
            return False
        if self.connection_state != "ok":
            return self.env._(
                "Enter the address and the credentials, then press Test Connection."
            )
        if not self.node_ids:
            return self.env._(
                "Press Fetch Nodes: the channel tells where it believes stock lies."
            )
        if not self.node_ids.warehouse_ids:
            return self.env._(
                "Tell on the Nodes tab which warehouses stand behind each node."
            )
        if self.state == "draft":
            return self.env._(
                "Press Prepare: from then on orders come in and numbers are planned. "
                "Nothing is published yet."
            )
        if not self.listing_count:
            return self.env._("Press Fetch Listings: what the channel sells is read.")
        if self.unmatched_count:
            return self.env._(
                "%s listings wait for a product: review them under To Match.",
                self.unmatched_count,
            )
        if self.unsettled_count:
            return self.env._(
                "Wait a minute: the channel is being asked what it shows now (%s "
                "numbers are left). Then look at the Dry Run.",
                self.unsettled_count,
            )
        return self.env._("Look at the Dry Run, then press Go Live.")

    # ------------------------------------------------------------- buttons
    def action_open_dead_letters(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_inventory_base.channel_dead_letter_action"
        )
        return dict(
            action,
            context={
                "search_default_channel_id": self.id,
                "search_default_group_cause": 1,
            },
        )

    def action_fetch_nodes(self):
        """Ask the channel for its nodes, now."""
        self.ensure_one()
        self._require_role("manager")
        self._require("nodes")
        self._call_guarded(lambda: self.env["channel.catalogue"]._fetch_nodes(self))
        return self._notify_user(
            self.env._("%s nodes", len(self.node_ids)),
            self.env._("Tell which warehouses stand behind each of them."),
            "success",
        )

    def action_fetch_listings(self):
        """Read the catalogue in the background; what is new is matched."""
        self.ensure_one()
        self._require_role("operator")
        self._require("push_levels")
        self._wake("_job_fetch_listings")
        return self._notify_user(
            self.env._("The catalogue of %s is being read", self.name),
            self.env._("New listings appear page by page."),
            "info",
        )
