# SPDX-License-Identifier: AGPL-3.0-or-later
"""EDI without Odoo: X12, EDIFACT and tables (CSV, fixed columns). Standard library.

What the models call, all of it in ``lib.codec``::

    read(data: bytes, options=Options()) -> iterator of Interchange
        Each interchange of a file, in order, as soon as its end is found. Raises
        ``Unreadable`` where there is none at all; whatever else is wrong is a ``Fault``
        of the interchange, of its group or of its document.
        Interchange: head (schemas.InterchangeHead), groups, documents, faults,
            span (start, end in bytes), data (its bytes), answerable (an acknowledgement
            can name it)
        Group: head (schemas.GroupHead), documents, faults
        Document: head (schemas.DocumentHead), group, position in the interchange,
            span, data, digest (of its content without its control number), faults,
            segments() (iterates over its tokens; nothing is kept)

    parse(document, options) -> schema object
        PurchaseOrder, OrderChange, OrderAnswer, ShipNotice, StockReport,
        ShippingAdvice, Receipt, Adjustment, Ack or Advice, by the document's kind.
        What is wrong and does not keep it from being understood is added to
        ``document.faults``. Raises ``BadDocument`` with all faults where it cannot be
        accepted: for its content, or for its envelope (half a document, a wrong count,
        a group or an interchange that does not hold).

    write(objects, envelope, options=Options()) -> bytes
        One interchange; documents of the same kind share a group. The same arguments
        give the same bytes. Raises ``Unwritable``.

    acknowledge(interchange, verdicts, envelope, options=Options()) -> bytes or None
        What answers a read interchange: TA1 and 997, or CONTRL. ``verdicts``: faults by
        document position, of documents that were parsed elsewhere ({}: as their own
        faults say). None where nothing may be answered: an interchange of nothing but
        acknowledgements, or one that cannot be named.

    acknowledgements(interchange, options=Options()) -> list of schemas.Ack
        What an interchange says of ours: TA1 segments, 997, 999 and CONTRL documents.

``options`` (``lib.options.Options``) are what was agreed with the partner, as plain
values. Tables: ``lib.flat``; ``guess(data)`` (``lib.guess``) proposes what a sample is.
One order out of its documents: ``lib.fold``; one order a place: ``lib.split``.
Units: ``lib.units``; GTIN and SSCC: ``lib.gs1``; dates: ``lib.dates``.
"""
