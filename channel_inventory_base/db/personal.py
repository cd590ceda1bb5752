# SPDX-License-Identifier: AGPL-3.0-or-later
"""Statements that blank what customers have said of themselves.

Each touches a bounded number of rows and returns them. What they leave, and why, is one
list in docs/security.md; ``tests/common_marks.py`` holds them to it.
"""

from dataclasses import dataclass

from odoo.tools import SQL

REMOVED = "…"

# What stays of an order's ``data`` is amounts, quantities, the channel's ids.
_BLANK_ORDER = {
    "customer": "{}",
    "billing": "null",
    "shipping": "null",
    "mark_for": "null",
    "note": '""',
    "customer_ref": '""',
}


@dataclass(frozen=True)
class OrderParts:
    """What an addon keeps of customers for ``due``, the orders that are blanked.

    :param owed: condition over ``finished``: something is to be done for it yet
    :param steps: further CTEs, each a statement that blanks
    :param subjects: queries of (model, id) of records that exceptions may be about
    """

    owed: SQL
    steps: tuple = ()
    subjects: tuple = ()


def blank_orders(due, batch, words, parts=()):
    """Order by order, all that is about it in one statement: no half-blanked orders.

    This one and those of events and exceptions return rows of (id, ids of files).

    :param due: condition over ``finished``, the orders
    :param words: what an exception says instead
    :param parts: OrderParts of other addons
    """
    steps = [step for part in parts for step in part.steps]
    subjects = [query for part in parts for query in part.subjects]
    return SQL(
        """
        WITH due AS (
            SELECT id FROM channel_order finished
             WHERE blanked_at IS NULL
               AND state IN ('imported', 'cancelled', 'closed', 'gone')
               AND %(due)s
               AND NOT (%(owed)s)
             ORDER BY id LIMIT %(batch)s FOR UPDATE SKIP LOCKED
        ), event AS (
            UPDATE channel_inbox_event SET body = NULL, error = NULL
              FROM due WHERE order_id = due.id AND state IN ('done', 'ignored')
            RETURNING channel_inbox_event.id
        ), line AS (
            UPDATE channel_order_line line
               SET properties = NULL, title = COALESCE(
                   (SELECT title FROM channel_listing WHERE id = line.listing_id),
                   %(removed)s)
              FROM due WHERE order_id = due.id
        ), %(steps)s subject AS (
            SELECT 'channel.order' AS model, id FROM due
             UNION ALL SELECT 'channel.inbox.event', id FROM event
            %(subjects)s
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
           SET customer_name = NULL, customer_ref = NULL,
               blanked_at = now() AT TIME ZONE 'UTC',
               data = data || %(order)s
          FROM due WHERE channel_order.id = due.id
        RETURNING channel_order.id, (SELECT array_agg(id) FROM filed)
        """,
        due=due,
        batch=batch,
        removed=REMOVED,
        words=words,
        owed=SQL(" OR ").join([SQL("false"), *(part.owed for part in parts)]),
        steps=SQL("").join(SQL("%s, ", step) for step in steps),
        subjects=SQL("").join(SQL(" UNION ALL %s", query) for query in subjects),
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


def blank_bodies(due, batch):
    """Raw bodies of what was taken in, and what is said of them."""
    return SQL(
        """
        UPDATE channel_inbox_event SET body = NULL, error = NULL
         WHERE id IN (SELECT id FROM channel_inbox_event
                       WHERE state IN ('done', 'ignored')
                         AND (body IS NOT NULL OR error IS NOT NULL) AND %s
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
