"""The SFTP server: logins, folders, and the ways in which it fails."""

import io
import tempfile
import threading
import time

import paramiko
import pytest
from paramiko.ssh_exception import (
    AuthenticationException,
    BadHostKeyException,
    SSHException,
)

from sandbox.edi import running_partner, start

from .edi import START, App, sftp

CUT = (OSError, EOFError, SSHException)


@pytest.fixture
def dock9():
    with running_partner("dock9", tick=None, start=START) as partner:
        yield partner


@pytest.fixture
def box(dock9):
    with sftp(dock9.sandbox, "acme-dock9") as client:
        yield client


def test_a_partner_is_shut_into_its_own_folder(dock9, box):
    assert sorted(box.listdir("/")) == ["archive", "in", "out"]
    assert sorted(box.listdir("/../../..")) == ["archive", "in", "out"]
    with pytest.raises(OSError):
        box.open("/../../etc/passwd")
    with pytest.raises(OSError):
        box.symlink("/etc", "/in/etc")


def test_logins_need_the_right_user_and_password(dock9):
    for user, password in (("acme-dock9", "wrong"), ("nobody", "sandbox")):
        with pytest.raises(AuthenticationException):
            with sftp(dock9.sandbox, user, password):
                pass


def test_a_key_opens_as_well_as_the_password():
    key = paramiko.RSAKey.generate(2048)
    public = f"ssh-rsa {key.get_base64()}"
    settings = {"keys": (public,)}
    with running_partner("dock9", settings=settings, tick=None) as partner:
        with sftp(partner.sandbox, "acme-dock9", client_key=key) as client:
            assert client.listdir("/out") == []
        partner.sandbox.faults.add(kind="login_refused", next=1)
        with pytest.raises(AuthenticationException):
            with sftp(partner.sandbox, "acme-dock9", client_key=key):
                pass
        stranger = paramiko.RSAKey.generate(2048)
        with pytest.raises(AuthenticationException):
            with sftp(partner.sandbox, "acme-dock9", client_key=stranger):
                pass


def test_the_host_key_can_change(dock9):
    before = dock9.sandbox.sftp.host_key
    port = dock9.sandbox.sftp.port
    dock9.sandbox.sftp.change_host_key()
    assert dock9.sandbox.sftp.port == port
    with pytest.raises(BadHostKeyException):
        with sftp(dock9.sandbox, "acme-dock9", key=before):
            pass
    with sftp(dock9.sandbox, "acme-dock9") as client:
        assert client.listdir("/in") == []


def test_two_runs_have_two_host_keys():
    keys = set()
    for _time in range(2):
        with running_partner("dock9", tick=None) as partner:
            keys.add(partner.sandbox.sftp.host_key)
    assert len(keys) == 2


def test_files_go_both_ways_and_to_the_archive(dock9, box):
    dock9.receive({"SKU-1": 5})
    [name] = box.listdir("/out")
    with box.open(f"/out/{name}", "rb") as file:
        assert b"W07*5*EA**VN*SKU-1~" in file.read()
    box.rename(f"/out/{name}", f"/archive/{name}")
    assert box.listdir("/out") == [] and box.listdir("/archive") == [name]
    with box.open("/in/.a.tmp", "wb") as file:
        file.write(b"nonsense")
    dock9.step()
    assert not dock9.ledger.entries, "a file on its way is not looked at"
    box.posix_rename("/in/.a.tmp", "/in/a")
    dock9.step()
    assert [each.rule for each in dock9.ledger.entries] == ["unreadable"]
    assert box.listdir("/in") == []


def test_a_file_under_its_final_name_is_noted(dock9, box):
    with box.open("/in/a.x12", "wb") as file:
        file.write(b"")
    assert dock9.ledger.counts == {"written_in_place": 1}
    with box.open("/archive/a.x12", "wb") as file:
        file.write(b"")
    assert dock9.ledger.counts == {"written_in_place": 1}


def test_files_are_dated_by_the_partners_clock(dock9, box):
    dock9.receive({"SKU-1": 5})
    [entry] = box.listdir_attr("/out")
    assert entry.st_mtime == int(dock9.clock.time())


@pytest.mark.parametrize("operation", ["list", "open", "remove", "rename", "stat"])
def test_an_operation_is_refused_once(dock9, box, operation):
    dock9.receive({"SKU-1": 5})
    [name] = dock9.files()
    path = f"/out/{name}"
    calls = {
        "list": lambda: box.listdir("/out"),
        "open": lambda: box.open(path).close(),
        "remove": lambda: box.remove(path),
        "rename": lambda: box.rename(path, f"/archive/{name}"),
        "stat": lambda: box.stat(path),
    }
    dock9.sandbox.faults.add(kind="permission_denied", next=1, operation=operation)
    with pytest.raises(PermissionError):
        calls[operation]()
    assert name in dock9.files(), "nothing was done"
    calls[operation]()


def test_a_rename_is_refused_and_posix_rename_unknown(dock9, box):
    faults = dock9.sandbox.faults
    with box.open("/in/.a.tmp", "wb") as file:
        file.write(b"x")
    faults.add(kind="rename_refused", next=1)
    box.listdir("/in")  # not struck
    with pytest.raises(PermissionError):
        box.posix_rename("/in/.a.tmp", "/in/a")
    faults.add(kind="no_posix_rename", next=1)
    with pytest.raises(OSError):
        box.posix_rename("/in/.a.tmp", "/in/a")
    box.rename("/in/.a.tmp", "/in/a")


def test_a_disconnect_leaves_half_a_file(dock9, box):
    dock9.sandbox.faults.add(kind="disconnect", next=1, operation="write")
    with pytest.raises(CUT):
        with box.open("/in/.a.tmp", "wb") as file:
            file.write(b"x" * 1000)
            file.flush()
            box.stat("/in/.a.tmp")
    assert (dock9.mailbox.root / "in" / ".a.tmp").stat().st_size == 500
    with sftp(dock9.sandbox, "acme-dock9") as again:
        assert again.listdir("/in") == [".a.tmp"]


def test_a_disconnect_after_a_rename_leaves_it_done(dock9, box):
    dock9.sandbox.faults.add(kind="disconnect_after", next=1, operation="rename")
    with box.open("/in/.a.tmp", "wb") as file:
        file.write(b"x")
    with pytest.raises(CUT):
        box.posix_rename("/in/.a.tmp", "/in/a")
    assert list(dock9.files("in")) == ["a"]


def test_a_disconnect_while_reading(dock9, box):
    dock9.receive({"SKU-1": 5})
    [name] = dock9.files()
    dock9.sandbox.faults.add(kind="disconnect", next=1, operation="read")
    with pytest.raises(CUT):
        box.getfo(f"/out/{name}", io.BytesIO())


def test_the_disk_is_full(dock9, box):
    dock9.sandbox.faults.add(kind="disk_full", next=1)
    with pytest.raises(OSError):
        with box.open("/in/.a.tmp", "wb") as file:
            file.write(b"x" * 1000)
    assert (dock9.mailbox.root / "in" / ".a.tmp").stat().st_size == 500


def test_a_listing_is_slow_and_other_work_is_not(dock9, box):
    fault = dock9.sandbox.faults.add(kind="slow_listing", next=1, seconds=0.4)
    box.stat("/in")
    assert fault.struck == 0
    started = time.monotonic()
    box.listdir("/in")
    assert time.monotonic() - started >= 0.4 and fault.struck == 1


def test_a_login_is_refused_once(dock9):
    dock9.sandbox.faults.add(kind="login_refused", next=1)
    with pytest.raises(AuthenticationException):
        with sftp(dock9.sandbox, "acme-dock9"):
            pass
    with sftp(dock9.sandbox, "acme-dock9"):
        pass


def test_faults_may_be_of_one_account_only():
    with start(tick=None) as sandbox:
        faults = sandbox.faults
        faults.add(kind="permission_denied", operation="acme-fabrik:list")
        with sftp(sandbox, "acme-bigmart") as client:
            assert client.listdir("/in") == []
        with sftp(sandbox, "acme-fabrik") as client:
            with pytest.raises(PermissionError):
                client.listdir("/in")


def test_partners_may_share_a_mailbox_as_a_van_has_it():
    seed = {
        name: {"settings": {"user": "van", "report_at": None}}
        for name in ("dock9", "fabrik")
    }
    seed["bigmart"] = {"settings": {"user": "van"}}
    with start(seed, tick=None, start=START) as sandbox:
        apps = {name: App(each) for name, each in sandbox.partners.items()}
        sandbox.bigmart.buy({"SKU-1": 1})
        sandbox.dock9.receive({"SKU-1": 1})
        with sftp(sandbox, "van") as client:
            assert sorted(client.listdir("/out")) == [
                "bigmart_850_000000001.x12",
                "dock9_944_000000001.x12",
            ]
            for name, group in (("bigmart", "PO"), ("dock9", "RE")):
                lines = [f"AK1*{group}*1", "AK9*A*1*1*1"]
                with client.open(f"/in/.{name}", "wb") as file:
                    file.write(apps[name].x12("997", "FA", lines))
                client.posix_rename(f"/in/.{name}", f"/in/{name}")
            with client.open("/in/.odd", "wb") as file:
                file.write(b"nonsense")
            client.posix_rename("/in/.odd", "/in/odd")
        sandbox.step()
        states = [each.sent()[0].state for each in (sandbox.bigmart, sandbox.dock9)]
        assert states == ["accepted", "accepted"]
        counts = [dict(each.ledger.counts) for each in sandbox.partners.values()]
        assert counts == [{"unreadable": 1}, {}, {}], "nobody's file is the first one's"
        assert sandbox.dock9.files("in") == {}


def test_operations_are_logged_without_passwords(dock9, box):
    box.listdir("/out")
    names = [each["method"] for each in dock9.sandbox.log.entries()]
    assert names[0] == "connect" and "list" in names
    assert dock9.sandbox.log.entries("acme-dock9:list")
    assert "sandbox" not in str(dock9.sandbox.log.entries("connect"))


def test_a_growing_file_is_whole_later(dock9, box):
    dock9.rules.next("growing")
    dock9.receive({"SKU-1": 5})
    [name] = box.listdir("/out")
    half = box.stat(f"/out/{name}").st_size
    dock9.step(29)
    assert box.stat(f"/out/{name}").st_size == half
    dock9.step(2)
    whole = box.stat(f"/out/{name}").st_size
    assert whole == len(dock9.sent("944")[0].data) and whole in (2 * half, 2 * half + 1)


def test_the_ticker_looks_by_itself():
    with running_partner("dock9", tick=0.02) as partner:
        App(partner).put("a", b"nonsense")
        until = time.monotonic() + 5
        while not partner.ledger.entries and time.monotonic() < until:
            time.sleep(0.01)
        assert partner.ledger.counts == {"unreadable": 1}


def test_many_clients_and_people_at_once():
    """The ticker, SFTP clients and people: nothing is read twice, half, or lost."""
    settings = {"report_at": None, "watch_numbers": False}
    with running_partner("dock9", settings=settings, tick=0.002) as dock9:
        failures = []

        def client(number):
            try:
                with sftp(dock9.sandbox, "acme-dock9") as box:
                    for count in range(15):
                        name = f"{number}_{count}"
                        with box.open(f"/in/.{name}.tmp", "wb") as file:
                            file.write(b"nonsense")
                        box.posix_rename(f"/in/.{name}.tmp", f"/in/{name}")
                        box.listdir("/out")
            except Exception as error:
                failures.append(error)

        def person():
            for _time in range(30):
                dock9.adjust("SKU-1", 1)

        threads = [threading.Thread(target=client, args=(each,)) for each in range(3)]
        threads += [threading.Thread(target=person) for _time in range(2)]
        for each in threads:
            each.start()
        for each in threads:
            each.join(30)
        dock9.step()
        assert not failures and dock9.ledger.counts == {"unreadable": 45}
        assert len(dock9.files()) == len(dock9.sent("947")) == 60
        numbers = [each.control[0] for each in dock9.sent("947")]
        assert numbers == [f"{number:09}" for number in range(1, 61)]
        assert dock9.truth()["stock"]["SKU-1"]["good"] == 110


def test_nothing_is_left_behind():
    with start(tick=None) as sandbox:
        folder = sandbox.bigmart.mailbox.root.parent
        assert folder.exists()
    assert not folder.exists()


def test_nothing_is_left_behind_by_what_cannot_start(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(ValueError, match="nonsense"):
        start({"dock9": {"settings": {"nonsense": 1}}})
    with start(names=["dock9"], tick=None) as sandbox:
        with pytest.raises(OSError):
            start(names=["dock9"], sftp_port=sandbox.sftp.port)
        assert len(list(tmp_path.iterdir())) == 1
    assert list(tmp_path.iterdir()) == []


def test_any_operation_may_be_slow(dock9, box):
    dock9.sandbox.faults.add(kind="slow", next=1, operation="stat", seconds=0.3)
    started = time.monotonic()
    box.stat("/in")
    assert time.monotonic() - started >= 0.3
