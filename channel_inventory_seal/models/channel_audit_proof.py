# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.tools import SQL

from ..db.sources import leaf_data
from ..lib import merkle
from ..verify import PROOF, verify_proof
from .channel_audit_exporter import LEAF_COLUMNS

ROWS = 500
"""Rows of the trail in a proof at the most, the newest."""


class ChannelAuditProof(models.AbstractModel):
    """The proof of one published number: its line and request, the rules and the rows
    of the trail that have its traces, the path of each to its seal, and the seals up to
    one that was anchored. ``verify.py`` judges it without this database."""

    _name = "channel.audit.proof"
    _description = "Proof of a Number"

    @api.model
    def _prepare(self, line):
        """:param line: of a publication, that the user may see

        :return: the proof, as JSON has it
        """
        line.ensure_one()
        line.check_access("read")
        companies = self.env.user.company_ids.ids
        # sudo: seals are of all companies; texts only of the user's
        proof = self.sudo()
        rows = proof._read(proof._get_wanted(line.sudo()), companies)
        sealed = [row["seal"] for row in rows if row["seal"]]
        receipts = proof._get_receipts(sealed)
        last = max([*sealed, *receipts.mapped("seal_number")], default=0)
        return {
            "format": PROOF,
            "about": proof._prepare_about(line),
            "rows": rows,
            "seals": proof._get_seals(min(sealed, default=1), last),
            "anchors": [
                {
                    "number": receipt.seal_number,
                    "hash": receipt.seal_hash,
                    "sent": receipt.at.isoformat(),
                    "to": f"{receipt.anchor_id.name}: {receipt.reference}",
                }
                for receipt in receipts
            ],
        }

    def _prepare_about(self, line):
        """For people: what is proven are the rows."""
        return {
            "database": self.env.cr.dbname,
            "channel": line.channel_id.name,
            "level": line.level_id.display_name,
            "quantity": line.quantity,
            "result": line.result,
            "sent": line.sent_at and line.sent_at.isoformat(),
            "answered": line.acked_at and line.acked_at.isoformat(),
            "made": fields.Datetime.now().isoformat(),
        }

    def _judge(self, proof):
        """:return: what the verifier says of it, line by line"""
        return list(verify_proof(proof).lines())

    # ------------------------------------------------------------------ rows
    def _get_wanted(self, line):
        """:return: {source: ids}, from the number back to its cause"""
        traces = [
            trace for trace in (line.publication_id.trace, line.cause_trace) if trace
        ]
        audits = self.env["channel.audit"].search(
            [("trace", "in", traces)], order="id desc", limit=ROWS
        )
        return {
            "channel.publication.line": line.ids,
            "channel.publication": line.publication_id.ids,
            "channel.rule.version": line.rule_version_ids.ids,
            "channel.audit": sorted(audits.ids),
        }

    def _read(self, wanted, companies):
        exporter = self.env["channel.audit.exporter"]
        leaves = SQL(" UNION ALL ").join(
            SQL(
                "SELECT * FROM channel_audit_leaf "
                "WHERE source = %s AND row_id = ANY(%s)",
                source,
                ids,
            )
            for source, ids in wanted.items()
        )
        found = {}
        for seal, position, text in self.env.execute_query(
            exporter._read_rows(leaves, companies)
        ):
            parts = text.split("\t", 7)
            leaf = dict(zip(LEAF_COLUMNS, parts[2:7], strict=True))
            row_id = leaf["row_id"] = int(leaf["row_id"])
            leaf["form"] = int(leaf["form"])
            leaf.update(row=parts[7], seal=seal, position=position)
            found[leaf["source"], row_id] = leaf
        self._add_paths(found.values())
        return [
            found.get((source, row_id))
            or {"source": source, "row_id": row_id, "seal": None}
            for source, ids in wanted.items()
            for row_id in ids
        ]

    def _add_paths(self, leaves):
        hashes = {number: self._get_hashes(number) for number in _numbers(leaves)}
        for leaf in leaves:
            path = merkle.path(hashes[leaf["seal"]], leaf["position"] - 1)
            leaf["path"] = [step.hex() for step in path]

    def _get_hashes(self, number):
        leaf = leaf_data(*(SQL.identifier(name) for name in LEAF_COLUMNS))
        rows = self.env.execute_query(
            SQL(
                r"""
                SELECT string_agg(sha256('\x00'::bytea || convert_to(%s, 'UTF8')),
                                  ''::bytea ORDER BY position)
                  FROM channel_audit_leaf WHERE seal_number = %s
                """,
                leaf,
                number,
            )
        )
        return merkle.split(bytes(rows[0][0] or b""))

    # ----------------------------------------------------------------- seals
    def _get_receipts(self, sealed):
        """The first that has all of these seals behind it."""
        receipts = self.env["channel.audit.receipt"]
        if not sealed:
            return receipts
        first = receipts.search(
            [("seal_number", ">=", max(sealed))], order="seal_number, id", limit=1
        )
        return receipts.search([("seal_number", "=", first.seal_number)])

    def _get_seals(self, first, last):
        seals = self.env["channel.audit.seal"].search(
            [("number", ">=", first), ("number", "<=", last)], order="number"
        )
        return [
            {
                "number": seal.number,
                "hash": seal.hash,
                "statement": seal.statement,
                "signatures": seal.signatures or [],
            }
            for seal in seals
        ]


def _numbers(leaves):
    return {leaf["seal"] for leaf in leaves}
