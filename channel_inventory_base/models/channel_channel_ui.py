from odoo import api, fields, models

from .channel_channel_jobs import WAITING, _identity_key, jobs_in


class ChannelChannel(models.Model):
    """What the channel form needs beyond the facts: buttons, and the next step."""

    _inherit = "channel.channel"

    is_connectable = fields.Boolean(compute="_compute_is_connectable")
    next_step = fields.Char(compute="_compute_next_step")
    is_fetching = fields.Boolean(compute="_compute_is_fetching")
    setup_steps = fields.Json(
        compute="_compute_next_step", help="On the way to a live channel."
    )
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

    @api.depends(
        "channel_type",
        "state",
        "connection_state",
        "node_ids.warehouse_ids",
        "node_ids.publish",
        "exception_user_id",
        "tax_map_ids",
        "charges_no_tax",
    )
    def _compute_next_step(self):
        for channel in self:
            steps = channel._get_setup_steps()
            channel.setup_steps = [
                {"name": name, "figure": figure, "is_done": is_done}
                for name, figure, is_done, _words in steps
            ]
            channel.next_step = next(
                (words for _name, _figure, is_done, words in steps if not is_done),
                False,
            )

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

    def _get_setup_steps(self):
        """What a manager does on the way to a live channel, in this order.

        :return: list of (name, figure, whether it is done, what to do); none when live
        """
        self.ensure_one()
        if self.state == "live" or not self.is_connectable:
            return []
        return [
            (
                self.env._("Connection"),
                "",
                self.connection_state == "ok",
                self.env._(
                    "Enter the address and the credentials, then press Test Connection."
                ),
            ),
            *self._get_node_steps(),
            (
                self.env._("Exception owner"),
                self.exception_user_id.name or "",
                bool(self.exception_user_id),
                self.env._(
                    "Choose an Exception Owner (above the tabs): who is told when an "
                    "order is stopped."
                ),
            ),
            (
                self.env._("Taxes"),
                str(len(self.tax_map_ids) or ""),
                bool(self.tax_map_ids) or self.charges_no_tax,
                self.env._(
                    "Map each tax rate that the shop charges (Orders tab), or tick "
                    "Charges No Tax there: an order with a rate that is not mapped is "
                    "stopped."
                ),
            ),
            *self._get_listing_steps(),
        ]

    def _get_node_steps(self):
        nodes = self.node_ids.filtered("publish")
        served = nodes.filtered("warehouse_ids")
        return [
            (
                self.env._("Nodes"),
                str(len(self.node_ids) or ""),
                bool(self.node_ids),
                self.env._(
                    "Press Fetch Nodes: the channel tells where it believes stock lies."
                ),
            ),
            (
                self.env._("Warehouses"),
                f"{len(served)}/{len(nodes)}",
                bool(served) and served == nodes,
                self.env._(
                    "Tell on the Nodes tab which warehouses stand behind each node, or "
                    "switch its Publish off."
                ),
            ),
        ]

    def _get_listing_steps(self):
        matched = self.listing_count - self.unmatched_count
        return [
            (
                self.env._("Orders"),
                "",
                self.state != "draft",
                self.env._(
                    "Press Prepare: from then on orders come in and numbers are "
                    "planned. Nothing is published yet."
                ),
            ),
            (
                self.env._("Listings"),
                str(self.listing_count or ""),
                bool(self.listing_count) and not self.is_fetching,
                self._words_for_fetch(),
            ),
            (
                self.env._("Matched"),
                f"{matched}/{self.listing_count}",
                bool(self.listing_count) and not self.unmatched_count,
                self.env._(
                    "%s listings wait for a product: review them under To Match.",
                    self.unmatched_count,
                ),
            ),
            (
                self.env._("Numbers seen"),
                "",
                bool(self.listing_count) and not self.unsettled_count,
                self.env._(
                    "Wait a minute: the channel is being asked what it shows now (%s "
                    "numbers are left). Then look at the Dry Run.",
                    self.unsettled_count,
                ),
            ),
            (
                self.env._("Live"),
                "",
                False,
                self.env._("Look at the Dry Run, then press Go Live."),
            ),
        ]

    def _words_for_fetch(self):
        if self.is_fetching:
            return self.env._(
                "The catalogue is being read: %s listings so far.", self.listing_count
            )
        return self.env._("Press Fetch Listings: what the channel sells is read.")

    def _compute_is_fetching(self):
        """Whether a job that reads the catalogue waits or is at work."""
        keys = {
            _identity_key(channel.id, "_job_fetch_listings", 0): channel.id
            for channel in self
            if channel.id
        }
        found = jobs_in(self.env.cr, keys, (*WAITING, "started")) if keys else ()
        at_work = {keys[key] for key in found}
        for channel in self:
            channel.is_fetching = channel.id in at_work

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
