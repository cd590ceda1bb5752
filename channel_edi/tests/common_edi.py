# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.addons.channel_inventory_base.tests.common import ChannelCase

BIGMART = {
    "standard": "x12",
    "their_qualifier": "ZZ",
    "their_id": "BIGMART",
    "our_qualifier": "ZZ",
    "our_id": "US",
    "tz": "UTC",
}


def x12(*documents, number=1, test=False, ack=0, sender="BIGMART", functional="PO"):
    """Bytes of one interchange with one group, written by hand.

    :param documents: lists of segments without ST and SE; the first is the set's id
    """
    mark = "T" if test else "P"
    segments = [
        "ISA*00*          *00*          *ZZ*{:<15}*ZZ*{:<15}*261201*1000*U*00401*"
        "{:09d}*{}*{}*>".format(sender, "US", number, ack, mark),
        f"GS*{functional}*{sender}*US*20261201*1000*{number}*X*004010",
    ]
    for index, (kind, *body) in enumerate(documents, 1):
        segments += [f"ST*{kind}*{index:04d}", *body]
        segments.append(f"SE*{len(body) + 2}*{index:04d}")
    segments += [f"GE*{len(documents)}*{number}", f"IEA*1*{number:09d}"]
    return ("~\n".join(segments) + "~\n").encode()


def po(number, *lines, purpose="00", kind="SA", more=()):
    """Segments of an 850. ``lines``: (quantity, unit, price, SKU)."""
    found = ["850", f"BEG*{purpose}*{kind}*{number}**20261201", *more]
    for index, (quantity, unit, price, sku) in enumerate(lines, 1):
        found.append(f"PO1*{index}*{quantity}*{unit}*{price}**VN*{sku}")
    return [*found, f"CTT*{len(lines)}"]


def change(number, change_number, *lines, purpose="04"):
    """Segments of an 860. ``lines``: (line, code, quantity, unit, price, SKU)."""
    found = ["860", f"BCH*{purpose}*SA*{number}**{change_number}*20261201"]
    for line, code, quantity, unit, price, sku in lines:
        found.append(f"POC*{line}*{code}*{quantity}**{unit}*{price}**VN*{sku}")
    return [*found, f"CTT*{len(lines)}"]


def functional_ack(group, *verdicts, code="A", functional="PR", accepted=None):
    """Segments of a 997. ``verdicts``: (set, number, AK501)."""
    found = ["997", f"AK1*{functional}*{group}"]
    for kind, number, verdict in verdicts:
        found += [f"AK2*{kind}*{number}", f"AK5*{verdict}"]
    count = len(verdicts) or 1
    good = accepted if accepted is not None else sum(v != "R" for *_, v in verdicts)
    return [*found, f"AK9*{code}*{count}*{count}*{good if verdicts else count}"]


class EdiSetup:
    """A retailer without a server: files come and go by hand. Mixed into cases that
    have a ``channel`` with a ``listing``."""

    @classmethod
    def setUpEdi(cls):
        cls.channel.write({"channel_type": "edi", "edi_role": "retailer"})
        cls.channel.exception_user_id = cls.env.ref("base.user_admin")
        cls.listing.write({"external_id": "SKU-1|EA", "stock_ref": "SKU-1|EA"})
        cls.mailbox = cls.env["channel.edi.mailbox"].create(
            {"name": "By hand", "channel_id": cls.channel.id, "kind": "manual"}
        )
        cls.agreement = cls.env["channel.edi.agreement"].create(
            {
                "name": "BigMart",
                "channel_id": cls.channel.id,
                "mailbox_id": cls.mailbox.id,
                "partner_id": cls.env["res.partner"]
                .create(
                    {
                        "name": "BigMart Stores",
                        "street": "1 Main St",
                        "city": "Bentonville",
                        "zip": "72712",
                        "country_id": cls.env.ref("base.us").id,
                    }
                )
                .id,
                **BIGMART,
            }
        )
        cls.env.flush_all()

    def receive(self, data, name=None):
        """:return: documents that come of a file's bytes, worked off"""
        number = self.env["channel.edi.file"].search_count([])
        file = self.env["channel.edi.file"]._store(
            self.mailbox, name or f"file-{number}.edi", "by hand", data
        )
        self.work()
        return file.document_ids

    def work(self):
        self.env.flush_all()
        self.env["channel.edi.worker"]._run(self.channel)
        self.env.invalidate_all()

    def send(self):
        """:return: interchanges that are frozen and wait for a person"""
        self.env.flush_all()
        self.env["channel.edi.sender"]._run(self.channel)
        self.env.invalidate_all()
        return self.env["channel.edi.interchange"].search(
            [("direction", "=", "out"), ("state", "=", "ready")], order="id"
        )

    def exceptions(self, *categories):
        return self.env["channel.exception"].search(
            [
                ("channel_id", "=", self.channel.id),
                ("state", "=", "open"),
                ("category", "in", categories or ("edi_file", "edi_document")),
            ]
        )


class EdiCase(EdiSetup, ChannelCase):
    use_fake = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpEdi()
