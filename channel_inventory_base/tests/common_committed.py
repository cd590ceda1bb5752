# SPDX-License-Identifier: AGPL-3.0-or-later
import itertools
import os
import threading
import time
from contextlib import closing
from unittest import SkipTest

import psycopg2

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.sql_db import close_db, connection_info_for
from odoo.tests import BaseCase
from odoo.tests.common import get_db_name
from odoo.tools import config

from .common import ChannelSetup, fake_adapter, take_in
from .fake_channel import FakeChannel


def _run_on_server(statement):
    _name, info = connection_info_for("postgres")
    with closing(psycopg2.connect(**info)) as connection:
        connection.autocommit = True
        for _attempt in range(20):
            try:
                return connection.cursor().execute(statement)
            except psycopg2.errors.InsufficientPrivilege:
                # a vacuum is at work there, and only a superuser may end that
                time.sleep(0.5)
        connection.cursor().execute(statement)


class CommittedCase(ChannelSetup, BaseCase):
    """Tests that commit, on a database of their own: two cursors really are two.

    ``setup/test`` names the template in CHANNEL_TEST_TEMPLATE and drops every database
    whose name begins with that of its own.
    """

    numbers = itertools.count()
    use_fake = True
    stocked = 50

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        template = os.environ.get("CHANNEL_TEST_TEMPLATE")
        if not template:
            raise SkipTest("CHANNEL_TEST_TEMPLATE is not set: run it by setup/test")
        cls.database = f"{get_db_name()}_{cls.__name__.lower()}"[:63]
        _run_on_server(f'DROP DATABASE IF EXISTS "{cls.database}"')
        _run_on_server(f'CREATE DATABASE "{cls.database}" TEMPLATE "{template}"')
        cls.addClassCleanup(cls._drop)
        cls.registry = cls._load_registry()
        cls.fake = FakeChannel()
        if cls.use_fake:
            context = fake_adapter(cls.fake)
            context.__enter__()
            cls.addClassCleanup(context.__exit__, None, None, None)

    @classmethod
    def _load_registry(cls):
        enabled = config["test_enable"]
        # or loading would run the tests of every addon it loads
        config["test_enable"] = False
        try:
            return Registry(cls.database)
        finally:
            config["test_enable"] = enabled

    @classmethod
    def _drop(cls):
        Registry.delete(cls.database)
        close_db(cls.database)
        _run_on_server(f'DROP DATABASE IF EXISTS "{cls.database}" WITH (FORCE)')

    def setUp(self):
        super().setUp()
        self.fake.__init__()
        with self.commit() as env:
            self.clean(env)
            # a sequence of its own, or its transfers' names clash with older ones
            channel = self.make_channel(env, code=f"C{next(self.numbers)}")
            warehouse = channel.node_ids.warehouse_ids
            product = self.make_product(env, 1, self.stocked, warehouse)
            listing = self.make_listing(env, channel, product)
            self.channel_id, self.product_id = channel.id, product.id
            self.warehouse_id, self.listing_id = warehouse.id, listing.id
            self.location_id = warehouse.lot_stock_id.id

    def clean(self, env):
        """What the test before has left must not be found by this one."""
        env.cr.execute(
            """
            UPDATE channel_channel SET active = false, state = 'draft';
            UPDATE channel_listing SET state = 'ignored', sku = NULL;
            UPDATE product_product SET default_code = NULL
             WHERE default_code LIKE 'SKU-%%';
            """
        )
        env.invalidate_all()

    def commit(self):
        """An environment that commits at the end of its block."""
        return _committed(self.registry)

    # ------------------------------------------------------------ actions
    def plan(self):
        with self.commit() as env:
            return env["channel.planner"]._run()

    def publish(self):
        with self.commit() as env:
            return env["channel.publisher"]._run(self.channel(env))

    def intake(self):
        with self.commit() as env:
            take_in(env, self.channel(env))

    def poll(self):
        with self.commit() as env:
            env["channel.intake"]._poll(self.channel(env))

    def observe(self):
        with self.commit() as env:
            env["channel.observer"]._run(self.channel(env))

    def store(self, *events):
        with self.commit() as env:
            return env["channel.inbox.event"]._store(
                self.channel(env), events, "webhook"
            )

    def channel(self, env):
        return env["channel.channel"].browse(self.channel_id)

    def level(self, env):
        return env["channel.level"].search([("listing_id", "=", self.listing_id)])

    def go_live(self, shown):
        self.plan()
        with self.commit() as env:
            self.make_known(env, self.level(env), shown)
            env["channel.level.pending"]._add(self.level(env))
        self.fake.levels["item-1", "node-1"] = shown

    def target(self):
        with self.commit() as env:
            return self.level(env).target

    def change_stock(self, quantity):
        with self.commit() as env:
            env["stock.quant"]._update_available_quantity(
                env["product.product"].browse(self.product_id),
                env["stock.location"].browse(self.location_id),
                quantity,
            )

    def recover_while(self, step, change):
        """Run a step of the recovery while another transaction has changed what it is
        about; it ends a moment later.

        :param step: (model, method)
        :param change: function (env) of that other transaction
        """
        changing = self.commit()
        env = changing.__enter__()
        change(env)
        env.flush_all()
        end = threading.Timer(0.5, changing.__exit__, (None, None, None))
        end.start()
        try:
            with self.commit() as own:
                own["channel.channel"]._run_recovery_step(step)
        finally:
            end.join()

    def in_threads(self, *functions):
        """Run all at once; whatever one of them raises is raised here."""
        errors = []

        def run(function):
            try:
                function()
            except Exception as error:
                errors.append(error)

        threads = [threading.Thread(target=run, args=(each,)) for each in functions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
            self.assertFalse(thread.is_alive(), "a thread is stuck")
        if errors:
            raise errors[0]


class _committed:
    def __init__(self, registry):
        self.registry = registry

    def __enter__(self):
        self.cr = self.registry.cursor()
        return api.Environment(self.cr, SUPERUSER_ID, {"tracking_disable": True})

    def __exit__(self, kind, error, trace):
        try:
            if kind is None:
                # the cursor is this block's own, on a database made for this test
                self.cr.commit()  # pylint: disable=invalid-commit
        finally:
            self.cr.close()
