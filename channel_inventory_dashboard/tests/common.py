# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields

from odoo.addons.channel_inventory_base.tests.common import ChannelSetup


class MeasuredSetup(ChannelSetup):
    """A channel that has published, some of it late."""

    def make_publication(self, level, seconds=1, ago=timedelta(0), count=1, **line):
        """``count`` quantities that were shown ``seconds`` after their cause."""
        acked_at = fields.Datetime.now() - ago
        publication = self.env["channel.publication"].create(
            {
                "channel_id": level.channel_id.id,
                "key": f"{level.id}-{seconds}-{ago}-{count}-{line}",
                "trace": "metrics",
                "payload": "{}",
                "state": "done",
                "sent_at": acked_at,
                "acked_at": acked_at,
                "line_ids": [
                    (
                        0,
                        0,
                        {
                            "level_id": level.id,
                            "quantity": 5,
                            "base": 3,
                            "deducted": 0,
                            "since": acked_at - timedelta(seconds=seconds),
                            "result": "acked",
                            **line,
                        },
                    )
                ]
                * count,
            }
        )
        self.env.flush_all()
        return publication
