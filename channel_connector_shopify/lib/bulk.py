# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a bulk operation lists: no page limits, one request's points.

The operation outlives the job that started it: its id is kept, and the job that comes
next goes on waiting for it.
"""

import time

from odoo.addons.channel_inventory_base.lib.errors import (
    Refused,
    Throttled,
    Unavailable,
)

from .. import queries

BULK_FROM = 5000
"""Variants from which on a bulk operation is quicker than pages of 160."""
PATIENCE = 9
"""Seconds that a job waits for a bulk operation; it then comes back later."""
POLL = 3
BULK_AGE = 1800
RETRY = 30
CHUNK = 500


class Bulk:
    """
    :param client: a ``client.Client``
    :param store: ``peek()`` gives the shared dict to look at, ``lock()`` a context
        manager on it, to change
    :param query: one of ``queries.BULK_...``
    :param mark: tells whose operation it is: one that was started for another mark is
        not read, however young it is
    """

    def __init__(
        self, client, store, sleep=time.sleep, query=queries.BULK_VARIANTS, mark=""
    ):
        self._client, self._store, self._sleep = client, store, sleep
        self._query, self._mark = query, mark

    def is_quicker(self):
        count = self._client.execute(queries.VARIANT_COUNT)["productVariantsCount"]
        return count["count"] >= BULK_FROM

    def pages(self):
        """Yield lists of raw nodes.

        :raise Throttled: the list is still being prepared
        """
        operation = self._result()
        chunk, count, url = [], 0, operation["url"]
        for raw in self._client.stream_lines(url) if url else ():
            chunk.append(raw)
            count += 1
            if len(chunk) == CHUNK:
                yield chunk
                chunk = []
        if count != int(operation["objectCount"]):
            # a file that breaks off looks like a shop that sells less
            raise Unavailable(
                f"the file has {count} of {operation['objectCount']} lines",
                code="BULK_INCOMPLETE",
            )
        yield chunk
        self._forget()

    def _result(self):
        """The completed operation; waits for it as long as a job may."""
        state = self._store.peek()
        # an older list would miss what has been added since
        fresh = state.get("started_at", 0) > time.time() - BULK_AGE
        fresh = fresh and state.get("mark", "") == self._mark
        bulk_id = state["id"] if fresh else self._start()
        for _second in range(0, PATIENCE, POLL):
            operation = self._client.execute(queries.BULK_STATUS, {"id": bulk_id})
            operation = operation["bulkOperation"] or {"status": "EXPIRED"}
            if operation["status"] == "COMPLETED":
                return operation
            if operation["status"] not in ("CREATED", "RUNNING"):
                self._forget()
                raise Unavailable(
                    f"the bulk operation is {operation['status']}",
                    code=operation.get("errorCode") or operation["status"],
                )
            self._sleep(POLL)
        raise self._preparing()

    def _preparing(self):
        words = "the list is still being prepared"
        return Throttled(words, code="BULK_RUNNING", retry_after=RETRY)

    def _start(self):
        try:
            answer = self._client.mutate(queries.BULK_START, {"query": self._query})
        except Refused as error:
            if error.code in ("OPERATION_IN_PROGRESS", "LIMIT_REACHED"):
                raise self._preparing() from error
            raise
        with self._store.lock() as state:
            state.update(
                id=answer["bulkOperation"]["id"],
                started_at=time.time(),
                mark=self._mark,
            )
            return state["id"]

    def _forget(self):
        with self._store.lock() as state:
            state.clear()
