# SPDX-License-Identifier: AGPL-3.0-or-later
from . import channel_exception
from . import channel_channel
from . import channel_adapter_edi
from . import channel_edi_document
from . import channel_edi_purchase
from . import channel_edi_supplies
from . import channel_edi_purchase_orders
from . import channel_edi_schedules
from . import channel_edi_differences
from . import channel_edi_promises
from . import channel_edi_notices
from . import channel_edi_supplier_stock
from . import channel_edi_worker
from . import purchase_order
from . import purchase_order_line
from . import stock_picking
