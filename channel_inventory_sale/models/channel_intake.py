# SPDX-License-Identifier: AGPL-3.0-or-later
import logging

from odoo import models
from odoo.tools import SQL

from odoo.addons.channel_inventory_base import exceptions
from odoo.addons.channel_inventory_base.db.transaction import (
    CONFLICTS,
    own_transaction,
    retry_on_conflict,
)

from .channel_order import TO_IMPORT

_logger = logging.getLogger(__name__)


class ChannelIntake(models.AbstractModel):
    """Makes sale orders of captured orders, one by one.

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

    def _import_next(self, channel):
        """Import one order. What goes wrong in it stays with it."""
        order = self._next_order(channel, TO_IMPORT)
        if not order:
            return False
        try:
            retry_on_conflict(lambda: self._import_order(order.id))
        except exceptions.ChannelError as error:
            self._block(order.id, "malformed", str(error))
        except CONFLICTS:
            # a conflict between transactions says nothing about the order
            raise
        except Exception as error:  # pylint: disable=broad-except
            # whatever an addon raises while a sale order is made: this order waits for
            # an operator, the others go on
            _logger.exception("order %s could not be imported", order.id)
            self._block(order.id, "import", str(error))
        return True

    def _import_order(self, order_id):
        # REPEATABLE READ: Odoo's reservation code relies on it
        with own_transaction(self.env, read_committed=False) as env:
            order = env["channel.order"].browse(order_id)
            if order._lock_for_import():
                env["channel.change"]._set_trace(order.trace)
                order._follow()

    def _block(self, order_id, category, message):
        with own_transaction(self.env) as env:
            env["channel.order"].browse(order_id)._block(category, message)

    def _next_order(self, channel, condition):
        """The oldest order that meets ``condition`` and is not locked."""
        with own_transaction(self.env) as env:
            rows = env.execute_query(
                SQL(
                    """
                    SELECT id FROM channel_order
                     WHERE channel_id = %s AND %s
                     ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
                    """,
                    channel.id,
                    condition,
                )
            )
        return self.env["channel.order"].browse(rows[0][0]) if rows else None
