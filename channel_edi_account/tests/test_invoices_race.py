# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from odoo.addons.channel_inventory_base.tests.common_committed import CommittedCase


@tagged("post_install", "-at_install")
class TestInvoicesRace(CommittedCase):
    """Invoices that wait, and several workers."""

    use_fake = False

    def setUp(self):
        super().setUp()
        with self.commit() as env:
            channel = self.channel(env)
            channel.write({"channel_type": "edi", "edi_role": "retailer"})
            mailbox = env["channel.edi.mailbox"].create(
                {"name": "By hand", "channel_id": channel.id, "kind": "manual"}
            )
            agreement = env["channel.edi.agreement"].create(
                {
                    "name": f"BigMart {channel.id}",
                    "channel_id": channel.id,
                    "mailbox_id": mailbox.id,
                    "partner_id": env["res.partner"].create({"name": "BigMart"}).id,
                    "their_id": f"BIGMART{channel.id}",
                    "our_id": "US",
                    "document_ids": [(0, 0, {"direction": "out", "kind": "810"})],
                }
            )
            document = env["channel.edi.document"].create(
                {
                    "agreement_id": agreement.id,
                    "channel_id": channel.id,
                    "direction": "out",
                    "kind": "810",
                    "source": "invoice",
                    "payload": "{}",
                    "state": "waiting",
                    "parked_until": "2020-01-01",
                }
            )
            self.document_id = document.id

    def document(self, env):
        return env["channel.edi.document"].browse(self.document_id)

    def told(self):
        with self.commit() as env:
            return env["channel.exception"].search_count(
                [("key", "=", f"edi_waits:{self.document_id}")]
            )

    def test_invoice_that_goes_when_it_has_waited_too_long_is_not_told(self):
        step = "channel.edi.invoices", "_watch"
        self.recover_while(
            step, lambda env: self.document(env).write({"state": "ready"})
        )
        self.assertFalse(self.told())
        # one that goes on waiting is
        with self.commit() as env:
            self.document(env).state = "waiting"
        self.recover_while(step, lambda env: None)
        self.assertTrue(self.told())
