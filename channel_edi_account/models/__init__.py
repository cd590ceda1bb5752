# SPDX-License-Identifier: AGPL-3.0-or-later
from . import account_move
from . import channel_channel
from . import channel_edi_acks
from . import channel_edi_agreement
from . import channel_edi_document
from . import channel_edi_invoice_writer
from . import channel_edi_invoices
from . import channel_edi_sender
from . import channel_exception
from . import channel_notifier
