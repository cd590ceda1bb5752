# SPDX-License-Identifier: AGPL-3.0-or-later
"""Folders of a server that speaks SFTP. No odoo in here."""

import base64
import contextlib
import errno
import hashlib
import io
import posixpath
import socket
import stat

import paramiko

from odoo.addons.channel_inventory_base.lib.errors import (
    ClientError,
    Forbidden,
    Misconfigured,
    Refused,
    Unauthorized,
    Unavailable,
)

from .entry import MAX_BYTES, Entry, Taken, checked, partial

SECONDS = 20
"""So long a server may be silent."""
KEYS = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)


class Sftp:
    """A session; a context manager, which opens and closes it.

    :param host_key: the one key that the server may have, as ``ssh-ed25519 AAAA..``;
        what answers with another one is not told who we are
    :param private_key: text of a key in OpenSSH's or PEM form; "": by password
    :param allowed: the ``addresses.Allowed`` of the moment
    """

    def __init__(
        self,
        host,
        port,
        user,
        *,
        host_key="",
        password="",
        private_key="",
        incoming="",
        outgoing="",
        archive="",
        allowed=None,
    ):
        self._host, self._port, self._user = host, port, user
        self._host_key = " ".join(host_key.split()[:2])
        self._password, self._private_key = password, private_key
        self._incoming, self._outgoing = incoming, outgoing
        self._archive = archive
        self._allowed = allowed
        self._transport = self._client = None

    # ------------------------------------------------------------ session
    def __enter__(self):
        with self._told("the session"):
            self._transport = paramiko.Transport(self._connect())
            try:
                self._begin()
            except BaseException:
                self._transport.close()
                raise
        return self

    def __exit__(self, *_error):
        self._transport.close()

    def _connect(self):
        """A socket to an address of the host that may be connected to. A name is
        resolved once: what is looked at is what is connected to."""
        if not self._host:
            raise Misconfigured("the mailbox has no host", code="HOST")
        found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        failure = None
        for family, kind, protocol, _name, address in found[:4]:
            if self._allowed and not self._allowed.takes(address[0]):
                failure = Misconfigured(
                    f"{self._host} is an address of a private network or of this "
                    "machine: the server's configuration has to allow it "
                    "(allow_private_addresses)",
                    code="ADDRESS",
                )
                continue
            sock = socket.socket(family, kind, protocol)
            sock.settimeout(SECONDS)
            try:
                sock.connect(address)
                return sock
            except OSError as error:
                sock.close()
                failure = error
        raise failure or Unavailable(f"{self._host} has no address", code="NOT_REACHED")

    def _begin(self):
        self._transport.banner_timeout = self._transport.auth_timeout = SECONDS
        # of the algorithms that fit the key we know: a server may have several
        if self._host_key:
            names = _algorithms(self._host_key.split()[0])
            self._transport.get_security_options().key_types = names
        self._transport.start_client(timeout=SECONDS)
        shown = host_key_of(self._transport.get_remote_server_key())
        if shown != self._host_key:
            raise UnknownHost(self._host, shown, self._host_key)
        if self._private_key:
            self._transport.auth_publickey(self._user, _private(self._private_key))
        else:
            self._transport.auth_password(self._user, self._password or "")
        self._client = paramiko.SFTPClient.from_transport(self._transport)
        self._client.get_channel().settimeout(SECONDS)

    # -------------------------------------------------------------- files
    def look(self):
        with self._told(self._incoming):
            found = self._client.listdir_attr(self._incoming or ".")
        return [
            Entry(each.filename, each.st_size or 0, int(each.st_mtime or 0))
            for each in found
            if stat.S_ISREG(each.st_mode or 0)
        ]

    def fetch(self, name):
        with self._told(name), self._opened(name) as it:
            size = it.stat().st_size or 0
            if size > MAX_BYTES:
                raise Refused(f"{name} has more than {MAX_BYTES} bytes", code="TOO_BIG")
            it.prefetch(size)
            data = it.read(MAX_BYTES + 1)
        if len(data) < size:
            raise Unavailable(f"{name}: {len(data)} of {size} bytes", code="HALF")
        return data

    def _opened(self, name):
        """:raise Unavailable: somebody has taken it away since it was listed"""
        try:
            return self._client.open(self._at(self._incoming, name))
        except FileNotFoundError as error:
            raise Unavailable(f"{name} is gone", code="GONE") from error

    def put_away(self, name, how):
        path = self._at(self._incoming, name)
        with self._told(name):
            if how == "keep" or not self._exists(path):
                return
            try:
                if how == "delete":
                    self._client.remove(path)
                else:
                    self._client.rename(path, self._free(name))
            except FileNotFoundError:
                # somebody else has taken it away, or there is no archive folder
                if self._exists(path):
                    raise

    def deliver(self, name, data):
        path = self._at(self._outgoing, name)
        unfinished = self._at(self._outgoing, partial(name, data))
        there = self.compare(name, data)
        if there is False:
            raise Taken(name)
        with self._told(name):
            # paramiko compares the size afterwards
            self._client.putfo(io.BytesIO(data), unfinished, len(data))
            if there:
                self._replace(unfinished, path)
            else:
                # unlike posix_rename it replaces nothing that came meanwhile
                self._client.rename(unfinished, path)

    def _replace(self, unfinished, path):
        try:
            self._client.posix_rename(unfinished, path)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.ENOENT):
                raise
            # an older server, which never replaces a file
            with contextlib.suppress(FileNotFoundError):
                self._client.remove(path)
            self._client.rename(unfinished, path)

    def compare(self, name, data):
        path = self._at(self._outgoing, name)
        with self._told(name):
            try:
                if self._client.stat(path).st_size != len(data):
                    return False
            except FileNotFoundError:
                return None
            try:
                with self._client.open(path) as it:
                    it.prefetch(len(data))
                    return it.read() == data
            except FileNotFoundError:
                # the partner has taken it meanwhile
                return None
            except PermissionError:
                # its size is all that we may see
                return True

    def check(self):
        """Prove that its folders are there; change nothing."""
        for path in filter(None, (self._incoming, self._outgoing, self._archive)):
            with self._told(path):
                self._client.listdir(path)
        return self._transport.remote_version

    # ------------------------------------------------------------ helpers
    @staticmethod
    def _at(folder, name):
        return posixpath.join(folder or ".", checked(name))

    def _exists(self, path):
        try:
            self._client.stat(path)
        except FileNotFoundError:
            return False
        return True

    def _free(self, name):
        """A name that no file of the archive has: it keeps what is there."""
        if not self._archive:
            raise Misconfigured("there is no archive folder", code="FOLDER")
        path, number = self._at(self._archive, name), 1
        while self._exists(path):
            path = self._at(self._archive, f"{name}.{number}")
            number += 1
        return path

    @contextlib.contextmanager
    def _told(self, what):
        """Errors of the network and of the server come out as ours."""
        try:
            yield
        except ClientError:
            raise
        except paramiko.AuthenticationException as error:
            raise Unauthorized(f"{self._host} refuses {self._user}") from error
        except socket.gaierror as error:
            raise Unavailable(f"{self._host}: {error}", code="NOT_REACHED") from error
        except TimeoutError as error:
            raise Unavailable(f"{self._host} is silent", code="SLOW") from error
        except PermissionError as error:
            raise Forbidden(f"{self._host} refuses {what}", code="FOLDER") from error
        except FileNotFoundError as error:
            raise Misconfigured(f"{self._host} has no {what}", code="FOLDER") from error
        except (paramiko.SSHException, EOFError, OSError) as error:
            code = "FILE" if self._has_answered(error) else "NO_ANSWER"
            raise Unavailable(
                f"{self._host}: {error or type(error).__name__}", code=code
            ) from error

    def _has_answered(self, error):
        """Whether the server has said that it failed, and goes on: of a status that has
        no number of its own here paramiko makes an OSError without one."""
        return (
            type(error) is OSError
            and error.errno is None
            and self._client is not None
            and self._transport.is_active()
            and not self._client.get_channel().closed
        )


class UnknownHost(Misconfigured):
    """The server shows another key than the one that is known.

    :ivar shown: the key that it shows, as ``Sftp`` takes it
    """

    def __init__(self, host, shown, known):
        words = (
            f"{host} shows another host key ({fingerprint(shown)}) than the one that "
            f"is known ({fingerprint(known)})"
            if known
            else f"{host} shows the host key {fingerprint(shown)}, which nobody has "
            "accepted yet"
        )
        super().__init__(words, code="HOST_KEY")
        self.shown = shown


def host_key_of(key):
    return f"{key.get_name()} {key.get_base64()}"


def fingerprint(host_key):
    """As ssh shows it, for people to compare.

    >>> fingerprint("ssh-ed25519 AAAA")
    'SHA256:cJm6nOBggkbgvcwfzPMHpwwsPtPDFgUqyH+FO1brOIM'
    """
    data = base64.b64decode(host_key.split()[1])
    digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
    return f"SHA256:{digest.rstrip('=')}"


def _algorithms(name):
    """Names of the signatures that a key of this kind makes."""
    return ("rsa-sha2-512", "rsa-sha2-256") if name == "ssh-rsa" else (name,)


def _private(text):
    for kind in KEYS:
        with contextlib.suppress(paramiko.SSHException, ValueError):
            return kind.from_private_key(io.StringIO(text))
    raise Misconfigured("the private key cannot be read", code="KEY")
