# SPDX-License-Identifier: AGPL-3.0-or-later
import io
import json
import zipfile

from odoo import api, fields, models
from odoo.tools import SQL

from ..db.sources import leaf_data
from ..verify import EXPORT

PAGE = 20_000
LEAF_COLUMNS = ("source", "row_id", "at", "form", "digest")


class ChannelAuditExporter(models.AbstractModel):
    """The sealed trail as a verifier reads it, page by page: seals, rows with their
    leaves, rows without, and what retention says it has removed.

    Files of the export: ``export.json`` (``format``, ``removed``), ``seals.jsonl`` (a
    seal a line), ``rows.tsv`` (``seal, position, source, row, at, form, digest, text``,
    by seal and position; the text is empty where the row is gone, ``-`` where it is for
    people of another company), ``loose.tsv`` (``source, row, at`` of what is in no
    seal). A leaf's data, which its hash is of, are the five columns from ``source`` to
    ``digest`` with the tabs between them.
    """

    _name = "channel.audit.exporter"
    _description = "Audit Exporter"

    # -------------------------------------------------------------- reading
    @api.model
    def _iter_seals(self):
        number = 0
        while True:
            rows = self.env.execute_query(
                SQL(
                    """
                    SELECT number, to_char(sealed_at, 'YYYY-MM-DD"T"HH24:MI:SS.US'),
                           count, hash, statement, signatures
                      FROM channel_audit_seal WHERE number > %s ORDER BY number
                     LIMIT %s
                    """,
                    number,
                    PAGE,
                )
            )
            if not rows:
                return
            names = ("number", "sealed_at", "count", "hash", "statement", "signatures")
            yield from (dict(zip(names, row, strict=True)) for row in rows)
            number = rows[-1][0]

    @api.model
    def _iter_rows(self, companies=None):
        """:param companies: ids of those whose rows are shown; None for all

        :return: lines of bytes
        """
        seal = position = 0
        while True:
            page = SQL(
                """
                SELECT * FROM channel_audit_leaf
                 WHERE (seal_number, position) > (%s, %s)
                 ORDER BY seal_number, position LIMIT %s
                """,
                seal,
                position,
                PAGE,
            )
            rows = self.env.execute_query(self._read_rows(page, companies))
            if not rows:
                return
            yield from (line.encode() for _seal, _position, line in rows)
            seal, position, _line = rows[-1]

    def _read_rows(self, leaves, companies):
        """:param leaves: query of the leaves that are wanted

        :return: query of (seal, position, line of ``rows.tsv``)
        """
        sources = self.env["channel.audit.sealer"]._get_sources()
        joins = SQL(" ").join(
            SQL(
                """
                LEFT JOIN LATERAL (
                    SELECT %(shown)s AS text FROM %(frm)s
                     WHERE "row".id = page.row_id
                       AND page.source = %(name)s) AS %(alias)s ON true
                """,
                shown=self._shown(source, companies),
                frm=source.frm,
                name=source.name,
                alias=SQL.identifier(f"source{index}"),
            )
            for index, source in enumerate(sources)
        )
        texts = SQL(", ").join(
            SQL.identifier(f"source{index}", "text") for index in range(len(sources))
        )
        return SQL(
            """
            SELECT page.seal_number, page.position,
                   concat_ws(E'\t', page.seal_number, page.position, %(leaf)s,
                             COALESCE(%(texts)s, ''))
              FROM (%(leaves)s) AS page %(joins)s
             ORDER BY page.seal_number, page.position
            """,
            leaf=leaf_data(*(SQL.identifier("page", name) for name in LEAF_COLUMNS)),
            texts=texts,
            leaves=leaves,
            joins=joins,
        )

    def _shown(self, source, companies):
        text = source.text(SQL("page.form"))
        if companies is None:
            return text
        return SQL(
            "CASE WHEN COALESCE(%(company)s = ANY(%(ids)s), true) THEN %(text)s "
            "ELSE '-' END",
            company=source.company,
            ids=list(companies),
            text=text,
        )

    @api.model
    def _iter_loose(self):
        """Rows that could be sealed and are not: lines of bytes."""
        for source in self.env["channel.audit.sealer"]._get_sources():
            last_id = 0
            while True:
                rows = self.env.execute_query(
                    SQL(
                        """
                        SELECT "row".id, to_char(%(at)s, 'YYYY-MM-DD"T"HH24:MI:SS.US')
                          FROM %(frm)s WHERE "row".id > %(last)s AND %(final)s
                           AND NOT EXISTS (SELECT FROM channel_audit_leaf leaf
                                            WHERE leaf.source = %(name)s
                                              AND leaf.row_id = "row".id)
                         ORDER BY "row".id LIMIT %(page)s
                        """,
                        at=source.at,
                        frm=source.frm,
                        last=last_id,
                        final=source.final,
                        name=source.name,
                        page=PAGE,
                    )
                )
                if not rows:
                    break
                yield from (
                    f"{source.name}\t{row_id}\t{at}".encode() for row_id, at in rows
                )
                last_id = rows[-1][0]

    @api.model
    def _get_removed(self):
        """:return: {source: {before, row}}: the latest that the trail says of what
        retention has removed"""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (source) source, before, id
                  FROM channel_audit,
                       jsonb_each_text(
                           CASE jsonb_typeof(data -> 'removed')
                           WHEN 'object' THEN data -> 'removed' ELSE '{}' END
                       ) AS said (source, before)
                 WHERE kind = 'control' AND before IS NOT NULL
                   AND EXISTS (SELECT FROM channel_audit_leaf leaf
                                WHERE leaf.source = 'channel.audit'
                                  AND leaf.row_id = channel_audit.id)
                 ORDER BY source, before DESC, id
                """
            )
        )
        return {
            source: {"before": before, "row": row_id} for source, before, row_id in rows
        }

    # --------------------------------------------------------------- export
    @api.model
    def _export(self, file, companies=None):
        """:param file: opened for writing bytes
        :param companies: ids of those whose rows are shown; None for all
        """
        head = {
            "format": EXPORT,
            "database": self.env.cr.dbname,
            "exported_at": fields.Datetime.now().isoformat(),
            "removed": self._get_removed(),
        }
        seals = (json.dumps(seal).encode() for seal in self._iter_seals())
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
            made.writestr("export.json", json.dumps(head, indent=1))
            self._append_lines(made, "seals.jsonl", seals)
            self._append_lines(made, "rows.tsv", self._iter_rows(companies))
            self._append_lines(made, "loose.tsv", self._iter_loose())

    def _append_lines(self, made, name, lines):
        with made.open(name, "w", force_zip64=True) as raw:
            with io.BufferedWriter(raw, 1 << 20) as file:
                for line in lines:
                    file.write(line + b"\n")
