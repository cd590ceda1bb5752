# SPDX-License-Identifier: AGPL-3.0-or-later
from contextlib import suppress

from odoo.tests import tagged

from odoo.addons.channel_inventory_base.tests.common_committed import CommittedCase

from ..models.channel_edi_counter import LAST
from .common_edi import BIGMART, EdiCase

WORKERS, TAKEN = 20, 5


class TestCounters(EdiCase):
    def test_after_the_last_number_comes_the_first(self):
        counters = self.env["channel.edi.counter"]
        self.assertEqual(counters._take(self.agreement, "interchange"), [1])
        counters.search([("agreement_id", "=", self.agreement.id)]).value = LAST - 2
        self.env.flush_all()
        taken = [counters._take(self.agreement, "interchange")[0] for _each in range(4)]
        self.assertEqual(taken, [LAST - 1, LAST, 1, 2])

    def test_several_at_once_are_not_cut_by_the_end(self):
        counters = self.env["channel.edi.counter"]
        counters._take(self.agreement, "document")
        counters.search([("agreement_id", "=", self.agreement.id)]).value = LAST - 1
        self.env.flush_all()
        taken = counters._take(self.agreement, "document", 3)
        self.assertEqual(taken, [LAST, 1, 2])


@tagged("post_install", "-at_install")
class TestCountersOfMany(CommittedCase):
    """Control numbers of workers that take them at the same time."""

    use_fake = False

    def test_no_gap_and_none_twice_whoever_gives_up(self):
        """Of twenty workers every third is rolled back with the numbers that it had."""
        with self.commit() as env:
            channel = self.channel(env)
            channel.write({"channel_type": "edi", "edi_role": "retailer"})
            mailbox = env["channel.edi.mailbox"].create(
                {"name": "By hand", "channel_id": channel.id, "kind": "manual"}
            )
            agreement = env["channel.edi.agreement"].create(
                {
                    "name": "Many",
                    "channel_id": channel.id,
                    "mailbox_id": mailbox.id,
                    **BIGMART,
                    "their_id": "MANY",
                }
            )
            agreement_id = agreement.id
        found = []

        def take(number):
            def run():
                with suppress(_GivesUp):
                    with self.commit() as env:
                        # as the transactions are that freeze bytes
                        env.cr.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
                        agreement = env["channel.edi.agreement"].browse(agreement_id)
                        taken = env["channel.edi.counter"]._take(
                            agreement, "interchange", TAKEN
                        )
                        if number % 3 == 0:
                            raise _GivesUp
                    found.extend(taken)

            return run

        self.in_threads(*(take(number) for number in range(WORKERS)))
        kept = sum(1 for number in range(WORKERS) if number % 3)
        self.assertEqual(sorted(found), [*range(1, kept * TAKEN + 1)])


class _GivesUp(Exception):
    pass
