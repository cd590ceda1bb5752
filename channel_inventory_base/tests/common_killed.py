import os
import signal
import time
import traceback
from unittest.mock import patch

from odoo import SUPERUSER_ID, api, sql_db

SECONDS = 60


def run_until_killed(test, registry, model, method, work):
    """Fork a worker that runs ``work(env)`` and dies by SIGKILL on entering a method.

    The child has connections of its own, which PostgreSQL sees break: nothing is
    rolled back politely, no ``finally`` runs. Fails the test when the worker lives.

    :param model: name of the model whose ``method`` is the point of death
    :param work: function of an environment that will not be committed
    """
    pid = os.fork()
    if not pid:
        _be_the_worker(registry, model, method, work)
    status = _wait(pid)
    test.assertTrue(
        os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL,
        f"the worker did not die in {model}.{method}: {status}",
    )


def _be_the_worker(registry, model, method, work):
    try:
        # the parent's connections are the parent's: leave them alone, open new ones
        sql_db._Pool = sql_db._Pool_readonly = None
        registry._db = sql_db.db_connect(registry.db_name)
        registry._db_readonly = None
        cls = registry[model]
        with (
            patch.object(cls, method, lambda *args, **kwargs: _die()),
            registry.cursor() as cr,
        ):
            work(api.Environment(cr, SUPERUSER_ID, {}))
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


def _die():
    os.kill(os.getpid(), signal.SIGKILL)


def _wait(pid):
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return status
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    raise TimeoutError("the worker neither died nor finished")
