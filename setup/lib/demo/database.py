"""The demo's database: made from the template, looked at, and dropped."""

import contextlib

import databases
import postgres
import psycopg2.errors

# Odoo's own address, so that the store's webhooks arrive, and none of the scheduled
# actions that would call the world outside.
LOCAL_ONLY = """
    DELETE FROM ir_config_parameter
     WHERE key IN ('web.base.url', 'web.base.url.freeze');
    INSERT INTO ir_config_parameter (key, value)
    VALUES ('web.base.url', %(url)s), ('web.base.url.freeze', 'True');
    UPDATE ir_cron SET active = false WHERE id NOT IN (
        SELECT res_id FROM ir_model_data
         WHERE model = 'ir.cron'
           AND (starts_with(module, 'channel_') OR module = 'queue_job'))
"""


class Database:
    """A connection that looks, and changes nothing once Odoo runs."""

    def __init__(self, env, name):
        self.name = name
        self._connection = postgres.connect(env, name)

    def close(self):
        self._connection.close()

    def rows(self, query, *parameters, **named):
        with self._connection.cursor() as cursor:
            cursor.execute(query, named or parameters or None)
            return cursor.fetchall()

    def value(self, query, *parameters, **named):
        [[value]] = self.rows(query, *parameters, **named)
        return value

    def keep_local(self, url):
        with self._connection.cursor() as cursor:
            cursor.execute(LOCAL_ONLY, {"url": url})


@contextlib.contextmanager
def fresh(env, say):
    """A new database with the addons of this checkout; dropped at the end."""
    name = f"channel_demo_{databases.checkout_folder().name}"
    databases.drop(env, name)
    databases.clone(env, databases.ensure_template(env, log=say), name)
    try:
        database = Database(env, name)
        try:
            yield database
        finally:
            database.close()
    finally:
        # whatever Odoo still has open goes with it
        with contextlib.suppress(psycopg2.errors.ObjectInUse):
            databases.drop(env, name)
