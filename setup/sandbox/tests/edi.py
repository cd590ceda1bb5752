"""The app's side of a trading partner: files by SFTP or straight, documents as text.

It shares no code with the partners: what it writes and how it counts is its own.
"""

import os
from contextlib import contextmanager

import paramiko

START = "2026-11-23T14:00:00Z"


class App:
    """We, as a partner knows us. Documents are lists of segments as text."""

    def __init__(self, partner):
        self.partner = partner
        config = partner.config
        self.us, self.them = config.us, config.identity
        self.groups = config.us_group, config.group
        self.version = config.version
        self.number = 0
        self.read_names = set()

    # --- files

    def put(self, name, data):
        """A file that the partner reads at its next look."""
        folder = self.partner.mailbox.root / "in"
        hidden = folder / f".{name}.tmp"
        hidden.write_bytes(data)
        os.replace(hidden, folder / name)

    def send(self, data, look=True):
        """Write a file, and let the partner read it."""
        self.number_of_file = getattr(self, "number_of_file", 0) + 1
        self.put(f"f{self.number_of_file:04}", data)
        if look:
            self.partner.step()

    def new_files(self):
        """The bytes of what the partner has written since the last look."""
        files = self.partner.files()
        found = [files[name] for name in sorted(files) if name not in self.read_names]
        self.read_names |= set(files)
        return found

    # --- X12

    def isa(self, number, **change):
        values = {
            "sender": self.us,
            "receiver": self.them,
            "usage": "P",
            "ack": "0",
            **change,
        }
        (sq, sender), (rq, receiver) = values["sender"], values["receiver"]
        return (
            f"ISA*00*{'':10}*00*{'':10}*{sq:2}*{sender:15}*{rq:2}*{receiver:15}"
            f"*261123*0800*U*00401*{number:09}*{values['ack']}*{values['usage']}*>"
        )

    def x12(self, kind, functional_id, *documents, number=None, **change):
        """An interchange with one group of documents; each is a list of segments."""
        if number is None:
            self.number += 1
            number = self.number
        group = change.pop("group", number)
        senders = change.pop("groups", self.groups)
        version = change.pop("version", self.version)
        lines = [self.isa(number, **change)]
        lines.append(
            f"GS*{functional_id}*{senders[0]}*{senders[1]}*20261123*0800*{group}*X"
            f"*{version}"
        )
        for place, segments in enumerate(documents, 1):
            lines.append(f"ST*{kind}*{place:04}")
            lines += segments
            lines.append(f"SE*{len(segments) + 2}*{place:04}")
        lines.append(f"GE*{len(documents)}*{group}")
        lines.append(f"IEA*1*{number:09}")
        return "".join(f"{line}~\n" for line in lines).encode()

    # --- EDIFACT

    def edifact(self, kind, *documents, number=None, **change):
        if number is None:
            self.number += 1
            number = self.number
        values = {
            "sender": self.us,
            "receiver": self.them,
            "charset": "UNOC",
            "una": "UNA:+,? '",
            "version": "D:96A:UN:EAN008",
            "encoding": "latin-1",
            **change,
        }
        (sq, sender), (rq, receiver) = values["sender"], values["receiver"]
        lines = [
            f"UNB+{values['charset']}:3+{sender}:{sq}+{receiver}:{rq}"
            f"+261123:0800+{number}"
        ]
        for place, segments in enumerate(documents, 1):
            lines.append(f"UNH+{place}+{kind}:{values['version']}")
            lines += segments
            lines.append(f"UNT+{len(segments) + 2}+{place}")
        lines.append(f"UNZ+{len(documents)}+{number}")
        text = values["una"] + "".join(f"{line}'\n" for line in lines)
        return text.encode(values["encoding"])

    # --- what was charged

    def charged(self):
        """{rule: count} so far, forgotten afterwards."""
        counts = dict(self.partner.ledger.counts)
        self.partner.ledger.clear()
        return counts


def x12_of(data):
    """[[elements of a segment]] of an interchange, by its own ISA."""
    text = data.decode("latin-1").lstrip("\xef\xbb\xbf")
    element = text[3]
    parts = text.split(element, 16)
    terminator = parts[16][1]
    found = [each.strip("\r\n") for each in text.split(terminator)]
    return [each.split(element) for each in found if each]


def only(data, *tags):
    """The segments with these tags, as text."""
    return ["*".join(each) for each in x12_of(data) if each[0] in tags]


@contextmanager
def sftp(sandbox, user, password="sandbox", key=None, client_key=None):
    """A paramiko client that trusts one host key only.

    :param key: the host key to trust; None for the server's own
    """
    kind, text = (key or sandbox.sftp.host_key).split()[:2]
    client = paramiko.SSHClient()
    name = f"[{sandbox.sftp.host}]:{sandbox.sftp.port}"
    entry = paramiko.hostkeys.HostKeyEntry.from_line(f"{name} {kind} {text}")
    client.get_host_keys().add(name, kind, entry.key)
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    try:
        client.connect(
            sandbox.sftp.host,
            sandbox.sftp.port,
            username=user,
            password=None if client_key else password,
            pkey=client_key,
            allow_agent=False,
            look_for_keys=False,
            timeout=10,
        )
        yield client.open_sftp()
    finally:
        client.close()
