# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.sql_db import Cursor


class ManyLevels:
    """Counts statements of work on so many levels at once. Mixed into a case."""

    def queue_levels(self, count):
        """So many numbers of the channel wait to be published, in one batch."""
        base = self.env["channel.listing"].search_count([])
        product = self.product
        self.env["channel.listing"].create(
            [
                {
                    "channel_id": self.channel.id,
                    "external_id": f"variant-{number}",
                    "stock_ref": f"item-{number}",
                    "product_id": product.id,
                    "state": "mapped",
                }
                for number in range(base + 1, base + 1 + count)
            ]
        )
        self.plan()
        levels = self.env["channel.level"].search(
            [("channel_id", "=", self.channel.id)]
        )
        levels -= self.env["channel.level.remote"].search([]).level_id
        self.env["channel.level.remote"].create(
            [
                {
                    "level_id": level.id,
                    "channel_id": self.channel.id,
                    "state": "known",
                    "base_qty": 0,
                    "base_deducted": 0,
                }
                for level in levels
            ]
        )
        self.env["channel.level.pending"].search([]).unlink()
        self.env["channel.level.pending"]._add(levels)
        self.fake.batch_size = count + 1
        self.env.flush_all()
        self.env.invalidate_all()
        return levels

    def statements(self, function):
        count, execute = [], Cursor.execute

        def counted(cr, *args, **kwargs):
            count.append(args)
            return execute(cr, *args, **kwargs)

        self.patch(Cursor, "execute", counted)
        function()
        self.patch(Cursor, "execute", execute)
        return len(count)
