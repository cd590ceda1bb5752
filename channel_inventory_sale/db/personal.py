# SPDX-License-Identifier: AGPL-3.0-or-later
"""Statements that blank what customers have said of themselves, see the base's."""

from odoo.tools import SQL

from odoo.addons.channel_inventory_base.db.personal import REMOVED, OrderParts


def order_parts():
    """What the sale of an order keeps of its customer."""
    return OrderParts(
        owed=SQL(
            """
            EXISTS (SELECT FROM sale_order sale
                      LEFT JOIN stock_picking picking ON picking.sale_id = sale.id
                     WHERE sale.id = finished.sale_order_id
                       AND (sale.state IN ('draft', 'sent')
                            OR picking.state NOT IN ('done', 'cancel')))
            OR EXISTS (SELECT FROM channel_message
                        WHERE order_id = finished.id
                          AND state NOT IN ('done', 'void'))
            """
        ),
        steps=(
            SQL(
                """
                message AS (
                    UPDATE channel_message
                       SET answer = NULL, error = NULL, summary = NULL,
                           discard_reason = NULL, payload = %s
                      FROM due WHERE order_id = due.id
                    RETURNING channel_message.id
                )
                """,
                _blank_payload(),
            ),
            SQL(
                """
                refund AS (
                    UPDATE channel_refund
                       SET note = NULL, data = data || '{"note": ""}'::jsonb
                      FROM due WHERE order_id = due.id
                    RETURNING channel_refund.id
                )
                """
            ),
            SQL(
                """
                sold AS (
                    UPDATE sale_order_line sold
                       SET name = replace(sold.name, E'\n' || channel_properties, ''),
                           channel_properties = NULL
                      FROM due JOIN channel_order own ON own.id = due.id
                     WHERE sold.order_id = own.sale_order_id
                       AND channel_properties IS NOT NULL
                )
                """
            ),
        ),
        subjects=(
            SQL("SELECT 'channel.message', id FROM message"),
            SQL("SELECT 'channel.refund', id FROM refund"),
            SQL(
                "SELECT 'sale.order', own.sale_order_id "
                "FROM due JOIN channel_order own ON own.id = due.id"
            ),
        ),
    )


def blank_partners(due, batch):
    """A guest is known by the e-mail address: by nothing, when all orders are blank.

    Not by a hash of it: whoever has an address could find out whether it is the one.
    """
    return SQL(
        """
        UPDATE channel_partner
           SET external_id = 'blanked:' || id
         WHERE id IN (
            SELECT binding.id FROM channel_partner binding
             WHERE (external_id LIKE 'email:%%' OR external_id LIKE 'guest:%%')
               AND %s
               AND NOT EXISTS (
                    SELECT FROM channel_order
                     WHERE channel_id = binding.channel_id
                       AND partner_id = binding.partner_id
                       AND blanked_at IS NULL)
             ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
        RETURNING id
        """,
        due,
        batch,
    )


def _blank_payload():
    """A message still reads as what it was: a tracking without its number is none."""
    return SQL(
        """
        (CASE kind
            WHEN 'shipment' THEN payload::jsonb
                                  - '{note,tracking,parcels}'::text[]
            WHEN 'tracking' THEN payload::jsonb || %s::jsonb
            ELSE payload::jsonb - 'note' END)::text
        """,
        f'{{"tracking": {{"number": "{REMOVED}"}}, "replaces": ""}}',
    )
