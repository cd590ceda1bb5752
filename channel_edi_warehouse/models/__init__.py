# SPDX-License-Identifier: AGPL-3.0-or-later
from . import channel_adapter_edi
from . import channel_channel
from . import channel_edi_goods
from . import channel_edi_adjustments
from . import channel_edi_advices
from . import channel_edi_answers
from . import channel_edi_counts
from . import channel_edi_document
from . import channel_edi_overdue_advices
from . import channel_edi_receipts
from . import channel_edi_shipping_orders
from . import channel_edi_receipt_notices
from . import channel_edi_worker
from . import channel_exception
from . import stock_move
from . import stock_picking
from . import stock_warehouse
