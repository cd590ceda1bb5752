# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where this server connects to on a channel's behalf."""

import contextlib
import socket
import ssl
import tempfile
from ipaddress import ip_address
from unittest.mock import patch

from ..lib import addresses, transport
from ..lib.errors import Misconfigured, Unavailable
from .test_bounds import BoundsCase

REFUSED = (
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1"),
    *("127.255.255.254", "169.254.169.254", "172.16.0.1", "172.31.255.255"),
    *("192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1"),
    *("198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
    # Azure's own, among addresses of the internet
    "168.63.129.16",
    *("::", "::1", "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1"),
    *("fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1"),
    # an IPv4 address inside of an IPv6 one
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a9fe:a9fe"),
    *("2002:7f00:1::", "2001:0:7f00:1::", "2001:db8::1", "3fff::1", "5f00::1"),
    *("100::1", "::ffff:0:127.0.0.1"),
)
TAKEN = (
    *("1.1.1.1", "23.227.38.65", "100.63.255.255", "100.128.0.1", "172.15.255.255"),
    *("172.32.0.1", "192.167.255.255", "11.0.0.1", "169.253.255.255", "223.255.255.1"),
    *("168.63.129.15", "2620:127:f00f::1", "2a00:1450::1", "::ffff:1.1.1.1"),
    "64:ff9b::101:101",
)


class TestAllowed(BoundsCase):
    def test_only_the_internet_unless_the_server_says_so(self):
        for option in ("", None, "no", "false", "0", " "):
            allowed = addresses.Allowed(option)
            for text in REFUSED:
                self.assertFalse(allowed.takes(text), text)
            for text in TAKEN:
                self.assertTrue(allowed.takes(text), text)

    def test_yes_is_never_a_clouds_metadata(self):
        allowed = addresses.Allowed("yes")
        for text in ("127.0.0.1", "10.1.2.3", "::1", "fd12::1", "::ffff:192.168.0.1"):
            self.assertTrue(allowed.takes(text), text)
        for text in ("169.254.169.254", "168.63.129.16", "fd00:ec2::254", "0.0.0.0"):
            self.assertFalse(allowed.takes(text), text)

    def test_named_networks_and_no_others(self):
        allowed = addresses.Allowed("10.2.0.7, 192.168.5.0/24 fd00::/8")
        for text in ("10.2.0.7", "192.168.5.200", "::ffff:10.2.0.7", "fd00:ec2::254"):
            self.assertTrue(allowed.takes(text), text)
        for text in ("10.2.0.8", "192.168.6.1", "127.0.0.1", "::1"):
            self.assertFalse(allowed.takes(text), text)

    def test_option_that_is_wrong_allows_nothing_and_says_so(self):
        for option in ("localhost", "10.0.0.0/99", "yes please"):
            with self.assertRaisesRegex(Misconfigured, "allow_private_addresses"):
                addresses.Allowed(option)

    def test_no_address_is_read_in_two_ways(self):
        for text in (
            "https://shop.example.com@169.254.169.254",
            "https://user:secret@shop.example.com",
            "https://shop.example.com\\@127.0.0.1",
            "https://shop.example.com#@127.0.0.1",
            "https://shop.example.com?x=@127.0.0.1",
            "https://shop.example.com &@127.0.0.1",
            "https://shop.example.com\t.evil.example",
            "https://shop.example.com\r\nX-Header: 1",
            "https://shop.example.com\u2028.evil.example",
            "https:/shop.example.com",
            "https:shop.example.com",
            "//shop.example.com",
            "file:///etc/passwd",
            "gopher://shop.example.com",
            "https://[::1",
            "https://shop.example.com:0",
            "https://shop.example.com:99999",
            "https://[::1%25eth0]",
            "",
            None,
        ):
            self.assertIsNone(addresses.parts(text), text)
        for text in (
            "https://my-shop.myshopify.com",
            " http://127.0.0.1:8080/shop ",
            "https://[2620:127:f00f::1]:8443/",
            "https://müller.example/läden/",
            "https://shop.example.com.",
        ):
            self.assertTrue(addresses.parts(text), text)


class TestGuarded(BoundsCase):
    def refused(self, session, url):
        with self.assertRaises((Misconfigured, Unavailable)) as caught:
            transport.send(session, "GET", url, None, {}, timeout=5)
        return caught.exception.code

    def test_no_way_of_writing_this_machine_reaches_it(self):
        server = self.serve(b"secret")
        port = server.http.server_port
        for host in (
            "127.0.0.1",
            "localhost",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0x7f.0.0.1",
            "0177.0.0.1",
            "017700000001",
            "127.0.0.1.",
            "0",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[0:0:0:0:0:ffff:7f00:1]",
            "①②⑦.0.0.1",
            "127。0。0。1",
            "lOcAlHoSt",
        ):
            with self.subTest(host):
                code = self.refused(self.session(""), f"http://{host}:{port}/")
                self.assertIn(code, ("PRIVATE", "ADDRESS", "NOT_REACHED"))
        self.assertEqual(server.asked, [])

    def test_entered_number_is_a_setting_and_a_name_may_change(self):
        for url, kind in (
            ("http://127.0.0.1:9/", Misconfigured),
            ("http://localhost:9/", Unavailable),
        ):
            with self.assertRaises(kind):
                transport.send(self.session(""), "GET", url, None, {}, timeout=5)

    @contextlib.contextmanager
    def named(self, *answers):
        """``shop.example`` has these addresses, one after the other; the last stays."""
        answers, asked = list(answers), []
        real = socket.getaddrinfo

        def look_up(host, port, *args, **options):
            if host != "shop.example":
                return real(host, port, *args, **options)
            asked.append(host)
            found = answers.pop(0) if len(answers) > 1 else answers[0]
            return [
                (
                    socket.AF_INET6
                    if ip_address(each).version == 6
                    else socket.AF_INET,
                    socket.SOCK_STREAM,
                    6,
                    "",
                    (each, port),
                )
                for each in found
            ]

        with patch.object(socket, "getaddrinfo", look_up):
            yield asked

    def test_name_that_means_something_else_a_moment_later_gains_nothing(self):
        server = self.serve(b"secret")
        url = f"http://shop.example:{server.http.server_port}/"
        connected = []
        real = socket.socket.connect

        def connect(sock, address):
            connected.append(address[0])
            if address[0] == "1.1.1.1":
                raise ConnectionRefusedError
            return real(sock, address)

        with (
            self.named(["1.1.1.1"], ["127.0.0.1"]) as asked,
            patch.object(socket.socket, "connect", connect),
        ):
            code = self.refused(self.session(""), url)
            self.assertEqual((asked, connected), (["shop.example"], ["1.1.1.1"]))
            self.assertEqual(code, "NOT_REACHED")
            self.assertEqual(self.refused(self.session(""), url), "PRIVATE")
        self.assertEqual(server.asked, [])

    def test_of_several_addresses_only_those_allowed_are_tried(self):
        server = self.serve(b"{}")
        url = f"http://shop.example:{server.http.server_port}/"
        with self.named(["127.0.0.9", "169.254.169.254", "127.0.0.1"]):
            session = self.session("127.0.0.1")
            reply = transport.send(session, "GET", url, None, {}, timeout=5)
        self.assertEqual(reply.body, b"{}")
        [(_address, headers)] = server.asked
        self.assertEqual(headers["Host"], f"shop.example:{server.http.server_port}")

    def test_first_address_that_is_down_does_not_hide_the_second(self):
        server = self.serve(b"{}")
        url = f"http://shop.example:{server.http.server_port}/"
        with self.named(["127.0.0.2", "127.0.0.1"]):
            reply = transport.send(self.session(), "GET", url, None, {}, timeout=5)
        self.assertEqual(reply.status, 200)

    def test_redirect_is_not_followed(self):
        target = self.serve(b"secret")
        for status in (301, 302, 303, 307, 308):
            server = self.serve(b"", status=status, Location=target.url)
            reply = transport.send(
                self.session(), "GET", server.url, None, {}, timeout=5
            )
            self.assertEqual(reply.status, status)
        self.assertEqual(target.asked, [])

    def test_file_of_a_bulk_answer_is_guarded_as_well(self):
        server = self.serve(b'{"secret": 1}')
        with self.assertRaises(Misconfigured):
            list(transport.stream_lines(self.session(""), server.url, timeout=5))
        self.assertEqual(server.asked, [])

    def test_proxy_is_no_way_around(self):
        """It would resolve names, and connect to what is reachable from where it is."""
        proxy = self.serve(b"secret")
        for url in (
            "http://127.0.0.1:9/",
            "http://localhost:9/",
            "http://169.254.169.254/latest/meta-data",
            "http://2130706433/",
            "http://[::ffff:10.0.0.1]/",
        ):
            with (
                self.subTest(url),
                patch.dict("os.environ", {"http_proxy": proxy.url, "no_proxy": ""}),
            ):
                self.assertEqual(self.refused(self.session(""), url), "PRIVATE")
        self.assertEqual(proxy.asked, [])

    def test_shop_of_the_internet_is_asked_through_the_proxy(self):
        proxy = self.serve(b"{}")
        for host in ("1.1.1.1", "no-such-name.invalid"):
            with patch.dict("os.environ", {"http_proxy": proxy.url, "no_proxy": ""}):
                reply = transport.send(
                    self.session(""), "GET", f"http://{host}/", None, {}, timeout=5
                )
            self.assertEqual(reply.body, b"{}")
        self.assertEqual(len(proxy.asked), 2)

    def test_credentials_of_netrc_are_not_sent(self):
        server = self.serve(b"{}")
        with tempfile.NamedTemporaryFile("w", suffix="netrc") as file:
            file.write("machine 127.0.0.1 login me password secret\n")
            file.flush()
            with patch.dict("os.environ", {"NETRC": file.name}):
                transport.send(
                    self.session(),
                    "GET",
                    server.url,
                    None,
                    {"Authorization": "Basic ours"},
                    timeout=5,
                )
        [(_address, headers)] = server.asked
        self.assertEqual(headers["Authorization"], "Basic ours")


class TestCertificates(BoundsCase):
    """The certificate is compared with the name, whatever address is connected to."""

    def serve_tls(self, name):
        certificate, key = _certificate(name)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile() as file:
            file.write(certificate + key)
            file.flush()
            context.load_cert_chain(file.name)
        self.shown = []
        context.sni_callback = lambda _sock, host, _context: self.shown.append(host)
        server = self.serve(b"{}")
        server.http.socket = context.wrap_socket(server.http.socket, server_side=True)
        trusted = tempfile.NamedTemporaryFile()  # noqa: SIM115 (as long as the test)
        self.addCleanup(trusted.close)
        trusted.write(certificate)
        trusted.flush()
        return server, trusted.name

    def ask_by_name(self, server, trusted):
        session = self.session()
        url = f"https://shop.example:{server.http.server_port}/"
        with (
            TestGuarded.named(self, ["127.0.0.1"]),
            patch.dict("os.environ", {"REQUESTS_CA_BUNDLE": trusted}),
        ):
            return transport.send(session, "GET", url, None, {}, timeout=5)

    def test_name_is_shown_and_proven_over_a_connection_to_its_address(self):
        reply = self.ask_by_name(*self.serve_tls("shop.example"))
        self.assertEqual(reply.body, b"{}")
        self.assertEqual(self.shown, ["shop.example"])

    def test_certificate_of_another_name_is_refused(self):
        with self.assertRaises(Misconfigured) as caught:
            self.ask_by_name(*self.serve_tls("other.example"))
        self.assertEqual(caught.exception.code, "TLS")

    def test_certificate_of_the_bare_address_is_not_the_names(self):
        with self.assertRaises(Misconfigured):
            self.ask_by_name(*self.serve_tls("127.0.0.1"))

    def test_certificate_that_nobody_vouches_for_is_refused(self):
        server, _own = self.serve_tls("shop.example")
        _other, trusted = self.serve_tls("shop.example")
        with self.assertRaises(Misconfigured):
            self.ask_by_name(server, trusted)


def _certificate(name):
    """:return: (certificate, key) in PEM"""
    from datetime import datetime, timedelta, timezone

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    try:
        alternative = x509.IPAddress(ip_address(name))
    except ValueError:
        alternative = x509.DNSName(name)
    now = datetime.now(timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return made.public_bytes(pem), key.private_bytes(pem, *private)
