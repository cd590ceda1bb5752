# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models

from ..tools.labels import label_of
from ..tools.rollout import Step

PRESETS = [
    ("protect", "Protect"),
    ("everything", "Show everything"),
    ("divide", "Divide exclusively"),
]


class ChannelSetupMixin(models.AbstractModel):
    """The steps from a new channel to a live one."""

    _name = "channel.setup.mixin"
    _description = "Setup of a Channel"

    preset = fields.Selection(
        PRESETS,
        string="Protection",
        readonly=True,
        copy=False,
        help="How it was chosen to be kept from selling what another channel sells. "
        "The rules in effect are under Rules.",
    )

    def _get_setup_steps(self):
        """The setup steps of a channel, in this order; none when it is live.

        :return: list of Step
        """
        self.ensure_one()
        return [] if self.state == "live" else self._get_steps_to_live()

    def _get_steps_to_live(self):
        """:return: list of Step, in the order in which they are taken"""
        if not self.is_connectable:
            return []
        can = self._capabilities()
        return [
            Step(
                "aligned",
                self.env._("Connection"),
                "",
                self.connection_state == "ok",
                self.env._(
                    "Enter the address and the credentials, then press Test Connection."
                ),
                page="connection",
            ),
            *(self._get_node_steps() if can.push_levels or can.sells else []),
            Step(
                "aligned",
                self.env._("Exception owner"),
                self.exception_user_id.name or "",
                bool(self.exception_user_id),
                self.env._(
                    "Choose an Exception Owner (above the tabs): this user is notified "
                    "when an order is blocked."
                ),
            ),
            *(self._get_order_steps() if can.sells else []),
            self._get_start_step(),
            *(self._get_listing_steps() if can.push_levels else []),
            *(self._get_preset_steps() if can.push_levels else []),
            self._get_live_step(),
        ]

    def _get_node_steps(self):
        nodes = self.node_ids.filtered("publish")
        served = nodes.filtered("warehouse_ids")
        return [
            Step(
                "aligned",
                self.env._("Nodes"),
                str(len(self.node_ids) or ""),
                bool(self.node_ids),
                self.env._("Press Fetch Nodes to read the channel's stock locations."),
                page="nodes",
            ),
            Step(
                "aligned",
                self.env._("Warehouses"),
                f"{len(served)}/{len(nodes)}",
                bool(served) and served == nodes,
                self.env._(
                    "Set the warehouses of each node on the Nodes tab, or switch its "
                    "Publish off."
                ),
                page="nodes",
            ),
        ]

    def _get_order_steps(self):
        """Hook: what has to be set for orders.

        :return: list of Step
        """
        return []

    def _get_start_step(self):
        if not self._capabilities().sells:
            return Step(
                "aligned",
                self.env._("Start"),
                "",
                self.state != "draft",
                self.env._("Press Start: from then on messages are exchanged."),
            )
        return Step(
            "shadow",
            self.env._("Orders"),
            "",
            self.state != "draft",
            self.env._(
                "Press Start Order Import: orders are imported and quantities "
                "planned. Nothing is published yet."
            ),
        )

    def _get_live_step(self):
        return Step(
            "numbers" if self.pushes_levels else "orders",
            self.env._("Live"),
            "",
            self.state == "live",
            self.env._("Check the Publication Preview, then press Go Live.")
            if self.pushes_levels
            else self.env._("Press Go Live."),
            action="action_open_go_live",
        )

    def _get_listing_steps(self):
        matched = self.listing_count - self.unmatched_count
        return [
            Step(
                "matched",
                self.env._("Listings"),
                str(self.listing_count or ""),
                bool(self.listing_count) and not self.is_fetching,
                self._get_fetch_message(),
                action="action_fetch_listings",
            ),
            Step(
                "matched",
                self.env._("Matched"),
                f"{matched}/{self.listing_count}",
                bool(self.listing_count) and not self.unmatched_count,
                self.env._(
                    "%s listings have no product yet: match them under To Match.",
                    self.unmatched_count,
                ),
                action="action_open_unmatched",
            ),
            Step(
                "dry_run",
                self.env._("Quantities read"),
                "",
                # of a live one they are read again now and then
                self.state == "live"
                or bool(self.listing_count)
                and not self.unsettled_count,
                self.env._(
                    "Wait a minute: the channel's present quantities are being read "
                    "(%s left). Then open the Publication Preview.",
                    self.unsettled_count,
                ),
                action="action_open_unsettled",
            ),
        ]

    def _get_preset_steps(self):
        return [
            Step(
                "dry_run",
                self.env._("Protection"),
                label_of(self, "preset", self.preset) if self.preset else "",
                bool(self.preset),
                self.env._(
                    "Press Protection: how is this channel kept from selling what "
                    "another one has just sold? Protect is right for most."
                ),
                action="action_open_preset",
            )
        ]

    def _get_fetch_message(self):
        if self.is_fetching:
            return self.env._(
                "Fetching the catalogue: %s listings so far.", self.listing_count
            )
        return self.env._("Press Fetch Listings to read the channel's catalogue.")
