# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models

from ..tools.endings import deadline_of, stage_of

STAGES = (90, 30, 7, 0)
"""Days before the end of a version of an API at which people are told."""
KEY = "api_version"


class ChannelApiVersion(models.AbstractModel):
    """The versions of its API in which a channel is spoken to, and when they end.

    What is asked in a version that has ended is answered in another one, or refused:
    the channel chooses. One exception, 90 days before the first of them ends, gets more
    urgent 30 and 7 days before and on the day; it closes when none ends soon.
    A connector names its versions (``channel.adapter._get_api_versions``).
    """

    _name = "channel.api.version"
    _description = "Versions of a Channel's API"

    api_versions = fields.Char(
        string="API Versions",
        compute="_compute_api_versions",
        help="The versions in which Odoo speaks to the channel.",
    )
    api_version_ends_on = fields.Date(
        string="First One Ends On",
        compute="_compute_api_versions",
        help="The day from which the channel need not serve it any more. Exceptions "
        "are raised 90, 30 and 7 days before.",
    )

    @api.depends("channel_type")
    def _compute_api_versions(self):
        for channel in self:
            versions = channel._adapter()._get_api_versions(channel)
            channel.api_versions = ", ".join(each.name for each in versions) or False
            channel.api_version_ends_on = min(
                (each.ends_on for each in versions if each.ends_on), default=False
            )

    def _watch_api_versions(self):
        """Open the exception, make it more urgent, or close it."""
        ends_on, today = self.api_version_ends_on, fields.Date.today()
        stage = stage_of(ends_on, today, STAGES) if ends_on else None
        if stage is None:
            self.env["channel.exception"]._resolve_keys(self, [KEY])
            return
        versions = self._adapter()._get_api_versions(self)
        names = ", ".join(each.name for each in versions if each.ends_on == ends_on)
        values = {"version": names, "day": ends_on}
        self._tell_end(
            KEY,
            "configuration",
            deadline_of(ends_on, stage, STAGES),
            self.env._(
                "API version %(version)s ended on %(day)s: the channel answers in "
                "another version, or not at all.",
                **values,
            )
            if ends_on <= today
            else self.env._("API version %(version)s ends on %(day)s.", **values),
            self.env._(
                "Choose a later version under Connection, after a test with a channel "
                "of the environment Test; where none can be chosen, update the "
                "connector. This closes automatically."
            ),
        )
