# SPDX-License-Identifier: AGPL-3.0-or-later
import base64
import copy
import hashlib
import json

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .. import verify
from .common_seal import SealCase, keys, public


@tagged("post_install", "-at_install")
class TestProof(SealCase):
    """From a published number to its seal, and to what lies outside."""

    def setUp(self):
        super().setUp()
        self.env.flush_all()
        self.env["channel.planner"]._run()
        self.env.invalidate_all()

    def publish(self):
        now = fields.Datetime.now()
        publication = self.env["channel.publication"].create(
            {
                "channel_id": self.channel.id,
                "key": "proof",
                "trace": "proof",
                "payload": '{"quantity": 7}',
                "state": "done",
                "sent_at": now,
                "acked_at": now,
            }
        )
        self.env["channel.publication.line"]._insert(
            publication, [(self.level.id, 7, 12, 1, now.isoformat(), "cause", None)]
        )
        self.env.invalidate_all()
        publication.line_ids.result = "acked"
        self.log("published", trace="proof")
        self.log("sold", trace="cause")
        self.env.flush_all()
        return publication.line_ids

    def prove(self, line):
        # as it is read by whoever gets it
        return json.loads(json.dumps(self.env["channel.audit.proof"]._prepare(line)))

    def test_a_number_is_proven_with_its_request_and_its_cause(self):
        line = self.publish()
        self.sealer._seal_all()
        anchor = self.anchor()
        self.seal("afterwards")
        proof = self.prove(line)
        sources = {row["source"] for row in proof["rows"]}
        self.assertLessEqual(
            {"channel.publication.line", "channel.publication", "channel.audit"},
            sources,
        )
        texts = " ".join(row["row"] for row in proof["rows"])
        for word in ("published", "sold", '{\\"quantity\\": 7}'):
            self.assertIn(word, texts)
        report = verify.verify_proof(proof, [anchor], [public(1)])
        self.assertOnly(report)
        self.assertEqual(report.rows, len(proof["rows"]))

    def test_a_proof_reaches_to_the_first_anchor_behind_it(self):
        line = self.publish()
        self.sealer._seal_all()
        _rows, later = self.seal("afterwards")
        place = self.env["channel.audit.anchor"].create({"name": "Vault"})
        place.env["channel.audit.receipt"].create(
            {
                "anchor_id": place.id,
                "company_id": place.company_id.id,
                "seal_number": later.number,
                "seal_hash": later.hash,
                "at": fields.Datetime.now(),
                "reference": "vault",
            }
        )
        anchor = self.anchor()
        self.seal("much later")
        proof = self.prove(line)
        self.assertEqual(proof["seals"][-1]["number"], later.number)
        self.assertEqual(proof["anchors"][0]["hash"], later.hash)
        self.assertOnly(verify.verify_proof(proof, [anchor]))

    def test_whatever_is_changed_in_a_proof_shows(self):
        line = self.publish()
        self.sealer._seal_all()
        proof = self.prove(line)
        self.assertOnly(verify.verify_proof(proof))
        row = proof["rows"][0]
        for name, value in (
            ("row", row["row"].replace("7", "8")),
            ("digest", "0" * 64),
            ("row_id", row["row_id"] + 1),
            ("at", "2020-01-01T00:00:00.000000"),
            ("position", row["position"] + 1),
            ("path", row["path"][:-1]),
        ):
            with self.subTest(name):
                changed = copy.deepcopy(proof)
                changed["rows"][0][name] = value
                self.assertFalse(verify.verify_proof(changed).is_clean)
        changed = copy.deepcopy(proof)
        changed["seals"][-1]["statement"] += " "
        self.assertFalse(verify.verify_proof(changed).is_clean)

    def test_a_proof_made_from_nothing_shows_against_a_key_and_an_anchor(self):
        with keys(1):
            line = self.publish()
            self.sealer._seal_all()
            anchor = self.anchor()
            proof = self.prove(line)
        for known, anchors in (
            ([public(1)], []),
            ([], [anchor]),
            ([public(1)], [anchor]),
        ):
            self.assertOnly(verify.verify_proof(proof, anchors, known))
        forged = copy.deepcopy(proof)
        row = next(row for row in forged["rows"] if row["source"] == verify.NUMBER)
        values = json.loads(row["row"])
        values[3] = forged["about"]["quantity"] = 999
        row["row"] = json.dumps(values)
        row["digest"] = hashlib.sha256(row["row"].encode()).hexdigest()
        row.update(seal=77, position=1, path=[])
        leaf = [row[name] for name in ("source", "row_id", "at", "form", "digest")]
        leaf = b"\0" + "\t".join(map(str, leaf)).encode()
        statement = json.dumps(
            {
                "number": 77,
                "count": 1,
                "root": hashlib.sha256(leaf).hexdigest(),
                "keys": [],
                "sealed_at": "2026-01-01T00:00:00.000000",
            }
        )
        digest = hashlib.sha256(statement.encode()).hexdigest()
        seal = {"number": 77, "statement": statement, "hash": digest, "signatures": []}
        forged.update(rows=[row], seals=[seal])
        self.assertOnly(verify.verify_proof(forged))
        for known, anchors in (
            ([public(1)], []),
            ([], [anchor]),
            ([public(1)], [anchor]),
        ):
            with self.subTest(known=known, anchors=len(anchors)):
                report = verify.verify_proof(forged, anchors, known)
                self.assertFound(report, "signature", "")

    def test_what_a_proof_says_is_what_is_proven(self):
        line = self.publish()
        self.sealer._seal_all()
        proof = self.prove(line)
        changed = copy.deepcopy(proof)
        changed["about"]["quantity"] += 1
        self.assertFalse(verify.verify_proof(changed).is_clean)
        changed = copy.deepcopy(proof)
        changed["rows"] = []
        self.assertFalse(verify.verify_proof(changed).is_clean)
        changed = copy.deepcopy(proof)
        for row in changed["rows"]:
            row["row"] = ""
        self.assertFalse(verify.verify_proof(changed).is_clean)

    def test_a_number_that_is_not_sealed_yet_is_not_called_proven(self):
        report = verify.verify_proof(self.prove(self.publish()))
        self.assertFalse(report.rows)
        self.assertTrue(report.loose)

    def test_the_level_opens_the_proof_of_what_was_acknowledged_last(self):
        with self.assertRaises(UserError):
            self.level.action_open_proof()
        line = self.publish()
        self.sealer._seal_all()
        auditor = self.make_user(self.env, "auditor", "proof_auditor")
        action = self.level.with_user(auditor).action_open_proof()
        wizard = self.env[action["res_model"]].with_user(auditor)
        # there already, or the web client would have no file to fetch
        wizard = wizard.browse(action["res_id"])
        self.assertEqual(wizard.line_id, line)
        proof = json.loads(base64.b64decode(wizard.file))
        self.assertOnly(verify.verify_proof(proof))
        self.assertIn("nothing was found", wizard.summary)

    def test_who_may_not_read_the_trail_gets_no_proof(self):
        line = self.publish()
        user = self.make_user(self.env, "operator", "proof_operator")
        with self.assertRaises(AccessError):
            line.with_user(user).action_open_proof()

    def test_the_report_shows_rows_seals_and_verdict(self):
        line = self.publish()
        self.sealer._seal_all()
        seal = self.seals._get_last()
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "channel_inventory_seal.channel_audit_proof", line.ids
        )
        for word in (seal.hash, "published", "nothing was found", "Not yet"):
            self.assertIn(word, html.decode())

    def test_rows_of_other_companies_are_withheld_in_an_export(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.env["channel.audit"]._log(
            "operator", self.env["channel.channel"], "their secret", company=other
        )
        self.seal("ours")
        mine = b"\n".join(self.exporter._iter_rows(self.env.company.ids))
        self.assertNotIn(b"their secret", mine)
        self.assertIn(b"ours", mine)
        report = verify.verify(
            self.exporter._iter_seals(), self.exporter._iter_rows(self.env.company.ids)
        )
        self.assertOnly(report)
        self.assertGreaterEqual(report.withheld, 1)
