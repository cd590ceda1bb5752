"""Odoo's database, looked at; and taken away for a while."""

import threading
import time

import postgres
import psycopg2

PATIENCE = 30


class Sql:
    """Reads, on a connection that comes back when the server was gone."""

    def __init__(self, env, name):
        self._env, self.name = env, name
        self._connection = None
        self._lock = threading.Lock()

    def rows(self, query, *parameters, **named):
        end = time.monotonic() + PATIENCE
        while True:
            try:
                with self._lock:
                    return self._rows(query, named or parameters or None)
            except psycopg2.OperationalError:
                self.close()
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)

    def value(self, query, *parameters, **named):
        [[value]] = self.rows(query, *parameters, **named)
        return value

    def run(self, query, *parameters):
        with self._lock, self._open().cursor() as cursor:
            cursor.execute(query, parameters or None)

    def close(self):
        connection, self._connection = self._connection, None
        if connection:
            connection.close()

    def _rows(self, query, parameters):
        with self._open().cursor() as cursor:
            cursor.execute(query, parameters)
            return cursor.fetchall()

    def _open(self):
        if self._connection is None or self._connection.closed:
            self._connection = postgres.connect(self._env, self.name)
        return self._connection

    def refuse_for(self, seconds):
        """As Odoo sees a restart of the server: all connections of this database end,
        and for a while nobody gets a new one. (The cluster may be another's too.)"""
        server = postgres.connect(self._env)
        try:
            with server.cursor() as cursor:
                cursor.execute(f'ALTER DATABASE "{self.name}" ALLOW_CONNECTIONS false')
                try:
                    cursor.execute(
                        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                        " WHERE datname = %s AND backend_type = 'client backend'",
                        [self.name],
                    )
                    time.sleep(seconds)
                finally:
                    cursor.execute(
                        f'ALTER DATABASE "{self.name}" ALLOW_CONNECTIONS true'
                    )
        finally:
            server.close()
