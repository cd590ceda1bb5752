# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.tools import SQL


class ChannelPromiseTurn(models.Model):
    """Whose turn it is to take units of a product in a warehouse.

    A person's request runs on a picture of its beginning (REPEATABLE READ), so a lock
    alone would not do: the second of two salespeople would wait, and then look at the
    stock as it was before the first. Both write this row instead: PostgreSQL refuses
    the second, and Odoo runs its request again, on a new picture.
    """

    _name = "channel.promise.turn"
    _description = "Turn to Promise Stock"
    _inherit = ["channel.guarded"]
    _log_access = False
    _rec_name = "product_id"

    product_id = fields.Many2one(
        "product.product", required=True, readonly=True, ondelete="cascade"
    )
    warehouse_id = fields.Many2one(
        "stock.warehouse", required=True, readonly=True, ondelete="cascade", index=True
    )
    turn = fields.Integer(readonly=True, required=True, default=0)

    _place_uniq = models.UniqueIndex("(product_id, warehouse_id)")

    @api.model
    def _take(self, places):
        """Be the only one to take units of these places until this transaction ends.

        :param places: (product id, warehouse id); in one order, so that two who want
            several do not wait for each other
        :raise SerializationFailure: somebody has taken units since this transaction
            began; it has to begin again
        """
        places = sorted(set(places))
        if not places:
            return
        self.env.execute_query(
            SQL(
                """
                INSERT INTO channel_promise_turn (product_id, warehouse_id, turn)
                SELECT * FROM (
                    SELECT product_id, warehouse_id, 1
                      FROM unnest(%s::int[], %s::int[])
                           AS place (product_id, warehouse_id)
                     ORDER BY product_id, warehouse_id) ordered
                    ON CONFLICT (product_id, warehouse_id)
                    DO UPDATE SET turn = channel_promise_turn.turn + 1
                RETURNING id
                """,
                [product_id for product_id, _warehouse_id in places],
                [warehouse_id for _product_id, warehouse_id in places],
            )
        )
