"""The SFTP server of all partners: one account each, shut into its own folder."""

import asyncio
import threading
from dataclasses import dataclass
from pathlib import Path

import asyncssh

from ..common.faults import Faults

KINDS = {
    "login_refused": "the password or key is refused",
    "disconnect": "the connection is cut in the middle: half a block is written",
    "disconnect_after": "the work is done, then the connection is cut",
    "permission_denied": "the operation is refused, nothing done",
    "rename_refused": "a rename is refused, nothing done",
    "no_posix_rename": "the server does not know posix-rename",
    "disk_full": "a write is refused after half a block",
    "slow_listing": "a listing takes ``seconds``",
    "slow": "any operation takes ``seconds``",
}
OPERATIONS = ("connect", "list", "stat", "open", "read", "write", "rename", "remove")
# what a kind strikes where its rule names no operation
USUAL = {
    "login_refused": "connect",
    "disk_full": "write",
    "rename_refused": "rename",
    "no_posix_rename": "posix_rename",
    "slow_listing": "list",
}


class SftpFaults(Faults):
    """Operations are named alone (``rename``) or with their user (``acme:rename``)."""

    def __init__(self, seed=1):
        super().__init__(KINDS, seed)

    def add(self, **values):
        if values.get("operation") is None:
            values["operation"] = USUAL.get(values["kind"])
        return super().add(**values)


@dataclass
class Account:
    """:ivar keys: public keys in OpenSSH's form that may log in besides the password"""

    user: str
    password: str
    root: Path
    keys: tuple = ()
    # called with the name of a file that is opened for writing under it
    opened: object = None


class SftpServer:
    """Listens on loopback, in a thread of its own.

    :param log: a RequestLog
    """

    def __init__(self, faults, log, host="127.0.0.1", port=0):
        self.faults, self.log = faults, log
        self.host, self.port = host, port
        self.accounts = {}
        self.connections = set()
        self._key = asyncssh.generate_private_key("ssh-ed25519")
        self._loop = self._thread = self._acceptor = None

    @property
    def host_key(self):
        """The public key of the server, as it stands in known_hosts: type and key."""
        return self._key.export_public_key().decode().strip()

    @property
    def fingerprint(self):
        return self._key.get_fingerprint()

    def add(self, account):
        for folder in ("in", "out", "archive"):
            (account.root / folder).mkdir(parents=True, exist_ok=True)
        self.accounts[account.user] = account

    def start(self):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._run(self._listen())
        return self

    def stop(self):
        if self._loop is None:
            return
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._loop = None

    def change_host_key(self):
        """As after a move to another machine: same address, another key."""
        self._key = asyncssh.generate_private_key("ssh-ed25519")
        if self._loop:
            self._run(self._close())
            self._run(self._listen())

    def drop_connections(self):
        self._run(self._drop())

    def _run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self):
        self._acceptor = await asyncssh.listen(
            self.host,
            self.port,
            server_factory=lambda: _Guard(self),
            server_host_keys=[self._key],
            sftp_factory=lambda channel: _Session(self, channel),
            allow_scp=False,
            # logins are many and short in tests; the rest is as strict as it comes
            login_timeout=10,
        )
        self.port = self._acceptor.get_port()

    async def _close(self):
        if self._acceptor is None:
            return
        self._acceptor.close()
        await self._drop()
        await self._acceptor.wait_closed()

    async def _drop(self):
        for connection in list(self.connections):
            connection.abort()


class _Guard(asyncssh.SSHServer):
    """Who may come in."""

    def __init__(self, server):
        self.server, self.connection = server, None
        self.refused = False

    def connection_made(self, connection):
        self.connection = connection
        self.server.connections.add(connection)

    def connection_lost(self, _error):
        self.server.connections.discard(self.connection)

    def begin_auth(self, user):
        account = self.server.accounts.get(user)
        entry = self.server.log.open("connect", user)
        entry["names"] = ["connect", f"{user}:connect"]
        struck = self.server.faults.draw(set(entry["names"]), named_only=True)
        self.refused = "login_refused" in struck
        if account and account.keys and not self.refused:
            keys = asyncssh.import_authorized_keys("\n".join(account.keys))
            self.connection.set_authorized_keys(keys)
        return True

    def password_auth_supported(self):
        return True

    def validate_password(self, user, password):
        account = self.server.accounts.get(user)
        return bool(account and password == account.password and not self.refused)


class _Session(asyncssh.SFTPServer):
    """One login. Each operation is logged, and struck by the faults of its name."""

    def __init__(self, server, channel):
        self._server = server
        connection = channel.get_connection()
        self._account = server.accounts[connection.get_extra_info("username")]
        super().__init__(channel, chroot=str(self._account.root).encode())

    async def _begin(self, operation, path, *more):
        """Log it, and play what strikes before it is done. :return: what strikes"""
        names = {operation, *more}
        names |= {f"{self._account.user}:{name}" for name in names}
        entry = self._server.log.open(operation, bytes(path).decode(errors="replace"))
        entry.update(names=sorted(names), user=self._account.user)
        struck = self._server.faults.draw(names)
        for kind in ("slow", "slow_listing"):
            if kind in struck:
                await asyncio.sleep(struck[kind].seconds)
        if {"permission_denied", "rename_refused"} & set(struck):
            raise asyncssh.SFTPPermissionDenied("a fault of the sandbox")
        if "no_posix_rename" in struck:
            raise asyncssh.SFTPOpUnsupported("a fault of the sandbox")
        if "disconnect" in struck and operation != "write":
            self._cut()
        return struck

    def _cut(self):
        self.connection.abort()
        raise asyncssh.SFTPConnectionLost("a fault of the sandbox")

    def _end(self, struck):
        if "disconnect_after" in struck:
            self._cut()

    async def scandir(self, path):
        struck = await self._begin("list", path)
        async for name in super().scandir(path):
            yield name
        self._end(struck)

    async def open(self, path, pflags, attrs):
        writes = pflags & asyncssh.FXF_WRITE
        struck = await self._begin(
            "open", path, "open_write" if writes else "open_read"
        )
        if writes and self._account.opened:
            self._account.opened(self.map_path(path).decode())
        result = super().open(path, pflags, attrs)
        self._end(struck)
        return result

    async def read(self, file_obj, offset, size):
        struck = await self._begin("read", file_obj.name)
        result = super().read(file_obj, offset, size)
        self._end(struck)
        return result

    async def write(self, file_obj, offset, data):
        struck = await self._begin("write", file_obj.name)
        if {"disconnect", "disk_full"} & set(struck):
            super().write(file_obj, offset, data[: len(data) // 2])
            file_obj.flush()
            if "disconnect" in struck:
                self._cut()
            raise asyncssh.SFTPFailure("no space left")
        result = super().write(file_obj, offset, data)
        self._end(struck)
        return result

    async def stat(self, path):
        struck = await self._begin("stat", path)
        result = super().stat(path)
        self._end(struck)
        return result

    async def lstat(self, path):
        struck = await self._begin("stat", path)
        result = super().lstat(path)
        self._end(struck)
        return result

    async def rename(self, oldpath, newpath):
        struck = await self._begin("rename", newpath)
        super().rename(oldpath, newpath)
        self._end(struck)

    async def posix_rename(self, oldpath, newpath):
        struck = await self._begin("rename", newpath, "posix_rename")
        super().posix_rename(oldpath, newpath)
        self._end(struck)

    async def remove(self, path):
        struck = await self._begin("remove", path)
        super().remove(path)
        self._end(struck)

    def symlink(self, oldpath, newpath):
        # a link could point out of the partner's folder
        raise asyncssh.SFTPOpUnsupported("no links here")

    link = symlink
