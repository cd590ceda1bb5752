# SPDX-License-Identifier: AGPL-3.0-or-later
from .. import exceptions


class WrongReadsContract:
    """What is read of a shop may be wrong as a whole: then nothing is put right by it.

    Inherit it beside ``AdapterContract`` and fill ``shop_forget``. Needs an addon that
    reconciles channels, and is skipped without one.
    """

    forgotten = "refused"
    """How a run ends that is told no numbers."""

    # -------------------------------------------------- filled by connectors
    def shop_forget(self, ref):
        """From now on the shop tells no number of it."""
        raise NotImplementedError

    def shop_drop(self, ref):
        """From now on the shop does not have the item any more."""
        raise NotImplementedError

    def shop_move(self, ref, quantity):
        """From now on the shop has it at another of its locations."""
        self.skipTest("a shop of this type has one location")

    # --------------------------------------------------------------- helpers
    def go_live(self):
        """Three listings of one product show what they should. :return: their refs"""
        if "channel.reconciler" not in self.env:
            self.skipTest("needs channel_reconciliation")
        self.channel.order_lag = 0
        self.listing.active = False
        refs = self.shop_refs()
        self.node.external_id = refs[0].node_ref
        self.env["channel.listing"].search(
            [("stock_ref", "in", [ref.stock_ref for ref in refs])]
        ).unlink()
        self.env["channel.listing"].create(
            [
                {
                    "channel_id": self.channel.id,
                    "external_id": f"wrong-{number}",
                    "stock_ref": ref.stock_ref,
                    "sku": f"WRONG-{number}",
                    "product_id": self.product.id,
                    "state": "mapped",
                }
                for number, ref in enumerate(refs)
            ]
        )
        self.plan()
        levels = self.env["channel.level"].search(
            [("listing_id.sku", "=like", "WRONG-%")], order="id"
        )
        self.assertEqual(levels.mapped("target"), [10, 10, 10])
        for ref, level in zip(refs, levels, strict=True):
            self.shop_set(ref, level.target)
            self.make_known(self.env, level, level.target)
        self.env["channel.level.pending"].search([]).unlink()
        self.env.flush_all()
        return refs

    def run_to_its_end(self):
        """A run, with the orders of its time, and all that follows from it.

        :return: the run
        """
        self.channel._reconcile("hand")
        run = self.env["channel.reconcile.run"].search(
            [("channel_id", "=", self.channel.id), ("kind", "=", "levels")], limit=1
        )
        for _turn in range(5):
            self.env["channel.reconciler"]._run(self.channel)
            self.env.invalidate_all()
            if run.state != "running":
                break
            self.poll()
            self.intake()
        for _look in range(2):
            self.observe()
            self.later(600)
            self.poll()
            self.intake()
        self.observe()
        self.plan()
        self.publish()
        return run

    def assertNothingRepaired(self, refs, shown):
        items = {ref.stock_ref for ref in refs}
        lines = self.env["channel.publication.line"].search([])
        self.assertFalse(items & set(lines.level_id.listing_id.mapped("stock_ref")))
        repaired = self.env["channel.reconcile.difference"].search(
            [("state", "in", ("repaired", "checking"))]
        )
        self.assertFalse(items & set(repaired.mapped("stock_ref")))
        self.assertEqual([self.shop_shown(ref) for ref in refs], shown)

    def check(self, refs, state="refused"):
        shown = [self.shop_shown(ref) for ref in refs]
        run = self.run_to_its_end()
        self.assertEqual(run.state, state, run.summary)
        self.assertNothingRepaired(refs, shown)
        self.assertTrue(
            self.env["channel.exception"].search([("state", "=", "open")])
            or run.difference_ids.filtered(lambda each: each.state == "open")
        )

    # ----------------------------------------------------------------- tests
    def test_contract_what_is_right_stays(self):
        refs = self.go_live()
        run = self.run_to_its_end()
        self.assertEqual((run.state, run.counts.get("equal")), ("done", 3))
        self.assertNothingRepaired(refs, [10, 10, 10])

    def test_contract_wrong_read_all_forgotten(self):
        refs = self.go_live()
        for ref in refs:
            self.shop_forget(ref)
        self.check(refs, self.forgotten)

    def test_contract_wrong_read_all_zero(self):
        refs = self.go_live()
        for ref in refs:
            self.shop_set(ref, 0)
        self.check(refs)

    def test_contract_wrong_read_a_part_is_missing(self):
        """One of three may well be gone: nothing is put right, and it is told."""
        refs = self.go_live()
        self.shop_drop(refs[0])
        self.check(refs[1:], "done")

    def test_contract_wrong_read_numbers_of_another_place(self):
        refs = self.go_live()
        for ref in refs:
            self.shop_move(ref, 10)
        self.check(refs)

    def test_contract_wrong_read_absurd_numbers(self):
        refs = self.go_live()
        for ref in refs:
            self.shop_set(ref, 5000)
        self.check(refs)

    def test_contract_wrong_read_permission_lost(self):
        refs = self.go_live()
        shown = [self.shop_shown(ref) for ref in refs]
        self.shop_break_credentials()
        try:
            self.run_to_its_end()
        except exceptions.ChannelError as error:
            self.assertTrue(str(error))
        self.assertNothingRepaired(refs, shown)
