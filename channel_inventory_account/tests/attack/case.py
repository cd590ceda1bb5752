# SPDX-License-Identifier: AGPL-3.0-or-later
"""A try, and what became of it."""

import collections
import inspect
import logging
from contextlib import contextmanager

import psycopg2

from odoo.exceptions import UserError
from odoo.service.model import call_kw
from odoo.tests import TransactionCase

from odoo.addons.channel_inventory_base.tests.attack.rights import table
from odoo.addons.channel_inventory_base.tests.common import fake_adapter
from odoo.addons.channel_inventory_base.tests.fake_channel import FakeChannel

from .people import make_people
from .records import Records
from .tripwire import Tripwire

# beside Odoo's, whose level tests raise: ``--log-cli-level=INFO`` shows it
_logger = logging.getLogger("channel_attack")

# ValueError and TypeError: a value or an argument that is none of a field or method
REFUSALS = (UserError, LookupError, TypeError, ValueError, psycopg2.Error)
Outcome = collections.namedtuple("Outcome", "error result hits")
# Tables of Odoo's documents in which a try may do harm.
DOCUMENTS = (
    "sale_order",
    "sale_order_line",
    "stock_picking",
    "stock_move",
    "stock_quant",
    "account_move",
    "account_move_line",
    "product_product",
    "product_template",
    "stock_warehouse",
    "stock_location",
    "res_company",
)


class AttackCase(TransactionCase):
    """Two companies full of records; an attacker of the first one, in every role."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not cls._registry_patched:  # tests over HTTP are in it already
            cls.registry_enter_test_mode_cls()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.rows, cls.standard = table(cls.env)
        cls.mine = cls.make_company("A")
        cls.theirs = cls.make_company("B")
        cls.people = make_people(cls.env, cls.mine.company)
        cls.fake = FakeChannel()
        context = fake_adapter(cls.fake)
        context.__enter__()
        cls.addClassCleanup(context.__exit__, None, None, None)
        for name in sorted(cls.models(cls.env)) + sorted(cls.standard):
            # before anything is watched, and outside of what a test takes back
            cls.mine.one(name)
            cls.theirs.one(name)
        cls.env.flush_all()
        cls.watched = cls._watched()
        cls.foreign = cls.theirs.rows(cls.watched)
        cls.tripwire = Tripwire(cls.env, cls.watched)
        cls.tries = 0

    @classmethod
    def tearDownClass(cls):
        _logger.info("%s: %s combinations tried", cls.__name__, cls.tries)
        super().tearDownClass()

    @classmethod
    def make_company(cls, code):
        company = cls.env["res.company"].create(
            {
                "name": f"mark{code} company".lower(),
                "currency_id": cls.env.ref("base.USD").id,
            }
        )
        cls.env.user.company_ids |= company
        cls.env["account.chart.template"].try_loading(
            "generic_coa", company=company, install_demo=False
        )
        return Records(cls.env, company, code)

    @classmethod
    def models(cls, env):
        """Names of the suite's models that have rows."""
        return {
            name
            for name, model in env.items()
            if name.startswith("channel.") and not model._abstract
        }

    @classmethod
    def _watched(cls):
        tables = {
            cls.env[name]._table for name in cls.models(cls.env) if cls.env[name]._auto
        }
        return sorted(tables | set(DOCUMENTS))

    # ---------------------------------------------------------------- a try
    def attempt(self, user, model, method, *args, context=None, **kwargs):
        """Call ``method`` as the web client would; nothing of it stays.

        :return: an Outcome: the error's text or None, the result, the rows written
        """
        type(self).tries += 1
        env = self.env(user=user, su=False, context={})
        # an argument like others: a context of the records would be dropped
        kwargs["context"] = dict(context or {})
        error = result = None
        hits = []
        with self._forgotten():
            try:
                result = call_kw(env[model], method, list(args), dict(kwargs))
                env.flush_all()
                result = self._shown(env, model, method, result)
                hits = self.tripwire.hits()
            except REFUSALS as refusal:
                # a request that fails is rolled back as a whole
                error, result = refusal, None
        return Outcome(error, result, hits)

    def _shown(self, env, model, method, result):
        """A record that was made is looked at, too."""
        if method == "create" and env[model].has_access("read"):
            return [result, env[model].browse(result).read()]
        return result

    @contextmanager
    def _forgotten(self):
        savepoint = self.env.cr.savepoint(flush=False)
        try:
            yield
        finally:
            self.env.clear()  # what waits to be written is not written any more
            savepoint.close(rollback=True)

    # -------------------------------------------------------------- verdicts
    def is_foreign(self, hit):
        """Whether a row of the other company was written, or one put there."""
        known = self.foreign.get(hit.relation, ())
        if hit.old.get("id") in known:
            return True
        channels = self.foreign["channel_channel"]
        return (
            hit.new.get("company_id") == self.theirs.company.id
            or hit.new.get("channel_id") in channels
        )

    def harm(self, outcome):
        """What the other company would say of it: rows written, marks shown."""
        words = [f"wrote {hit}" for hit in outcome.hits if self.is_foreign(hit)]
        if self.theirs.mark in repr(outcome.result):
            words.append("showed a text of theirs")
        return words

    @staticmethod
    def required_arguments(function):
        parameters = list(inspect.signature(function).parameters.values())[1:]
        return [
            each
            for each in parameters
            if each.default is each.empty
            and each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)
        ]

    @contextmanager
    def quiet(self):
        """Refusals are expected by the thousand."""
        logging.disable(logging.CRITICAL)
        try:
            yield
        finally:
            logging.disable(logging.NOTSET)

    def no_faults(self, faults):
        self.assertFalse(faults, f"{len(faults)} faults:\n" + "\n".join(faults[:200]))
