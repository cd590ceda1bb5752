"""What stands in front of several servers: each connection goes to the next that is up.

A process of its own, as a proxy is: ``balancer.py PORT PORT...``, the first its own.
Whether a server is up it asks each twice a second, as HAProxy or nginx Plus do; who
refuses a connection is down at once, who is merely slow is not. A request whose server
dies is not sent again: it may have been carried out.
"""

import asyncio
import contextlib
import sys
from itertools import cycle

HOST = "127.0.0.1"
LOOK_SECONDS, PATIENCE = 0.5, 5.0
PIECE = 65536


class Backend:
    def __init__(self, port):
        self.port, self.is_up = port, True

    async def connect(self):
        """:return: (reader, writer); None where nobody listens"""
        try:
            return await asyncio.open_connection(HOST, self.port)
        except OSError:
            self.is_up = False
            return None

    async def watch(self):
        while True:
            with contextlib.suppress(OSError, asyncio.TimeoutError):
                # what is busy says nothing, and stays what it was
                await asyncio.wait_for(self._ask(), PATIENCE)
            await asyncio.sleep(LOOK_SECONDS)

    async def _ask(self):
        streams = await self.connect()
        if not streams:
            return
        reader, writer = streams
        try:
            writer.write(b"GET /web/health HTTP/1.0\r\nHost: localhost\r\n\r\n")
            status = await reader.readline()
            self.is_up = b" 200 " in status
        finally:
            writer.close()


class Balancer:
    def __init__(self, ports):
        self.backends = [Backend(port) for port in ports]
        self._turns = cycle(range(len(self.backends)))

    async def run(self, port):
        server = await asyncio.start_server(self._serve, HOST, port, backlog=1024)
        async with server:
            await asyncio.gather(
                server.serve_forever(), *(each.watch() for each in self.backends)
            )

    async def _serve(self, reader, writer):
        streams = await self._connect()
        if not streams:
            writer.close()
            return
        # who ends first ends both: the server with its answer, or a client that has
        # waited long enough
        ways = [
            asyncio.create_task(pump(reader, streams[1])),
            asyncio.create_task(pump(streams[0], writer)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        for each in (writer, streams[1]):
            each.close()

    async def _connect(self):
        """:return: streams of the next server that is up, or of any that listens"""
        first = next(self._turns)
        found = self.backends[first:] + self.backends[:first]
        for each in sorted(found, key=lambda backend: not backend.is_up):
            if streams := await each.connect():
                return streams
        return None


async def pump(reader, writer):
    with contextlib.suppress(OSError):
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()


if __name__ == "__main__":
    own, *others = map(int, sys.argv[1:])
    asyncio.run(Balancer(others).run(own))
