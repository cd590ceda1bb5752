# SPDX-License-Identifier: AGPL-3.0-or-later
"""The data of EDI documents, whatever the standard.

Frozen dataclasses of texts, whole numbers, Decimals and times in UTC, so that the
base's ``schemas.load`` and ``schemas.dump`` read and write them. No odoo in here.
"""

from .schemas_envelope import (  # noqa: F401 (re-exported)
    EDIFACT,
    X12,
    Ack,
    AckDocument,
    AckGroup,
    Delimiters,
    DocumentHead,
    Envelope,
    Fault,
    GroupHead,
    Identity,
    InterchangeHead,
)
from .schemas_goods import (  # noqa: F401 (re-exported)
    FATES,
    REPORTING,
    STOCK_STATES,
    Adjustment,
    AdjustmentLine,
    AdviceLine,
    NoticeLine,
    Pack,
    Receipt,
    ReceiptException,
    ReceiptLine,
    ReceiptNotice,
    ShipItem,
    ShipNotice,
    ShipOrder,
    ShippingAdvice,
    ShippingLine,
    ShippingOrder,
    StockReport,
    StockRow,
)
from .schemas_orders import (  # noqa: F401 (re-exported)
    ANSWERS,
    LINE_ACTIONS,
    ORDER_TYPES,
    OWED,
    PURPOSES,
    Advice,
    AdviceItem,
    AnswerLine,
    ChangeLine,
    Invoice,
    InvoiceLine,
    LineAnswer,
    OrderAnswer,
    OrderChange,
    OrderLine,
    PurchaseOrder,
    Schedule,
    Tax,
)
from .schemas_parts import (  # noqa: F401 (re-exported)
    Allocation,
    Carrier,
    Charge,
    Contact,
    Dates,
    ItemId,
    Moment,
    OtherDate,
    PackFacts,
    Party,
    Price,
    Reference,
    Weight,
)
