import logging
import time

from odoo import models
from odoo.exceptions import UserError

from ..db.transaction import (
    CONFLICTS,
    LOCK_BOOK,
    own_transaction,
    retry_on_conflict,
    try_lock,
)
from ..tools.refusal import OrderRefusedError

_logger = logging.getLogger(__name__)

RUN_SECONDS = 50
BATCH = 20
"""Orders invoiced at once; where one of them fails, each is tried by itself."""


class ChannelBookkeeper(models.AbstractModel):
    """Invoices orders and registers payments; one bookkeeper a channel at a time.

    Each batch is one transaction: marks off, invoices made, posted, paid. Who dies in
    between has done nothing. REPEATABLE READ, which notices a person who invoices or
    pays the same order at the same moment: the batch is tried again and finds what that
    person has made.
    """

    _name = "channel.bookkeeper"
    _description = "Channel Bookkeeper"

    def _run(self, channel):
        """:return: False when another bookkeeper is at this channel"""
        end = time.monotonic() + RUN_SECONDS
        with try_lock(self.env, LOCK_BOOK, channel.id) as locked:
            if not locked:
                return False
            while order_ids := self._next(channel):
                self._book(order_ids)
                if time.monotonic() > end:
                    channel._wake("_job_book")
                    break
        return True

    def _next(self, channel):
        with own_transaction(self.env) as env:
            return env["channel.bookkeeping"]._next(channel, BATCH)

    def _book(self, order_ids):
        """All at once, else one by one: what is wrong with one stays with it."""
        try:
            retry_on_conflict(lambda: self._book_batch(order_ids))
        except CONFLICTS:
            raise
        except Exception as error:  # pylint: disable=broad-except
            if len(order_ids) > 1:
                for order_id in order_ids:
                    self._book([order_id])
            else:
                self._report(order_ids[0], error)

    def _book_batch(self, order_ids):
        with own_transaction(self.env, read_committed=False) as env:
            taken = env["channel.bookkeeping"]._take(order_ids)
            env["channel.order"].browse(taken)._keep_books()

    def _report(self, order_id, error):
        suggestion = getattr(error, "suggestion", "")
        if not isinstance(error, UserError | OrderRefusedError):
            # whatever an addon raises while invoices are made: the others go on
            _logger.exception("the books of order %s are not kept", order_id)
        with own_transaction(self.env) as env:
            order = env["channel.order"].browse(order_id)
            env["channel.bookkeeping"]._fail(order_id)
            env["channel.exception"]._report(
                order.channel_id,
                "books",
                key=f"order:{order_id}:books",
                record=order,
                message=self.env._(
                    "%(order)s is not invoiced or not paid in Odoo: %(why)s",
                    order=order.name,
                    why=getattr(error, "message", "") or str(error),
                ),
                suggestion=suggestion
                or self.env._(
                    "Correct that in accounting, then retry. Nothing was posted."
                ),
            )
