# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.models.channel_retention import BATCH

# Whether something is still to be done about the document ``document``, or may be.
OPEN_DOCUMENT = SQL(
    """
    (document.state NOT IN ('done', 'ignored', 'sent', 'void')
     OR document.ack_state IS NOT DISTINCT FROM 'awaiting'
     OR EXISTS (SELECT FROM channel_exception told
                 WHERE told.state = 'open' AND told.res_id = document.id
                   AND told.res_model = 'channel.edi.document'))
    """
)
# Of a document by which an order is answered, shipped and invoiced: the order is not
# finished.
NEEDED_BY_ORDER = SQL(
    """
    EXISTS (SELECT FROM channel_order about
             WHERE about.id IN (
                    SELECT document.order_id
                     UNION ALL
                    SELECT named.id
                      FROM jsonb_array_elements_text(
                               CASE jsonb_typeof(document.order_refs)
                                    WHEN 'array' THEN document.order_refs END) ref
                      JOIN channel_order named
                        ON named.channel_id = document.channel_id
                       AND named.external_id = ref)
               AND (about.state NOT IN ('imported', 'cancelled', 'closed', 'gone')
                    OR about.ending IS NULL
                       AND about.stage IN ('captured', 'quotation', 'confirmed',
                                           'reserved', 'picked', 'packed',
                                           'partly_shipped')))
    """
)
# A number comes again after so many days at the earliest: until then the document or
# interchange ``record`` is what a duplicate is recognised by.
NUMBER_IS_USED = SQL(
    """
    record.create_date >= now() AT TIME ZONE 'UTC' - make_interval(days => (
        SELECT order_days FROM channel_edi_agreement agreement
         WHERE agreement.id = record.agreement_id))
    """
)


class ChannelRetention(models.Model):
    """Retention of what trading partners and we have written.

    Never what is open: a document that waits, is held or not acknowledged, or of an
    order that is not finished. What tells duplicates apart stays as long as numbers are
    used; the keys of what was sent, control numbers and files that a partner may leave
    in its folder stay for ever.
    """

    _inherit = "channel.retention"

    kind = fields.Selection(
        selection_add=[
            ("edi_content", "Files of trading partners"),
            ("edi_document", "EDI documents"),
        ],
        ondelete={"edi_content": "cascade", "edi_document": "cascade"},
    )

    def _get_effects(self):
        return super()._get_effects() | {
            "edi_content": self.env._(
                "The bytes of files and interchanges are deleted: they can no longer "
                "be read or sent again; their documents stay"
            ),
            "edi_document": self.env._(
                "Received documents are deleted, sent ones keep their number and "
                "result only; not before the order numbers of their agreement may come "
                "again, and none that is open"
            ),
        }

    # --------------------------------------------------------------- content
    def _steps_edi_content(self):
        yield SQL(
            """
            UPDATE channel_edi_file SET data = NULL
             WHERE id IN (
                SELECT id FROM channel_edi_file file
                 WHERE state IN ('split', 'ignored') AND data IS NOT NULL AND %s
                   AND NOT EXISTS (SELECT FROM channel_edi_interchange inner_one
                                    WHERE inner_one.file_id = file.id
                                      AND inner_one.state IN ('held', 'refused'))
                   AND NOT EXISTS (
                        SELECT FROM channel_edi_document document
                          LEFT JOIN channel_edi_interchange inner_one
                            ON inner_one.id = document.interchange_id
                         WHERE (document.file_id = file.id
                                OR inner_one.file_id = file.id)
                           AND %s)
                 ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
            RETURNING id
            """,
            self._due("file.received_at"),
            OPEN_DOCUMENT,
            BATCH,
        )
        yield SQL(
            """
            UPDATE channel_edi_interchange SET data = NULL
             WHERE id IN (
                SELECT id FROM channel_edi_interchange record
                 WHERE state IN ('done', 'duplicate', 'ignored', 'sent', 'void')
                   AND data IS NOT NULL AND %s
                   -- what acknowledges is sent again when a duplicate comes
                   AND NOT (answers_id IS NOT NULL AND %s)
                   AND NOT EXISTS (
                        SELECT FROM channel_exception told
                         WHERE told.state = 'open' AND told.res_id = record.id
                           AND told.res_model = 'channel.edi.interchange')
                   AND NOT EXISTS (
                        SELECT FROM channel_edi_document document
                         WHERE document.interchange_id = record.id AND %s)
                 ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
            RETURNING id
            """,
            self._due("record.create_date"),
            NUMBER_IS_USED,
            OPEN_DOCUMENT,
            BATCH,
        )

    # ------------------------------------------------------------- documents
    def _steps_edi_document(self):
        """What was received is deleted with what it was in; of what was sent the key
        stays, by which it is never sent twice."""
        final = SQL(
            "%s AND NOT %s AND NOT %s AND NOT (%s)",
            self._due("record.create_date"),
            OPEN_DOCUMENT,
            NEEDED_BY_ORDER,
            NUMBER_IS_USED,
        )
        yield SQL(
            """
            UPDATE channel_edi_document SET payload = NULL, faults = NULL
             WHERE id IN (
                SELECT record.id FROM channel_edi_document record
                  JOIN channel_edi_document document ON document.id = record.id
                 WHERE record.direction = 'out' AND record.payload IS NOT NULL AND %s
                 ORDER BY record.id LIMIT %s FOR UPDATE OF record SKIP LOCKED)
            RETURNING id
            """,
            final,
            BATCH,
        )
        yield SQL(
            """
            DELETE FROM channel_edi_document
             WHERE id IN (
                SELECT record.id FROM channel_edi_document record
                  JOIN channel_edi_document document ON document.id = record.id
                 WHERE record.direction = 'in' AND %s
                 ORDER BY record.id LIMIT %s FOR UPDATE OF record SKIP LOCKED)
            RETURNING id
            """,
            final,
            BATCH,
        )
        yield SQL(
            """
            DELETE FROM channel_edi_interchange
             WHERE id IN (
                SELECT id FROM channel_edi_interchange record
                 WHERE state IN ('done', 'duplicate', 'ignored', 'sent', 'void')
                   AND data IS NULL AND %s AND NOT (%s)
                   AND NOT EXISTS (SELECT FROM channel_edi_document document
                                    WHERE document.interchange_id = record.id)
                   AND NOT EXISTS (SELECT FROM channel_edi_interchange other
                                    WHERE other.answers_id = record.id)
                   AND NOT EXISTS (SELECT FROM channel_edi_interchange other
                                    WHERE other.duplicate_of_id = record.id)
                 ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
            RETURNING id
            """,
            self._due("record.create_date"),
            NUMBER_IS_USED,
            BATCH,
        )
