# SPDX-License-Identifier: AGPL-3.0-or-later
import socket
import threading
import time
from contextlib import closing
from unittest import TestCase

import requests

from odoo.tests import tagged

from odoo.addons.channel_inventory_base.exceptions import UnavailableError
from odoo.addons.channel_inventory_base.lib import errors, transport
from odoo.addons.channel_inventory_base.tests.common_committed import CommittedCase


@tagged("post_install", "-at_install")
class TestHangRace(CommittedCase):
    """One store accepts requests and does not answer; real workers, real commits."""

    def setUp(self):
        super().setUp()
        self.go_live(10)
        self.answering, self.asked = threading.Event(), threading.Event()
        with self.commit() as env:
            other = self.make_channel(env, f"H{next(self.numbers)}", name="Hangs")
            self.hanging_id = other.id
        fetch = self.fake._fetch_orders

        def hang(channel, since, cursor):
            if channel.id != self.hanging_id:
                return fetch(channel, since, cursor)
            self.asked.set()
            self.answering.wait(30)
            raise UnavailableError("no answer (ReadTimeout)", code="NO_ANSWER")

        self.patch(self.fake, "_fetch_orders", hang)

    def run_job(self, channel_id, job):
        with self.commit() as env:
            getattr(env["channel.channel"].browse(channel_id), job)()

    def while_it_hangs(self, function):
        """Call ``function`` while a poll waits for the store. :return: seconds"""
        poll = threading.Thread(
            target=self.run_job, args=(self.hanging_id, "_job_poll")
        )
        poll.start()
        self.assertTrue(self.asked.wait(20))
        began = time.monotonic()
        try:
            function()
            return time.monotonic() - began
        finally:
            self.answering.set()
            poll.join(30)

    def test_orders_of_others_are_pulled_and_sold_meanwhile(self):
        name = self.fake.sell(2)

        def work():
            self.run_job(self.channel_id, "_job_poll")
            self.run_job(self.channel_id, "_job_intake")
            self.plan()
            self.run_job(self.channel_id, "_job_publish")

        self.assertLess(self.while_it_hangs(work), 15)
        with self.commit() as env:
            domain = [("channel_id", "=", self.channel_id)]
            order = env["channel.order"].search(domain)
            self.assertEqual((order.external_id, order.state), (name, "imported"))

    def test_its_own_events_are_captured_meanwhile(self):
        with self.commit() as env:
            product = env["product.product"].browse(self.product_id)
            hanging = env["channel.channel"].browse(self.hanging_id)
            self.make_listing(env, hanging, product, 1)
        name = self.fake.sell(1)
        event = self.fake.event(name)
        with self.commit() as env:
            hanging = env["channel.channel"].browse(self.hanging_id)
            env["channel.inbox.event"]._store(hanging, [event], "webhook")
        seconds = self.while_it_hangs(
            lambda: self.run_job(self.hanging_id, "_job_intake")
        )
        self.assertLess(seconds, 10)
        with self.commit() as env:
            domain = [("channel_id", "=", self.hanging_id)]
            self.assertEqual(env["channel.order"].search(domain).state, "imported")

    def test_after_that_none_of_its_jobs_waits_for_it(self):
        self.while_it_hangs(lambda: None)
        self.asked.clear()
        began = time.monotonic()
        jobs = ("_job_poll", "_job_publish", "_job_send", "_job_observe", "_job_fetch")
        self.in_threads(
            *(lambda job=job: self.run_job(self.hanging_id, job) for job in jobs)
        )
        self.assertLess(time.monotonic() - began, 10)
        self.assertFalse(self.asked.is_set())
        with self.commit() as env:
            later = env["queue.job"].search(
                [("identity_key", "like", f":{self.hanging_id}:later")]
            )
            self.assertTrue(set(jobs) <= set(later.mapped("method_name")))
            self.assertTrue(all(job.eta for job in later))


class TestSilentServer(TestCase):
    """A socket that accepts, and never answers or never ends."""

    def serve(self, drip):
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)

        def run():
            connection, _address = server.accept()
            with closing(connection):
                if drip:
                    connection.sendall(
                        b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"
                    )
                for _piece in range(40):
                    time.sleep(0.1)
                    try:
                        connection.sendall(b"x" * drip)
                    except OSError:
                        return

        threading.Thread(target=run, daemon=True).start()
        return f"http://127.0.0.1:{server.getsockname()[1]}/"

    def test_no_call_waits_longer_than_its_budget(self):
        for drip in (0, 1):
            with self.subTest(drip=drip), closing(requests.Session()) as session:
                session.trust_env = False
                began = time.monotonic()
                with self.assertRaises(errors.Unavailable) as caught:
                    transport.send(
                        session, "GET", self.serve(drip), None, {}, timeout=0.5
                    )
                self.assertLess(time.monotonic() - began, 2.5)
                self.assertIn(caught.exception.code, ("NO_ANSWER", "SLOW"))
