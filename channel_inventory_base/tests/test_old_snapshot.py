# SPDX-License-Identifier: AGPL-3.0-or-later
import json
from unittest.mock import patch

from cryptography.fernet import Fernet

from odoo.tests import tagged

from ..db.jobs import WAITING
from ..exceptions import AuthError, RejectedError, ThrottledError
from ..schemas import Lane, ListingData
from ..tools import crypto
from .common_committed import CommittedCase


@tagged("post_install", "-at_install")
class TestOldSnapshot(CommittedCase):
    """A job goes by what is so, and not by what was so when its transaction began."""

    def setUp(self):
        super().setUp()
        self.go_live(50)

    def begun(self, env):
        """The channel, in a transaction that has begun: it sees nothing newer."""
        channel = self.channel(env)
        self.assertTrue(channel.read(["name"]))
        return channel

    def is_wanted(self, env, method):
        """Whether it is to run within a minute, other than for the next round."""
        key = f"channel_inventory:{method}:{self.channel_id}"
        env.cr.execute(
            "SELECT FROM queue_job WHERE identity_key = ANY(%s) AND state = ANY(%s) "
            "AND (eta IS NULL OR eta < now() AT TIME ZONE 'UTC' + interval '1 minute')",
            [[key, f"{key}:later"], list(WAITING)],
        )
        return bool(env.cr.rowcount)

    # -------------------------------------------------------- shared state
    def test_shared_state_is_shown_as_it_is_now(self):
        for scope in ("", "application"):
            with self.subTest(scope=scope), self.commit() as env:
                channel = self.begun(env)
                self.assertEqual(channel._get_shared_state("test", scope), {})
                with self.commit() as other:
                    with self.channel(other)._shared_state("test", scope) as state:
                        state["by"] = "another"
                found = channel._get_shared_state("test", scope)
                self.assertEqual(found, {"by": "another"})
                with channel._shared_state("test", scope) as state:
                    state["by"] = "this one"
                found = channel._get_shared_state("test", scope)
                self.assertEqual(found, {"by": "this one"})

    def test_orders_of_a_pull_are_taken_in_before_it_ends(self):
        self.fake.sell(1)
        with self.commit() as env:
            channel = self.begun(env)
            env["channel.intake"]._poll(channel)
            with self.commit() as other:
                self.assertTrue(self.is_wanted(other, "_job_intake"))

    def test_place_of_a_pull_that_could_not_go_on_is_kept(self):
        self.fake.more = {"unsorted": True}
        place = {"since": "2026-01-02T00:00:00+00:00", "cursor": "5"}
        with self.commit() as env:
            with self.channel(env)._shared_state("poll") as state:
                state["resume"] = place
        self.fake.faults = [("orders", ThrottledError("slow", retry_after=7))]
        with self.commit() as env:
            channel = self.begun(env)
            with self.assertRaises(ThrottledError):
                env["channel.intake"]._poll(channel)
        with self.commit() as env:
            state = self.channel(env)._get_shared_state("poll")
            self.assertEqual(state["resume"], place)

    # ------------------------------------------------------------ publisher
    def test_number_that_is_queued_meanwhile_waits_for_the_orders(self):
        """Where numbers overwrite, none rises before all sales are known."""
        self.fake.absolute = True
        self.publish()
        self.fake.requests.clear()
        with self.commit() as env:
            channel = self.begun(env)
            self.fake.sell(3)
            self.change_stock(10)
            self.plan()
            env["channel.publisher"]._run(channel)
        sent = [json.loads(payload)[0][3] for _key, payload in self.fake.requests]
        self.assertEqual(sent, [57])

    def test_what_was_captured_meanwhile_is_not_all_planned(self):
        self.plan()
        with self.commit() as env:
            self.begun(env)
            publisher = env["channel.publisher.absolute"]
            self.assertTrue(publisher._is_all_planned())
            self.change_stock(1)
            self.assertFalse(publisher._is_all_planned())

    # ---------------------------------------------------------------- lanes
    def send_by_lane(self):
        """A number is in a lane, which is to be asked for it now.

        :return: the ticket
        """
        self.fake.absolute, self.fake.stream, self.fake.applies = True, True, 60
        self.fake.lanes = (Lane("feed", size=50, open=1),)
        with self.commit() as env:
            self.channel(env).write({"mass_quantity": 1, "scarce_quantity": 0})
        self.change_stock(10)
        self.plan()
        self.publish()
        with self.commit() as env:
            publication = self.sent_by_lane(env)
            publication.ask_at = "2020-01-01"
            return publication.ticket

    def sent_by_lane(self, env):
        return env["channel.publication"].search(
            [("channel_id", "=", self.channel_id), ("lane", "=", "feed")]
        )

    def ask_lanes(self):
        with self.commit() as env:
            env["channel.lane"]._run(self.channel(env))

    def assertAnswered(self, env):
        """The number was taken, and is to be shown from a minute on."""
        publication = self.sent_by_lane(env)
        self.assertEqual(publication.state, "accepted")
        self.assertFalse(publication.ask_at)
        self.assertEqual(publication.line_ids.mapped("result"), ["accepted"])
        self.assertTrue(publication.line_ids.due_at)
        told = env["channel.exception"].search(
            [("channel_id", "=", self.channel_id), ("key", "=", "lane:feed")]
        )
        self.assertFalse(told)
        self.assertFalse(self.channel(env)._get_shared_state("lanes"))

    def test_batch_that_a_lane_has_taken_meanwhile_is_asked_for(self):
        with self.commit() as env:
            channel = self.begun(env)
            ticket = self.send_by_lane()
            self.fake.finish(ticket)
            env["channel.lane"]._run(channel)
        with self.commit() as env:
            self.assertAnswered(env)

    def test_batch_that_was_answered_meanwhile_is_not_asked_for(self):
        self.fake.finish(self.send_by_lane())
        with self.commit() as env:
            channel = self.begun(env)
            self.ask_lanes()
            self.fake.asked.clear()
            self.assertIsNone(env["channel.lane"]._run(channel))
        self.assertEqual(self.fake.asked, [])

    def assertNotUndone(self, error):
        """Both ask; the second is told something else than the first."""
        ask = self.fake._ask_push
        self.fake.finish(self.send_by_lane())

        def late(*_arguments):
            with patch.object(self.fake, "_ask_push", ask):
                self.ask_lanes()
            raise error

        with patch.object(self.fake, "_ask_push", late):
            self.ask_lanes()
        with self.commit() as env:
            self.assertAnswered(env)

    def test_answer_that_one_worker_was_given_is_not_refused_to_another(self):
        self.assertNotUndone(RejectedError("no such ticket"))

    def test_answer_that_one_worker_was_given_is_not_awaited_by_another(self):
        self.assertNotUndone(ThrottledError("slow", retry_after=7))

    # --------------------------------------------------------------- orders
    def test_each_open_order_is_asked_for_once(self):
        names = [self.fake.sell(1) for _number in range(3)]
        self.store(*(self.fake.event(name) for name in names))
        self.intake()
        with self.commit() as env:
            env.cr.execute(
                "UPDATE channel_order SET create_date = create_date - interval '1 d' "
                "WHERE channel_id = %s",
                [self.channel_id],
            )
        self.fake.more = {"find_missing": 1}
        with self.commit() as env:
            channel = self.begun(env)
            self.fake.asked.clear()
            env["channel.intake"]._ask_for_open(channel)
        self.assertEqual(sorted(sum(self.fake.asked, [])), names)

    # ------------------------------------------------------------ catalogue
    def test_listing_that_is_committed_while_the_catalogue_is_read_is_not_gone(self):
        """Its id and its time are from before the catalogue was read."""
        adding = self.commit()
        person = adding.__enter__()
        product = person["product.product"].browse(self.product_id)
        made = self.make_listing(person, self.channel(person), product, 7)
        person.flush_all()

        def read(_channel):
            adding.__exit__(None, None, None)
            yield [ListingData("variant-1", "item-1", sku="SKU-1")]

        with patch.object(self.fake, "_iter_listings", read), self.commit() as env:
            env["channel.catalogue"]._fetch(self.begun(env))
        with self.commit() as env:
            states = env["channel.listing"].browse([self.listing_id, made.id])
            self.assertEqual(states.mapped("state"), ["mapped"] * 2)

    def test_listing_that_the_catalogue_lacks_is_gone(self):
        self.fake.listings = [ListingData("variant-8", "item-8")]
        with self.commit() as env:
            env["channel.catalogue"]._fetch(self.begun(env))
        with self.commit() as env:
            listing = env["channel.listing"].browse(self.listing_id)
            self.assertEqual(listing.state, "gone")

    # -------------------------------------------------------------- secrets
    def use_key(self):
        key = Fernet.generate_key().decode()
        self.startPatcher(patch.object(crypto, "read_keys", lambda _path: [key]))

    def poll_and_be_refused(self, meanwhile=lambda: None):
        """A job whose request the channel refuses.

        :param meanwhile: called after the request was signed
        """
        self.use_key()
        self.set_secret("old")

        def refuse(channel, _since, _cursor):
            self.assertEqual(channel._get_secret("token"), "old")
            meanwhile()
            raise AuthError("revoked")

        with self.commit() as env:
            env.cr.execute("DELETE FROM queue_job")
        with patch.object(self.fake, "_fetch_orders", refuse), self.commit() as env:
            self.begun(env).with_context(job_uuid="1")._job_poll()

    def set_secret(self, value):
        with self.commit() as env:
            self.channel(env)._set_secret("token", value)

    def test_refusal_of_a_secret_that_was_replaced_stops_nothing(self):
        """A job that began before has used the old one, which was revoked at once."""
        self.poll_and_be_refused(lambda: self.set_secret("new"))
        with self.commit() as env:
            self.assertEqual(self.channel(env).connection_state, "ok")
            self.assertTrue(self.is_wanted(env, "_job_poll"))
            self.assertEqual(self.channel(env)._get_secret("token"), "new")

    def test_refusal_of_the_secret_that_is_there_stops_the_channel(self):
        self.poll_and_be_refused()
        with self.commit() as env:
            self.assertEqual(self.channel(env).connection_state, "auth_failed")
            self.assertFalse(self.is_wanted(env, "_job_poll"))

    def test_secret_that_was_read_afresh_is_one_that_the_job_has_gone_by(self):
        self.use_key()
        self.set_secret("old")
        with self.commit() as env:
            job = self.begun(env).with_context(job_uuid="1")
            with job._reading_afresh() as fresh:
                self.assertEqual(job.with_env(fresh)._get_secret("token"), "old")
            self.assertFalse(job._has_newer_secrets())
            self.set_secret("new")
            self.assertTrue(job._has_newer_secrets())

    def test_job_makes_nobody_remember_a_secret_of_before(self):
        self.use_key()
        self.set_secret("old")
        with self.commit() as env:
            job = self.begun(env).with_context(job_uuid="1")
            self.set_secret("new")
            job._get_secret("token")
        with self.commit() as env:
            self.assertEqual(self.channel(env)._get_secret("token"), "new")
