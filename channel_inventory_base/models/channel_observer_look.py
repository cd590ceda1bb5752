from odoo import api, models
from odoo.tools import SQL

from ..db.transaction import own_transaction


class ChannelObserver(models.AbstractModel):
    """Finds numbers that somebody has changed on the channel, where nothing moves here.

    A publication that meets another number than it expected finds that out by itself;
    but a number that needs no publication would stay wrong for good. So now and then
    all known numbers are read. One that differs is not put right here, since a sale
    that we have not seen looks the same: it is doubted, which is what a refused
    publication does too, and the observer finds out which of the two it is.
    """

    _inherit = "channel.observer"

    @api.model
    def _look_around(self, channel):
        """Doubt what shows another number than it should as far as we know.

        :return: True when the channel was asked, None when there was nothing to
        """
        if not channel._capabilities().read_levels:
            return None
        doubted, asked = 0, None
        for ids in self._batches(channel, "_job_look", ("known",)):
            asked = True
            doubted += self._doubt(channel, ids)
        if doubted:
            channel._explain_soon()
        return asked

    def _doubt(self, channel, remote_ids):
        """:return: how many of a batch are doubted from now on"""
        before, shown = self._see(channel, remote_ids)
        after = {fact["id"]: fact for fact in self._facts(list(remote_ids))}
        differing = [
            fact["id"]
            for fact in before
            if (ref := (fact["stock_ref"], fact["node_ref"])) in shown
            and (shown[ref] or 0) != fact["expected"]
            # what moved while we looked is no reason to doubt anything
            and _same(fact, after.get(fact["id"]))
        ]
        if not differing:
            return 0
        with own_transaction(self.env) as env:
            rows = env.execute_query(
                SQL(
                    """
                    UPDATE channel_level_remote remote
                       SET state = 'stale', seen_sum = NULL, seen_at = NULL
                     WHERE id = ANY(%s) AND state = 'known' AND NOT EXISTS (
                           SELECT FROM channel_publication_line line
                             JOIN channel_publication publication
                               ON publication.id = line.publication_id
                            WHERE line.level_id = remote.level_id
                              AND publication.state IN ('ready', 'sending'))
                    RETURNING id
                    """,
                    differing,
                )
            )
        return len(rows)


def _same(before, after):
    names = ("state", "expected", "base_sum")
    return after is not None and all(before[name] == after[name] for name in names)
