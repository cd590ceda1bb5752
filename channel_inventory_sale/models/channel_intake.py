# SPDX-License-Identifier: AGPL-3.0-or-later
import logging
from itertools import takewhile

from odoo import models
from odoo.tools import SQL

from odoo.addons.channel_inventory_base import exceptions
from odoo.addons.channel_inventory_base.db.transaction import (
    CONFLICTS,
    LOCK_IMPORT,
    own_transaction,
    retry_on_conflict,
    try_lock,
)
from odoo.addons.channel_inventory_base.lib.one_line import one_line

from .channel_order import TO_IMPORT
from .channel_order_batch import FEWEST

_logger = logging.getLogger(__name__)

BATCH = 20
"""Orders imported in one transaction: a new sale is held a few seconds later at most,
and a conflict costs so many a second try."""
LATE_SECONDS = 2
"""Changes of stock that wait to be planned for longer go before sale orders."""
YIELD_SECONDS = 0.5


class ChannelIntake(models.AbstractModel):
    """Makes sale orders of captured orders: of a backlog several at once, see
    ``channel.order.batch``, and one by one what is left.

    Capture goes before import, so a backlog of orders never keeps a new sale from being
    held.
    """

    _inherit = "channel.intake"

    def _run(self, channel):
        with own_transaction(self.env) as env:
            env["channel.allocator"]._release_parked(channel)
        self.env["channel.router"]._reroute_due(channel)
        return super()._run(channel)

    def _is_open(self):
        return SQL(
            """
            %s AND stage IN ('announced', 'captured', 'quotation', 'confirmed',
                             'reserved', 'picked', 'packed', 'partly_shipped')
            """,
            super()._is_open(),
        )

    def _import_next(self, channel, alone):
        """Import some orders, the oldest first. What goes wrong in one stays with it.

        :return: whether there were any
        """
        order_ids, is_late = self._next_orders(channel, alone)
        if not order_ids:
            return False
        if not is_late:
            return self._import_some(order_ids, alone)
        with try_lock(self.env, LOCK_IMPORT) as locked:
            if locked:
                return self._import_some(order_ids, alone)
        channel._wake("_job_intake", seconds=YIELD_SECONDS)
        return False

    def _next_orders(self, channel, alone):
        """The oldest orders that are not locked, as far as they can be imported
        together: one that cannot has its turn before those after it.

        :return: their ids; whether changes of stock wait to be planned for so long that
            sale orders, whose units are held, should leave workers to them
        """
        with own_transaction(self.env) as env:
            rows = env.execute_query(
                SQL(
                    """
                    SELECT id, sale_order_id IS NULL AND id <> ALL(%s),
                           EXISTS (SELECT FROM channel_change
                                    WHERE since < clock_timestamp() AT TIME ZONE 'UTC'
                                                  - make_interval(secs => %s))
                      FROM channel_order WHERE channel_id = %s AND %s
                     ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
                    """,
                    list(alone),
                    LATE_SECONDS,
                    channel.id,
                    TO_IMPORT,
                    BATCH,
                )
            )
        plain = [row[0] for row in takewhile(lambda row: row[1], rows)]
        return plain or [row[0] for row in rows[:1]], any(row[2] for row in rows)

    def _import_some(self, order_ids, alone):
        """:param alone: set of ids: orders to be imported by themselves; those of a
            batch that came to nothing are added
        :return: True, for there was something to do"""
        if len(order_ids) < FEWEST:
            self._import_single(order_ids[0])
            return True
        try:
            imported = self._import_together(order_ids)
        except Exception as error:  # pylint: disable=broad-except
            # whoever it was is found, and told, by importing each by itself
            _logger.info("orders %s are imported one by one: %r", order_ids, error)
            imported = []
        alone.update(set(order_ids) - set(imported))
        return True

    def _import_together(self, order_ids):
        """:return: ids of those that were imported"""
        # REPEATABLE READ: Odoo's reservation code relies on it
        with own_transaction(self.env, read_committed=False) as env:
            orders = env["channel.order"].browse(order_ids)._lock_for_import()
            return env["channel.order.batch"]._import(orders).ids if orders else []

    def _import_single(self, order_id):
        """Import one order. What goes wrong in it stays with it."""
        try:
            retry_on_conflict(lambda: self._import_order(order_id))
        except exceptions.ChannelError as error:
            self._block(order_id, "malformed", str(error))
        except CONFLICTS:
            # a conflict between transactions says nothing about the order
            raise
        except Exception as error:  # pylint: disable=broad-except
            # whatever an addon raises while a sale order is made: this order waits for
            # an operator, the others go on
            _logger.exception("order %s could not be imported", order_id)
            self._block(order_id, "import", *self._get_unexpected_words(error))

    def _get_unexpected_words(self, error):
        """:return: what happened, and what to do next"""
        message = self.env._(
            "An unexpected error keeps it from being imported: %(kind)s: %(words)s",
            kind=type(error).__name__,
            words=one_line(str(error)) or "-",
        )
        return message, self.env._(
            "Its stock stays held. Give the message, and the server's log of that "
            "minute, to whoever maintains Odoo; then retry the order."
        )

    def _import_order(self, order_id):
        # REPEATABLE READ: Odoo's reservation code relies on it
        with own_transaction(self.env, read_committed=False) as env:
            order = env["channel.order"].browse(order_id)
            if order._lock_for_import():
                env["channel.change"]._set_trace(order.trace)
                order._follow()

    def _block(self, order_id, category, message, suggestion=""):
        with own_transaction(self.env) as env:
            order = env["channel.order"].browse(order_id)
            order._block(category, message, suggestion)
