# SPDX-License-Identifier: AGPL-3.0-or-later
"""Answers that are made to hurt, from a real server on this machine."""

import contextlib
import functools
import gzip
import http.server
import socket
import threading
import time
import zlib
from unittest.mock import patch

from odoo.tests.common import _super_send

from ..lib import addresses, events, guarded, replies, transport, unpack
from ..lib.errors import ClientError, Malformed, Unavailable
from .common_http import PureCase

MEGABYTE = 1_000_000
BOMB = 120
"""Megabytes that a bomb unpacks to."""


@functools.lru_cache
def packed(megabytes, byte=b"\0"):
    """gzip of so many megabytes, made in bounded memory."""
    box = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    piece = byte * MEGABYTE
    parts = [box.compress(piece) for _each in range(megabytes)]
    return b"".join([*parts, box.flush()])


class Server:
    """Answers everything with one status, headers and body.

    :param pieces: the body, in pieces, each sent ``pause`` seconds after the last
    """

    def __init__(self, pieces, status=200, pause=0, **headers):
        self.asked = asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(handler):
                asked.append((handler.client_address, dict(handler.headers)))
                handler.send_response(status)
                for name, value in headers.items():
                    handler.send_header(name.replace("_", "-"), value)
                length = sum(map(len, pieces)) if isinstance(pieces, list) else 10**9
                handler.send_header("Content-Length", str(length))
                handler.end_headers()
                with contextlib.suppress(OSError):
                    for piece in pieces:
                        time.sleep(pause)
                        handler.wfile.write(piece)
                        handler.wfile.flush()

            do_POST = do_GET

            def log_message(handler, *_args):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def stop(self):
        self.http.shutdown()
        self.http.server_close()


class BoundsCase(PureCase):
    def serve(self, pieces, **options):
        pieces = [pieces] if isinstance(pieces, bytes) else pieces
        server = Server(pieces, **options)
        self.addCleanup(server.stop)
        return server

    def session(self, option="127.0.0.0/8"):
        session = guarded.session(lambda: addresses.Allowed(option))
        # Odoo's tests look at where requests go; these stay here
        session.send = lambda request, **more: _super_send(session, request, **more)
        self.addCleanup(session.close)
        return session

    def ask(self, server, **options):
        return transport.send(
            self.session(), "GET", server.url, None, {}, timeout=5, **options
        )

    def refusal(self, *pieces, **options):
        with self.assertRaises(Unavailable) as caught:
            self.ask(self.serve(*pieces, **options))
        return caught.exception.code

    @contextlib.contextmanager
    def at_most(self, megabytes):
        """The block takes no more memory than that, at any moment of it."""
        before = self._peak(reset=True)
        yield
        self.assertLess(self._peak() - before, megabytes * 1024)

    def _peak(self, reset=False):
        """Kilobytes that this process has held at most since the last reset."""
        if reset:
            with open("/proc/self/clear_refs", "w") as file:
                file.write("5")
        with open("/proc/self/status") as file:
            [line] = [line for line in file if line.startswith("VmHWM")]
        return int(line.split()[1])


class TestPackedAnswers(BoundsCase):
    def test_packed_answer_is_read(self):
        server = self.serve(gzip.compress(b"a" * 200_000), Content_Encoding="GZIP ")
        self.assertEqual(self.ask(server).body, b"a" * 200_000)
        [(_address, headers)] = server.asked
        self.assertEqual(headers["Accept-Encoding"], "gzip")

    def test_answer_of_several_parts_and_padding_is_read(self):
        body = gzip.compress(b"one") + gzip.compress(b"") + gzip.compress(b"two")
        for padding in (b"", b"\0" * 100):
            server = self.serve(body + padding, Content_Encoding="x-gzip")
            self.assertEqual(self.ask(server).body, b"onetwo")

    def test_answer_in_single_bytes_is_read(self):
        body = gzip.compress(bytes(range(256)) * 9)
        server = self.serve(
            [body[i : i + 1] for i in range(len(body))], Content_Encoding="gzip"
        )
        self.assertEqual(self.ask(server).body, bytes(range(256)) * 9)

    def test_what_is_packed_twice_or_otherwise_is_refused_unread(self):
        twice = gzip.compress(packed(BOMB))
        self.assertLess(len(twice), 5_000)
        for encoding in ("gzip, gzip", "gzip,deflate", "br", "zstd", "deflate", "x"):
            with self.subTest(encoding), self.at_most(30):
                code = self.refusal(twice, Content_Encoding=encoding)
                self.assertEqual(code, "ENCODING")

    def test_chain_of_hundreds_is_refused(self):
        self.assertEqual(
            self.refusal(b"", Content_Encoding=",".join(["gzip"] * 5_000)), "ENCODING"
        )

    def test_second_header_is_no_way_around(self):
        with self.at_most(30):
            server = self.serve(gzip.compress(packed(BOMB)), Content_Encoding="gzip")
            reply = self.ask(server)
            self.assertLess(len(reply.body), MEGABYTE)

    def test_bomb_is_cut_in_bounded_memory(self):
        bomb = packed(BOMB)
        for status in (200, 301, 401, 500):
            with self.subTest(status), self.at_most(60):
                code = self.refusal(
                    bomb, status=status, Content_Encoding="gzip", Location="/"
                )
                self.assertEqual(code, "TOO_LARGE")

    def test_endless_nothing_ends(self):
        """A thousand packed nothings a piece: bytes that come to none."""
        nothing = gzip.compress(b"") * 1_000

        def without_end():
            while True:
                yield nothing

        server = self.serve(without_end(), Content_Encoding="gzip")
        with self.at_most(30), self.assertRaises(Unavailable) as caught:
            transport.send(self.session(), "GET", server.url, None, {}, timeout=1)
        self.assertIn(caught.exception.code, ("TOO_LARGE", "SLOW"))

    def test_broken_and_cut_answers_are_no_answers(self):
        whole = gzip.compress(b"{}" * 1000)
        for body in (b"no gzip at all", whole[:-9]):
            code = self.refusal(body, Content_Encoding="gzip")
            self.assertEqual(code, "ENCODING")

    def test_byte_a_moment_does_not_hold_the_worker(self):
        """Each byte comes within the timeout; all of them would take a minute."""
        server = self.serve([b"x"] * 600, pause=0.1)
        started = time.monotonic()
        with self.assertRaisesRegex(Unavailable, "too long"):
            transport.send(self.session(), "GET", server.url, None, {}, timeout=0.5)
        self.assertLess(time.monotonic() - started, 10)

    def test_header_of_a_byte_a_moment_does_not_hold_the_worker(self):
        listening = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listening.close)

        def trickle():
            line, _address = listening.accept()
            with line, contextlib.suppress(OSError):
                line.sendall(b"HTTP/1.1 200 OK\r\nX-Header: ")
                while True:
                    line.sendall(b"x")
                    time.sleep(0.1)

        threading.Thread(target=trickle, daemon=True).start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        started = time.monotonic()
        with self.assertRaises(Unavailable) as caught:
            transport.send(self.session(), "POST", url, b"", {}, timeout=0.5)
        self.assertLess(time.monotonic() - started, 5)
        self.assertTrue(caught.exception.uncertain)

    def test_odd_letter_of_a_secret_is_told_without_it(self):
        """Pasted from a mail, with a blank that nobody sees."""
        server = self.serve(b"{}")
        for token in ("shpat_\u200bsecret", "shpat_secret\r\nX-Other: 1", "\U0001f600"):
            with self.subTest(token), self.assertRaises(ClientError) as caught:
                headers = {"X-Token": token}
                transport.send(
                    self.session(), "GET", server.url, None, headers, timeout=5
                )
            error = caught.exception
            self.assertIsNone(error.__context__)
            self.assertNotIn("secret", f"{error} {error.detail}")
        self.assertFalse(server.asked)

    def test_what_is_nested_too_deeply_is_malformed_wherever_it_is_noticed(self):
        content = []
        for _level in range(100_000):
            content = [content]
        with self.assertRaises(Malformed):
            events.digest(content)
        while content:
            # taken apart level by level, as Python itself would run too deep
            content = content.pop()

    def test_figure_of_thousands_of_digits_is_none(self):
        """Python refuses to read it, by an error that no client expects."""
        for digits in ("9" * 5000, "\u0663" * 5000, "9" * 19):
            headers = {"X-Total-Pages": digits, "Age": digits}
            self.assertIsNone(replies.whole_number(headers, "X-Total-Pages"))
            self.assertFalse(replies.is_cached(transport.Reply(200, headers, b"")))
        self.assertEqual(replies.whole_number({"X": "12"}, "X"), 12)

    def test_connection_is_kept_after_an_answer(self):
        server = self.serve(gzip.compress(b"{}"), Content_Encoding="gzip")
        session = self.session()
        for _each in range(3):
            transport.send(session, "GET", server.url, None, {}, timeout=5)
        self.assertEqual(len({address for address, _headers in server.asked}), 1)

    def test_uncertain_where_it_acted(self):
        server = self.serve(packed(30), Content_Encoding="gzip")
        with self.assertRaises(Unavailable) as caught:
            self.ask(server, acts=True)
        self.assertTrue(caught.exception.uncertain)
        self.assertEqual(caught.exception.status, 200)


class TestPackedFiles(BoundsCase):
    def lines(self, server):
        return transport.stream_lines(self.session(), server.url, timeout=5)

    def test_packed_file_is_read_line_by_line(self):
        server = self.serve(
            gzip.compress(b'{"a":1}\n\n{"b":2}'), Content_Encoding="gzip"
        )
        self.assertEqual(list(self.lines(server)), [b'{"a":1}', b'{"b":2}'])

    def test_line_without_end_is_refused(self):
        server = self.serve(packed(BOMB, b"x"), Content_Encoding="gzip")
        with self.at_most(40), self.assertRaises(Malformed):
            list(self.lines(server))

    def test_file_of_nothing_but_ends_is_bounded(self):
        server = self.serve(packed(BOMB, b"\n"), Content_Encoding="gzip")
        with self.at_most(40), patch.object(transport, "MAX_FILE", 10 * MEGABYTE):
            with self.assertRaises(Unavailable) as caught:
                list(self.lines(server))
        self.assertEqual(caught.exception.code, "TOO_LARGE")

    def test_packed_twice_is_refused(self):
        server = self.serve(gzip.compress(packed(9)), Content_Encoding="gzip, gzip")
        with self.assertRaises(Unavailable) as caught:
            list(self.lines(server))
        self.assertEqual(caught.exception.code, "ENCODING")


class TestDocuments(BoundsCase):
    """Files that a marketplace lays down at a signed address."""

    def document(self, server, **options):
        return transport.document(
            self.session(), f"{server.url}/report?X-Signature=s1", timeout=5, **options
        )

    def test_file_that_is_packed_itself_is_unpacked(self):
        server = self.serve(gzip.compress(b"a\tb\n1\t2\n"))
        with self.document(server, packed=True) as found:
            self.assertEqual(list(found.lines()), [b"a\tb", b"1\t2"])

    def test_file_that_is_said_to_be_packed_and_is_not_is_taken_as_it_is(self):
        """A server that unpacks on its way says so, or does not."""
        for body, headers in (
            (b"a\tb\n", {}),
            (b"a", {}),
            (b"", {}),
            (b"a\tb\n", {"Content_Encoding": "gzip"}),
        ):
            with self.subTest(body=body, headers=headers):
                sent = gzip.compress(body) if headers else body
                with self.document(self.serve(sent, **headers), packed=True) as found:
                    self.assertEqual(found.content(), body)

    def test_charset_is_told_as_the_server_names_it(self):
        server = self.serve(b"x", Content_Type="text/plain;charset=Shift_JIS")
        with self.document(server) as found:
            self.assertEqual(found.charset, "shift_jis")

    def test_packed_file_is_bounded_as_it_is_unpacked(self):
        server = self.serve(packed(BOMB))
        with self.at_most(40), self.assertRaises(Unavailable) as caught:
            with self.document(server, packed=True, size=10 * MEGABYTE) as found:
                found.content()
        self.assertEqual(caught.exception.code, "TOO_LARGE")

    def test_file_of_a_byte_a_moment_does_not_hold_the_worker(self):
        """Each byte comes within the timeout; all of them would take a minute."""
        server = self.serve([b"x"] * 600, pause=0.1)
        started = time.monotonic()
        with self.assertRaisesRegex(Unavailable, "slowly"):
            with transport.document(self.session(), server.url, timeout=0.5) as found:
                found.content()
        self.assertLess(time.monotonic() - started, 10)

    def test_reader_may_take_his_time_for_a_file(self):
        server = self.serve([b"line\n"] * 5)
        with transport.document(self.session(), server.url, timeout=0.1) as found:
            for line in found.lines():
                self.assertEqual(line, b"line")
                time.sleep(0.1)

    def test_file_that_broke_off_is_no_whole_one(self):
        server = self.serve(gzip.compress(b"abc" * 1000)[:-9])
        with self.assertRaises(Unavailable):
            with self.document(server, packed=True) as found:
                found.content()

    def test_no_error_shows_the_signature(self):
        for server in (self.serve(b"", status=403), self.serve(b"x" * 99)):
            with self.assertRaises(Unavailable) as caught:
                with self.document(server, size=9) as found:
                    found.content()
            error = caught.exception
            self.assertNotIn("s1", f"{error} {error.detail} {error.__context__}")


class TestUnpack(PureCase):
    def test_no_piece_is_larger_than_asked_for(self):
        for size in (1, 7, 1000):
            body = gzip.compress(b"z" * 5000)
            pieces = list(unpack.pieces([body[:9], body[9:]], "gzip", size))
            self.assertEqual(b"".join(pieces), b"z" * 5000)
            self.assertLessEqual(max(map(len, pieces)), size)
