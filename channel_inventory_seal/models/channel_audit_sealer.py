# SPDX-License-Identifier: AGPL-3.0-or-later
import json
import logging
import time
from hashlib import sha256

from odoo import api, models
from odoo.tools import SQL, config

from odoo.addons.channel_inventory_base.db.transaction import LOCK_SEAL, own_transaction
from odoo.addons.channel_inventory_base.tools.crypto import KeyMissing

from ..db.sources import SOURCES, digest, leaf_data
from ..lib import merkle, signing
from ..verify import GENESIS

_logger = logging.getLogger(__name__)

BATCH = 100_000
"""Rows of one seal at the most."""
WORK_MEM = "64MB"
RUN_SECONDS = 40
LATE_HOURS = 2
"""Every minute rows are looked for above the ids that were sealed so long ago; once a
day all of them are, however long their transaction was open."""


class ChannelAuditSealer(models.AbstractModel):
    """Seals what can be seen and is in no seal yet.

    Never a range of ids: ids are given before their transaction commits, so a lower one
    may appear later. Never what is older than all running transactions either: one that
    sits idle in any database of the cluster would hold the seals up.

    How it works: one transaction a seal. It takes the lock, inserts the leaves of all
    rows that have none in one statement, computes their root, and inserts the seal. A
    worker that is killed in between leaves nothing; one that comes second finds the
    lock taken. Rows are hashed by the database as they are stored, so nothing is lost
    between what was meant and what is there.

    How to use: an addon that depends on this one extends ``_get_sources``.
    """

    _name = "channel.audit.sealer"
    _description = "Audit Sealer"

    @api.model
    def _get_sources(self):
        """:return: list of ``db.sources.Source``, the trail first"""
        return list(SOURCES)

    # ---------------------------------------------------------------- jobs
    @api.model
    def _cron_seal(self):
        """Each minute."""
        self._seal_all()

    @api.model
    def _cron_seal_rest(self):
        """Once a day: what has appeared below the ids that the minute looks above."""
        self._seal_all(everything=True)

    @api.model
    def _seal_all(self, everything=False):
        """:return: how many rows were sealed"""
        self.env.flush_all()
        signers = self._get_signers()
        end, total, sealed = time.monotonic() + RUN_SECONDS, 0, BATCH
        while sealed == BATCH and time.monotonic() < end:
            with own_transaction(self.env) as env:
                sealer = env[self._name]
                sealed = sealer._seal(signers, everything) if sealer._lock() else 0
            total += sealed
        return total

    @api.model
    def _lock(self):
        """:return: False while another worker seals"""
        return self.env.execute_query(
            SQL("SELECT pg_try_advisory_xact_lock(%s, 0)", LOCK_SEAL)
        )[0][0]

    # ---------------------------------------------------------------- keys
    @api.model
    def _get_signers(self):
        """The server's keys; a person is told of one that cannot be used, and the chain
        goes on without a signature."""
        try:
            signers = signing.read_signers(config["config"])
        except KeyMissing as error:
            self._report_key(
                self.env._("The seal key of the server cannot be used: %s", error)
            )
            return []
        if signers:
            self.env["channel.exception"]._resolve_keys(
                self.env["channel.channel"], ["seal_key"], company=self.env.company
            )
            return signers
        last = self.env["channel.audit.seal"]._get_last()
        if last.is_signed:
            self._report_key(self.env._("The server has lost its seal key"))
        return []

    def _report_key(self, message):
        self.env["channel.exception"]._report(
            self.env["channel.channel"],
            "configuration",
            key="seal_key",
            message=message,
            suggestion=self.env._(
                "Enter seal_key in section channel_inventory of the configuration of "
                "all servers: 32 bytes in urlsafe base64. Until then the audit trail "
                "is sealed without a signature."
            ),
            company=self.env.company,
        )

    # ---------------------------------------------------------------- seal
    def _seal(self, signers, everything=False):
        """One seal of up to ``BATCH`` rows; none where there is nothing to seal.

        :return: how many rows it stands for
        """
        last = self.env["channel.audit.seal"]._get_last()
        number = last.number + 1
        hashes, count, first_at, last_at, highest = self._insert_leaves(
            number, {} if everything else self._get_marks()
        )
        if not count:
            return 0
        stated = {
            "number": number,
            "previous": last.hash or GENESIS,
            "count": count,
            "root": merkle.root(merkle.split(bytes(hashes))).hex(),
            "first_at": first_at,
            "last_at": last_at,
            "sealed_at": self._get_now(),
            "complete": count < BATCH,
            "sources": self._get_highest(last, highest),
            "keys": [signer.public for signer in signers],
            "database": self.env.cr.dbname,
        }
        self._insert_seal(stated, signers)
        return count

    def _insert_seal(self, stated, signers):
        text = json.dumps(stated, sort_keys=True, separators=(",", ":"))
        self.env.execute_query(
            SQL(
                """
                INSERT INTO channel_audit_seal
                       (number, sealed_at, count, statement, hash, signatures)
                VALUES (%s, %s::timestamp, %s, %s, %s, %s::jsonb) RETURNING id
                """,
                stated["number"],
                stated["sealed_at"],
                stated["count"],
                text,
                sha256(text.encode()).hexdigest(),
                json.dumps([signer.sign(text) for signer in signers]),
            )
        )

    def _get_now(self):
        return self.env.execute_query(
            SQL(
                "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', "
                """'YYYY-MM-DD"T"HH24:MI:SS.US')"""
            )
        )[0][0]

    def _get_highest(self, last, highest):
        """The highest id that is sealed of each source, by what the last seal says."""
        known = last._read_statement().get("sources") or {}
        return {
            source.name: max(highest.get(source.name, 0), known.get(source.name) or 0)
            for source in self._get_sources()
        }

    def _get_marks(self):
        """:return: {source: id above which its rows are looked for}"""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT statement::jsonb -> 'sources' FROM channel_audit_seal
                 WHERE sealed_at < now() AT TIME ZONE 'UTC' - make_interval(hours => %s)
                 ORDER BY sealed_at DESC LIMIT 1
                """,
                LATE_HOURS,
            )
        )
        return rows[0][0] if rows else {}

    def _insert_leaves(self, number, marks):
        """:return: (hashes of the leaves one behind the other, their number, time of
        the oldest row, of the newest, {source: highest id})"""
        # a batch is sorted in memory: on disk that takes a third of the time
        self.env.cr.execute(SQL("SET LOCAL work_mem = %s", WORK_MEM))
        waiting = SQL(" UNION ALL ").join(
            self._waiting(rank, source, marks.get(source.name) or 0)
            for rank, source in enumerate(self._get_sources())
        )
        [row] = self.env.execute_query(
            SQL(
                """
                WITH waiting AS (%(waiting)s),
                batch AS (
                    SELECT source, row_id, at, form, digest,
                           row_number() OVER (ORDER BY rank, row_id) AS position
                      FROM (SELECT * FROM waiting ORDER BY rank, row_id
                             LIMIT %(batch)s) AS picked),
                inserted AS (
                    INSERT INTO channel_audit_leaf
                           (seal_number, position, source, row_id, at, form, digest)
                    SELECT %(number)s, position, source, row_id, at, form, digest
                      FROM batch
                    RETURNING position, source, row_id, at, form, digest)
                SELECT string_agg(
                           sha256('\\x00'::bytea || convert_to(%(leaf)s, 'UTF8')),
                           ''::bytea ORDER BY position),
                       count(*),
                       to_char(min(at), 'YYYY-MM-DD"T"HH24:MI:SS.US'),
                       to_char(max(at), 'YYYY-MM-DD"T"HH24:MI:SS.US'),
                       (SELECT jsonb_object_agg(source, highest)
                          FROM (SELECT source, max(row_id) AS highest
                                  FROM inserted GROUP BY source) AS each)
                  FROM inserted
                """,
                waiting=waiting,
                batch=BATCH,
                number=number,
                leaf=leaf_data(*map(SQL, ("source", "row_id", "at", "form", "digest"))),
            )
        )
        return row

    def _waiting(self, rank, source, mark):
        """Rows of a source that no leaf stands for, up to ``BATCH``."""
        return SQL(
            """
            (SELECT %(rank)s AS rank, %(name)s::varchar AS source, "row".id AS row_id,
                    %(at)s AS at, %(form)s AS form, %(digest)s AS digest
               FROM %(frm)s
              WHERE "row".id > %(mark)s AND %(final)s
                AND NOT EXISTS (SELECT FROM channel_audit_leaf leaf
                                 WHERE leaf.source = %(name)s
                                   AND leaf.row_id = "row".id)
              ORDER BY "row".id LIMIT %(batch)s)
            """,
            rank=rank,
            name=source.name,
            at=source.at,
            form=source.form,
            digest=digest(source.text(source.form)),
            frm=source.frm,
            mark=mark,
            final=source.final,
            batch=BATCH,
        )
