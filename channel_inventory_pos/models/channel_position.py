# SPDX-License-Identifier: AGPL-3.0-or-later
from functools import partial

from odoo import models
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.db.triggers import create_triggers
from odoo.addons.channel_inventory_base.db.views import create_at_end

from ..db.watches import WATCHES


class ChannelPosition(models.Model):
    """What tills have sold and Odoo has not booked is held.

    A fact and no rows of holds, so that it can neither leak nor count twice: a session
    that closes books its transfers and leaves the fact in one transaction.
    """

    _inherit = "channel.position"

    def init(self):
        result = super().init()
        # at the end, when all the tables they stand on are there
        create_at_end(self, partial(create_triggers, self.env.cr, WATCHES))
        return result

    def _demand_facts(self):
        facts = super()._demand_facts()
        if self.env.context.get("without_tills"):
            return facts
        return [*facts, self._till_facts()]

    def _till_facts(self):
        """A row is a line of an order at a till that has no transfer yet: of a session
        that books at its end, or open and held by the till's policy. STOCK units.

        Goods that come back count against what the same place has sold and not booked,
        and no further: what they add to the shelf counts when it is booked.
        """
        return SQL(
            """
            SELECT line.product_id, place.warehouse_id, 'held' AS kind,
                   line.qty::numeric AS quantity
              FROM pos_order_line line
              -- OFFSET 0: looked up for the lines of a product, not read as a whole
             CROSS JOIN LATERAL (
                SELECT id, session_id, state, shipping_date, account_move, company_id,
                       channel_held_until
                  FROM pos_order WHERE id = line.order_id OFFSET 0) sold
              JOIN (%(open_sessions)s) session ON session.id = sold.session_id
             CROSS JOIN LATERAL (
                SELECT CASE WHEN line.qty < 0 THEN session.back_to_id
                            ELSE session.sold_from_id END AS warehouse_id) place
              JOIN product_product product ON product.id = line.product_id
              JOIN product_template template
                ON template.id = product.product_tmpl_id AND template.type = 'consu'
             WHERE place.warehouse_id IS NOT NULL
               AND (line.qty > 0 AND (%(booked_later)s OR %(drafted)s)
                    OR line.qty < 0 AND %(booked_later)s AND EXISTS (
                       SELECT FROM pos_order_line first
                         JOIN pos_order original ON original.id = first.order_id
                         JOIN pos_session since
                           ON since.id = original.session_id
                          AND since.state <> 'closed'
                         JOIN pos_config seller ON seller.id = since.config_id
                         JOIN stock_picking_type type
                           ON type.id = seller.picking_type_id
                         JOIN stock_location source
                           ON source.id = type.default_location_src_id
                        WHERE first.id = line.refunded_orderline_id
                          AND source.warehouse_id = place.warehouse_id
                          AND %(first_booked_later)s))
            """,
            open_sessions=self._open_sessions_query(),
            booked_later=self._is_booked_later("sold", "session"),
            first_booked_later=self._is_booked_later("original", "since"),
            drafted=SQL(
                """(sold.state = 'draft'
                    AND sold.channel_held_until > now() AT TIME ZONE 'UTC')"""
            ),
        )

    def _open_sessions_query(self):
        """A row is a session that is not closed, with the warehouses that it sells from
        and takes back to, null where what lies there is not for sale. OFFSET 0: judged
        once each, they are few; by line PostgreSQL would try every place."""
        return SQL(
            """
            SELECT session.id, session.update_stock_at_closing,
                   CASE WHEN %(sells)s THEN shelf.warehouse_id END AS sold_from_id,
                   CASE WHEN back.id IS NULL
                        THEN CASE WHEN %(sells)s THEN shelf.warehouse_id END
                        WHEN %(takes_back)s THEN returned.warehouse_id
                        END AS back_to_id
              FROM pos_session session
              JOIN pos_config till ON till.id = session.config_id
              JOIN stock_picking_type operation ON operation.id = till.picking_type_id
              JOIN stock_location shelf ON shelf.id = operation.default_location_src_id
              LEFT JOIN stock_picking_type back
                ON back.id = operation.return_picking_type_id
              LEFT JOIN stock_location returned
                ON returned.id = back.default_location_dest_id
             WHERE session.state <> 'closed' OFFSET 0
            """,
            sells=self._is_sellable("shelf", SQL("shelf.warehouse_id")),
            takes_back=self._is_sellable("returned", SQL("returned.warehouse_id")),
        )

    def _is_booked_later(self, sold, session):
        """Whether an order gets its transfer when its session closes, as Odoo decides
        it: ``pos.session._create_picking_at_end_of_session``.

        :param sold, session: aliases of pos_order and pos_session
        """
        return SQL(
            """(%(session)s.update_stock_at_closing
                AND %(sold)s.state IN ('paid', 'done')
                AND %(sold)s.shipping_date IS NULL
                AND (%(sold)s.account_move IS NULL OR NOT COALESCE((
                     SELECT company.anglo_saxon_accounting FROM res_company company
                      WHERE company.id = %(sold)s.company_id), false)))""",
            sold=SQL.identifier(sold),
            session=SQL.identifier(session),
        )

    def action_show_till_sales(self):
        """The lines at open tills that are held here."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_inventory_pos.pos_order_line_action"
        )
        return dict(
            action,
            domain=[
                ("product_id", "=", self.product_id.id),
                ("order_id.session_id.state", "!=", "closed"),
                (
                    "order_id.session_id.config_id.picking_type_id.warehouse_id",
                    "=",
                    self.warehouse_id.id,
                ),
            ],
        )
