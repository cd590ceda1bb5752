"""A line of a partner's log of documents."""

from dataclasses import asdict, dataclass, field


@dataclass
class LogEntry:
    """:ivar direction: ``in``: the app wrote it; ``out``: the partner did
    :ivar reference: its business number
    :ivar control: of interchange, group and document
    :ivar state: in: accepted, refused, dropped (a repeat), unreadable; out: kept (not
        written yet), sent, accepted, errors, partial, rejected, overdue, lost
    """

    number: int
    at: object
    direction: str
    kind: str
    reference: str
    control: tuple = ()
    file: str = ""
    state: str = ""
    notes: list = field(default_factory=list)
    # faults that were played on it
    faults: list = field(default_factory=list)
    # as written, to send it again
    data: bytes = b""

    def row(self):
        row = asdict(self)
        row["data"] = self.data.decode("latin-1")
        return row
