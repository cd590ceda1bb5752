# SPDX-License-Identifier: AGPL-3.0-or-later
from collections import Counter
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.channel_inventory_base.tests.common_committed import CommittedCase
from odoo.addons.channel_inventory_base.tests.common_killed import (
    at_commit,
    commits_noted,
    run_in_child,
)

from .partners import start_partners

SEED = {
    "settings": {"lead_days": 0},
    "items": [{"sku": "SKU-1", "title": "Soap", "price": "2.50"}],
}
MODULES = "odoo.addons.channel_edi.models"
STEPS = ("_fetch", "_split_next", "_process_next", "_frame_next", "_deliver_next")
"""Functions that commit for themselves."""


def all_of_it(env, channel):
    """What the jobs of a partner do, one after the other."""
    env["channel.edi.receiver"]._run(channel)
    env["channel.edi.worker"]._run(channel)
    env["channel.intake"]._run(channel)
    env["channel.messenger"]._run(channel)
    env["channel.edi.sender"]._run(channel)


class _Free:
    """A lock that anybody gets."""

    def __init__(self, *_arguments):
        pass

    def __enter__(self):
        return True

    def __exit__(self, *_error):
        return False


@tagged("post_install", "-at_install")
class TestEdiRace(CommittedCase):
    """Several workers at the mailbox of one strict retailer, and workers that die:
    nothing is taken, answered or sent twice, and no control number is missing."""

    use_fake = False
    stocked = 500

    def setUp(self):
        super().setUp()
        self.sandbox = start_partners({"bigmart": SEED}, ["bigmart"])
        self.addCleanup(self.sandbox.stop)
        self.shop = self.sandbox.partners["bigmart"]
        with self.commit() as env:
            # of the test before, between the same identities
            before = env["channel.edi.agreement"].search([])
            # whose numbers would be gone on with
            before.write({"active": False, "our_id": "BEFORE"})
            self.make_partner(env)
        self.plan()
        self.publish()
        self.work()
        self.sandbox.step()

    def make_partner(self, env):
        config = self.shop.config
        channel = self.channel(env)
        channel.write(
            {
                "channel_type": "edi",
                "edi_role": "retailer",
                "exception_user_id": env.ref("base.user_admin").id,
                "confirm_policy": "always",
                "charges_no_tax": True,
                "send_acceptances": True,
                "publish_minutes": 60,
            }
        )
        listing = env["channel.listing"].browse(self.listing_id)
        listing.write({"external_id": "SKU-1|EA", "stock_ref": "SKU-1|EA"})
        mailbox = env["channel.edi.mailbox"].create(
            {
                "name": "BigMart",
                "channel_id": channel.id,
                "host": "127.0.0.1",
                "port": self.sandbox.sftp.port,
                "username": config.user,
                "host_key": self.sandbox.sftp.host_key,
                "incoming": "/out",
                "outgoing": "/in",
                "ready_when": "named",
            }
        )
        mailbox.password = config.password
        partner = env["res.partner"].create(
            {"name": "BigMart", "country_id": env.ref("base.us").id}
        )
        agreement = env["channel.edi.agreement"].create(
            {
                "name": "BigMart",
                "channel_id": channel.id,
                "partner_id": partner.id,
                "mailbox_id": mailbox.id,
                "their_qualifier": config.identity[0],
                "their_id": config.identity[1],
                "our_qualifier": config.us[0],
                "our_id": config.us[1],
                "their_group_id": config.group,
                "our_group_id": config.us_group,
                "group_version": config.version,
                "tz": config.zone,
                "document_ids": [
                    (0, 0, {"direction": "out", "kind": kind})
                    for kind in ("855", "846")
                ],
            }
        )
        self.agreement_id = agreement.id

    def work(self):
        with self.commit() as env:
            all_of_it(env, self.channel(env))

    def come_to_rest(self):
        for _round in range(4):
            self.work()
            self.sandbox.step(60)

    def assertAllOnce(self, *bought):
        """What was bought is ordered, held and answered once, nothing is charged, and
        our control numbers have no gap."""
        charges = [(each.rule, each.reason) for each in self.shop.ledger.entries]
        self.assertEqual(charges, [])
        for each in bought:
            self.assertTrue(self.shop.orders[each.po].answered, each.po)
        with self.commit() as env:
            orders = env["channel.order"].search([("channel_id", "=", self.channel_id)])
            names = Counter(orders.mapped("name"))
            for each in bought:
                self.assertEqual(names[each.po], 1, each.po)
            self.assertEqual(
                sum(orders.line_ids.mapped("quantity")),
                sum(
                    line.ordered
                    for order in self.shop.orders.values()
                    for line in order.lines
                ),
            )
            position = env["channel.position"].search(
                [
                    ("product_id", "=", self.product_id),
                    ("warehouse_id", "=", self.warehouse_id),
                ]
            )
            self.assertEqual(
                position.on_hand - position.available,
                sum(orders.line_ids.mapped("quantity")),
            )
            documents = env["channel.edi.document"].search(
                [("agreement_id", "=", self.agreement_id), ("direction", "=", "out")]
            )
            answers = Counter(
                documents.filtered(lambda each: each.kind == "855").mapped(
                    "business_key"
                )
            )
            self.assertEqual(set(answers.values()), {1})
            sent = env["channel.edi.interchange"].search(
                [("agreement_id", "=", self.agreement_id), ("direction", "=", "out")]
            )
            self.assertEqual(set(sent.mapped("state")), {"sent"})
            numbers = sorted(int(each.number) for each in sent)
            self.assertEqual(numbers, list(range(1, len(sent) + 1)))

    def buy(self, count):
        return [self.shop.buy({"SKU-1": 1 + index % 3}) for index in range(count)]

    # ------------------------------------------------------------------ races
    def test_one_stock_document_in_a_window(self):
        """Whoever publishes again before the next one is due sends none."""
        self.in_threads(*[self.publish] * 3)
        self.come_to_rest()
        with self.commit() as env:
            documents = env["channel.edi.document"].search(
                [("agreement_id", "=", self.agreement_id), ("kind", "=", "846")]
            )
            self.assertEqual(documents.mapped("state"), ["sent"])
            self.assertEqual(len(documents.interchange_id), 1)

    def test_three_workers_at_one_mailbox(self):
        bought = self.buy(6)
        self.in_threads(self.work, self.work, self.work)
        self.in_threads(self.work, self.work)
        self.come_to_rest()
        self.assertAllOnce(*bought)

    def test_each_step_by_two_workers_without_its_lock(self):
        """The locks save work; what keeps the books right is the transactions."""

        def step(model):
            def run():
                with self.commit() as env:
                    env[model]._run(self.channel(env))

            return run

        bought = self.buy(6)
        for model, module in (
            ("channel.edi.receiver", "channel_edi_mailbox"),
            ("channel.edi.worker", "channel_edi_worker"),
        ):
            with patch(f"{MODULES}.{module}.try_lock", _Free):
                self.in_threads(step(model), step(model), step(model))
        self.come_to_rest()
        self.assertAllOnce(*bought)

    def test_one_interchange_in_two_files_by_two_workers(self):
        """The partner has written it twice, under two names: it is one, whoever reads
        which file."""
        bought = self.buy(1)
        with self.commit() as env:
            env["channel.edi.receiver"]._run(self.channel(env))
        with self.commit() as env:
            files = env["channel.edi.file"]
            file = files.search(
                [("channel_id", "=", self.channel_id), ("state", "=", "new")], limit=1
            )
            files._store(file.mailbox_id, f"again-{file.name}", "1", file._bytes())

        def split():
            with self.commit() as env:
                worker, channel = env["channel.edi.worker"], self.channel(env)
                while worker._split_next(channel):
                    pass

        self.in_threads(split, split)
        with self.commit() as env:
            interchanges = env["channel.edi.interchange"].search(
                [("agreement_id", "=", self.agreement_id), ("direction", "=", "in")]
            )
            states = {}
            for each in interchanges:
                states.setdefault(each.number, []).append(each.state)
        twins = [sorted(each) for each in states.values() if len(each) > 1]
        self.assertEqual(twins, [["done", "duplicate"]])
        self.come_to_rest()
        self.assertAllOnce(*bought)

    def test_interchanges_are_framed_by_two_workers(self):
        """Two that put documents into interchanges at once take other documents and
        other numbers."""
        self.buy(3)
        for model in ("receiver", "worker"):
            with self.commit() as env:
                env[f"channel.edi.{model}"]._run(self.channel(env))
        bought = [*self.shop.orders.values()]

        def tell():
            with self.commit() as env:
                channel = self.channel(env)
                env["channel.intake"]._run(channel)
                env["channel.messenger"]._run(channel)
                env["channel.edi.sender"]._run(channel)

        self.in_threads(tell, tell, tell)
        self.come_to_rest()
        self.assertAllOnce(*bought)

    # ------------------------------------------------------------ old pictures
    def mailbox(self, env):
        return env["channel.edi.agreement"].browse(self.agreement_id).mailbox_id

    def correct(self):
        """A person enters what the mailbox needs to be reached."""
        with self.commit() as env:
            mailbox = self.mailbox(env)
            mailbox.write(
                {
                    "port": self.sandbox.sftp.port,
                    "host_key": self.sandbox.sftp.host_key,
                }
            )
            mailbox.password = self.shop.config.password

    def begun(self, env):
        """The channel, in a transaction that sees nothing newer."""
        channel = self.channel(env)
        self.assertTrue(channel.edi_mailbox_ids.read(["port", "host_key"]))
        return channel

    def test_mailbox_that_was_corrected_after_the_job_began_is_reached(self):
        bought = self.buy(1)
        with self.commit() as env:
            self.mailbox(env).port = 1
        with self.commit() as env:
            channel = self.begun(env)
            self.correct()
            all_of_it(env, channel)
        self.come_to_rest()
        self.assertAllOnce(*bought)

    def test_mailbox_that_was_made_after_the_job_began_is_read_and_written(self):
        bought = self.buy(1)
        with self.commit() as env:
            channel = self.begun(env)
            with self.commit() as other:
                before = self.mailbox(other)
                before.agreement_ids.mailbox_id = before.copy({"name": "Moved"})
                before.active = False
            self.correct()
            all_of_it(env, channel)
        with self.commit() as env:
            files = env["channel.edi.file"].search(
                [("mailbox_id", "=", self.mailbox(env).id)]
            )
            self.assertTrue(files, "nothing was read there")
        self.come_to_rest()
        self.assertAllOnce(*bought)

    # --------------------------------------------------------------- recovery
    def document(self, env, direction):
        return env["channel.edi.document"].search(
            [
                ("agreement_id", "=", self.agreement_id),
                ("direction", "=", direction),
                ("kind", "not in", ("997", "999")),
            ],
            limit=1,
        )

    def test_acknowledgement_that_comes_when_it_is_late_is_not_overdue(self):
        with self.commit() as env:
            self.document(env, "out").write(
                {"ack_state": "awaiting", "due_at": "2020-01-01"}
            )
        self.recover_while(
            ("channel.edi.acks", "_watch"),
            lambda env: self.document(env, "out").write({"ack_state": "accepted"}),
        )
        with self.commit() as env:
            document = self.document(env, "out")
            self.assertEqual(document.ack_state, "accepted")
            told = env["channel.exception"].search(
                [("key", "=", f"edi_ack:{document.id}")]
            )
            self.assertFalse(told)

    def test_document_that_is_processed_when_its_wait_ends_is_not_once_more(self):
        self.buy(1)
        self.work()
        with self.commit() as env:
            self.document(env, "in").write(
                {"state": "parked", "parked_until": "2020-01-01"}
            )
        self.recover_while(
            ("channel.edi.worker", "_follow_time"),
            lambda env: self.document(env, "in").write({"state": "done"}),
        )
        with self.commit() as env:
            self.assertEqual(self.document(env, "in").state, "done")

    # ----------------------------------------------------------------- deaths
    def test_killed_at_each_commit(self):
        """From the file to the answer: a worker dies at any commit, and the next one
        goes on. Whether the partner has taken a file meanwhile makes no difference."""
        self.buy(2)
        with self.commit() as env:
            env.cr.execute("DELETE FROM queue_job")
        with commits_noted() as commits, self.commit() as env:
            all_of_it(env, self.channel(env))
        self.come_to_rest()
        names = [name for name, writes, _sent in commits if writes]
        self.assertLessEqual(set(STEPS), set(names))
        # of each step the first, after its commit; before it where something was done
        # outside or in stock; of a delivery the second: the file is there, and nobody
        # has noted it
        deaths, seen = {}, Counter()
        for number, (name, writes, _sent) in enumerate(commits):
            if not writes or name not in STEPS:
                continue
            seen[name] += 1
            if seen[name] == 1:
                deaths["after", name] = number
            if (name, seen[name]) in (("_process_next", 1), ("_deliver_next", 2)):
                deaths["before", name] = number
        bought = []
        for (side, name), number in deaths.items():
            # no job waits, or it would commit fewer wake-ups than it did before
            with self.commit() as env:
                env.cr.execute("DELETE FROM queue_job")
            with self.subTest(f"{side} {name}"):
                bought += self.buy(2)
                died = run_in_child(
                    self.registry,
                    lambda env: all_of_it(env, self.channel(env)),
                    at_commit(number, side),
                )
                self.assertTrue(died, f"{side} {name}: it lives")
                if number % 2:
                    self.sandbox.step()
                self.come_to_rest()
                self.assertAllOnce(*bought[-2:])
