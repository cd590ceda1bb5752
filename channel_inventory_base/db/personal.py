"""Statements that blank what customers have said of themselves.

Each touches a bounded number of rows and returns them. What they leave, and why, is one
list in docs/security.md; ``tests/common_marks.py`` holds them to it.
"""

from odoo.tools import SQL

REMOVED = "…"

# What stays of an order's ``data`` is amounts, quantities, the channel's ids.
_BLANK_ORDER = {
    "customer": "{}",
    "billing": "null",
    "shipping": "null",
    "note": '""',
}


def blank_orders(due, batch, words):
    """Order by order, all that is about it in one statement: no half-blanked orders.

    This one and those of events and exceptions return rows of (id, ids of files).

    :param due: condition over ``finished``, the orders
    :param words: what an exception says instead
    """
    return SQL(
        """
        WITH due AS (
            SELECT id, sale_order_id FROM channel_order finished
             WHERE blanked_at IS NULL
               AND state IN ('imported', 'cancelled', 'closed', 'gone')
               AND %(due)s
               AND NOT EXISTS (
                    SELECT FROM sale_order sale
                      LEFT JOIN stock_picking picking ON picking.sale_id = sale.id
                     WHERE sale.id = finished.sale_order_id
                       AND (sale.state IN ('draft', 'sent')
                            OR picking.state NOT IN ('done', 'cancel')))
               AND NOT EXISTS (
                    SELECT FROM channel_message
                     WHERE order_id = finished.id AND state NOT IN ('done', 'void'))
             ORDER BY id LIMIT %(batch)s FOR UPDATE SKIP LOCKED
        ), event AS (
            UPDATE channel_inbox_event SET body = NULL, error = NULL
              FROM due WHERE order_id = due.id AND state IN ('done', 'ignored')
            RETURNING channel_inbox_event.id
        ), message AS (
            UPDATE channel_message
               SET answer = NULL, error = NULL, summary = NULL, discard_reason = NULL,
                   payload = %(payload)s
              FROM due WHERE order_id = due.id
            RETURNING channel_message.id
        ), refund AS (
            UPDATE channel_refund
               SET note = NULL, data = data || '{"note": ""}'::jsonb
              FROM due WHERE order_id = due.id
            RETURNING channel_refund.id
        ), line AS (
            UPDATE channel_order_line line
               SET properties = NULL, title = COALESCE(
                   (SELECT title FROM channel_listing WHERE id = line.listing_id),
                   %(removed)s)
              FROM due WHERE order_id = due.id
        ), sold AS (
            UPDATE sale_order_line sold
               SET name = replace(sold.name, E'\n' || channel_properties, ''),
                   channel_properties = NULL
              FROM due
             WHERE sold.order_id = due.sale_order_id AND channel_properties IS NOT NULL
        ), subject AS (
            SELECT 'channel.order' AS model, id FROM due
             UNION ALL SELECT 'channel.inbox.event', id FROM event
             UNION ALL SELECT 'channel.message', id FROM message
             UNION ALL SELECT 'channel.refund', id FROM refund
             UNION ALL SELECT 'sale.order', sale_order_id FROM due
        ), exception AS (
            UPDATE channel_exception
               SET message = %(words)s, suggestion = NULL, resolution = NULL
              FROM subject
             WHERE res_model = subject.model AND res_id = subject.id
            RETURNING channel_exception.id
        ), document AS (
            SELECT 'channel.order' AS model, id FROM due
             UNION ALL SELECT 'channel.exception', id FROM exception
        ), %(chatter)s
        UPDATE channel_order
           SET customer_name = NULL, blanked_at = now() AT TIME ZONE 'UTC',
               data = data || %(order)s
          FROM due WHERE channel_order.id = due.id
        RETURNING channel_order.id, (SELECT array_agg(id) FROM filed)
        """,
        due=due,
        batch=batch,
        removed=REMOVED,
        words=words,
        payload=_blank_payload(),
        chatter=_chatter(),
        order=_blank_order(),
    )


def blank_dead_events(due, batch, words):
    """Dead letters, which no order is about: what a shop sent stays for no ever.

    They stay dead letters, for a person to discard: nothing is given up in silence.
    """
    return SQL(
        """
        WITH event AS (
            UPDATE channel_inbox_event SET body = NULL, error = %(words)s
             WHERE id IN (SELECT id FROM channel_inbox_event
                           WHERE state = 'dead' AND body IS NOT NULL AND %(due)s
                           ORDER BY id LIMIT %(batch)s FOR UPDATE SKIP LOCKED)
            RETURNING id
        ), exception AS (
            UPDATE channel_exception
               SET message = %(words)s, suggestion = NULL, resolution = NULL
              FROM event
             WHERE res_model = 'channel.inbox.event' AND res_id = event.id
            RETURNING channel_exception.id
        ), document AS (
            SELECT 'channel.exception' AS model, id FROM exception
        ), %(chatter)s
        SELECT id, (SELECT array_agg(id) FROM filed) FROM event
        """,
        due=due,
        batch=batch,
        words=words,
        chatter=_chatter(),
    )


def blank_exceptions(due, batch):
    """Closed ones, whatever they were about: errors quote what they could not read."""
    return SQL(
        """
        WITH exception AS (
            UPDATE channel_exception
               SET message = %(removed)s, suggestion = NULL, resolution = NULL
             WHERE id IN (SELECT id FROM channel_exception
                           WHERE state <> 'open' AND message <> %(removed)s AND %(due)s
                           ORDER BY id LIMIT %(batch)s FOR UPDATE SKIP LOCKED)
            RETURNING id
        ), document AS (
            SELECT 'channel.exception' AS model, id FROM exception
        ), %(chatter)s
        SELECT id, (SELECT array_agg(id) FROM filed) FROM exception
        """,
        due=due,
        batch=batch,
        removed=REMOVED,
        chatter=_chatter(),
    )


def blank_events(due, batch):
    """Events that became no order's: told, and nothing for us."""
    return SQL(
        """
        UPDATE channel_inbox_event SET body = NULL, error = NULL
         WHERE id IN (SELECT id FROM channel_inbox_event
                       WHERE state IN ('done', 'ignored') AND order_id IS NULL
                         AND (body IS NOT NULL OR error IS NOT NULL) AND %s
                       ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
        RETURNING id
        """,
        due,
        batch,
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


def blank_failed_jobs(due, batch):
    """Tracebacks quote values; queue_job removes jobs that are done, and no failed."""
    return SQL(
        """
        UPDATE queue_job
           SET exc_info = NULL, exc_message = NULL, result = NULL
         WHERE id IN (SELECT id FROM queue_job
                       WHERE model_name = 'channel.channel' AND state = 'failed'
                         AND (exc_info IS NOT NULL OR exc_message IS NOT NULL) AND %s
                       ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
        RETURNING id
        """,
        due,
        batch,
    )


def _chatter():
    """Blanks messages and mails about ``document`` (model, id), as further CTEs.

    ``filed`` are its files, for the caller to delete: their contents are on the disk.
    """
    return SQL(
        """
        spoken AS (
            UPDATE mail_message SET subject = NULL, body = NULL
              FROM document
             WHERE mail_message.model = document.model
               AND mail_message.res_id = document.id
            RETURNING mail_message.id
        ), mailed AS (
            UPDATE mail_mail
               SET body_html = NULL, headers = NULL, failure_reason = NULL,
                   state = CASE state WHEN 'outgoing' THEN 'cancel' ELSE state END
              FROM spoken WHERE mail_message_id = spoken.id
        ), notified AS (
            UPDATE mail_notification SET failure_reason = NULL
              FROM spoken WHERE mail_message_id = spoken.id
        ), tracked AS (
            UPDATE mail_tracking_value
               SET old_value_char = NULL, new_value_char = NULL
              FROM spoken, ir_model_fields field
             WHERE mail_message_id = spoken.id AND field.id = field_id
               AND field.name = 'resolution'
        ), planned AS (
            UPDATE mail_activity SET summary = NULL, note = NULL, res_name = NULL
              FROM document WHERE res_model = document.model AND res_id = document.id
        ), filed AS (
            SELECT file.id FROM ir_attachment file
              JOIN document ON res_model = document.model AND res_id = document.id
        )
        """
    )


def _blank_order():
    """Values that replace those of an order's ``data``; the result is still a valid
    order."""
    blanks = ", ".join(f'"{key}": {value}' for key, value in _BLANK_ORDER.items())
    return SQL(
        "%s::jsonb || %s || %s || %s || %s",
        f"{{{blanks}}}",
        # what has no listing was made for this customer; plugins name others, too
        _each("lines", f'{{"title": "{REMOVED}", "properties": []}}'),
        # a pick-up point is near the customer
        _each("shipping_lines", f'{{"title": "{REMOVED}", "code": ""}}'),
        _each("refunds", '{"note": ""}'),
        _each("shipments", '{"tracking": []}'),
    )


def _each(key, blank):
    """The list under ``key`` with ``blank`` laid over its items; nothing without one"""
    return SQL(
        """
        CASE WHEN jsonb_typeof(data->%(key)s) = 'array' THEN jsonb_build_object(
            %(key)s, (SELECT COALESCE(jsonb_agg(item || %(blank)s::jsonb
                                                ORDER BY place), '[]')
                        FROM jsonb_array_elements(data->%(key)s)
                             WITH ORDINALITY items(item, place)))
        ELSE '{}'::jsonb END
        """,
        key=key,
        blank=blank,
    )


def _blank_payload():
    """A message still reads as what it was: a tracking without its number is none."""
    return SQL(
        """
        (CASE kind
            WHEN 'shipment' THEN payload::jsonb - '{note,tracking}'::text[]
            WHEN 'tracking' THEN payload::jsonb || %s::jsonb
            ELSE payload::jsonb - 'note' END)::text
        """,
        f'{{"tracking": {{"number": "{REMOVED}"}}, "replaces": ""}}',
    )
