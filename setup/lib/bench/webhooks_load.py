"""The senders of ``setup/bench webhooks``: a process of its own, outside of Odoo.

Reads deliveries from a file, a line each: ``{"due": seconds, "request": base64 of the
whole HTTP request, "repeat": bool}``. Sends each when it is due, whatever became of
those before it. What is refused, or not answered in time, is sent again later where
the channel would do that. Each delivery has a connection of its own, as Odoo closes it
after its answer.

Prints a JSON object: ``attempts`` is a list of (number of the delivery, number of the
attempt, due, begun, ended, outcome), in seconds from the start; an outcome is a
status, or the name of what took its place.
"""

import asyncio
import base64
import json
import resource
import sys
import time

# Shopify's: how long a connection may take, and all of it.
CONNECT, ANSWER = 1.0, 5.0
# Seconds before each repetition; Shopify's eight are spread over four hours.
WAITS = (5, 10, 20, 40, 60, 60, 60, 60)
BEGIN = 0.5


async def knock(host, port, request):
    """:return: outcome, seconds to wait that the answer asks for"""
    try:
        return await asyncio.wait_for(_exchange(host, port, request), ANSWER)
    except asyncio.TimeoutError:
        return "timeout", 0
    except ConnectionRefusedError:
        return "connection refused", 0
    except OSError:
        return "connection lost", 0


async def _exchange(host, port, request):
    try:
        reader, writer = await asyncio.wait_for(
            asyncio.open_connection(host, port), CONNECT
        )
    except asyncio.TimeoutError:
        return "no connection", 0
    try:
        writer.write(request)
        return read(await reader.read())
    finally:
        writer.close()


def read(answer):
    """
    >>> read(b"HTTP/1.0 503 Busy\\r\\nRetry-After: 5\\r\\n\\r\\nbusy")
    (503, 5)
    >>> read(b"HTTP/1.0 200 OK\\r\\n\\r\\n"), read(b"")
    ((200, 0), ('connection lost', 0))
    """
    head, end, _body = answer.partition(b"\r\n\r\n")
    if not end:
        return "connection lost", 0
    status, *lines = head.split(b"\r\n")
    wait = 0
    for line in lines:
        name, _colon, value = line.partition(b":")
        if name.lower() == b"retry-after":
            wait = int(value)
    return int(status.split()[1]), wait


def is_taken(outcome):
    return isinstance(outcome, int) and 200 <= outcome < 300


class Senders:
    def __init__(self, host, port, deliveries):
        self.host, self.port, self.deliveries = host, port, deliveries
        self.attempts = []

    async def run(self):
        self.start = time.monotonic() + BEGIN
        tasks = []
        for number, delivery in enumerate(self.deliveries):
            await self._until(delivery["due"])
            tasks.append(asyncio.create_task(self._deliver(number, delivery)))
        await asyncio.gather(*tasks)

    async def _until(self, due):
        wait = self.start + due - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)

    async def _deliver(self, number, delivery):
        due = delivery["due"]
        for attempt, pause in enumerate((*WAITS, None)):
            await self._until(due)
            begun = self._now()
            outcome, wait = await knock(self.host, self.port, delivery["request"])
            ended = self._now()
            self.attempts.append((number, attempt, due, begun, ended, outcome))
            if is_taken(outcome) or not delivery["repeat"] or pause is None:
                return
            due = ended + max(pause, wait)

    def _now(self):
        return round(time.monotonic() - self.start, 4)


def read_deliveries(path):
    with open(path) as lines:
        for line in lines:
            delivery = json.loads(line)
            yield {**delivery, "request": base64.b64decode(delivery["request"])}


def main(host, port, path):
    # a socket for each that waits for its answer
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    senders = Senders(host, int(port), list(read_deliveries(path)))
    before = time.process_time()
    asyncio.run(senders.run())
    cpu = time.process_time() - before
    print(json.dumps({"attempts": senders.attempts, "cpu_seconds": round(cpu, 2)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
