# SPDX-License-Identifier: AGPL-3.0-or-later
from . import channel_edi_discard
from . import channel_edi_partner_wizard
from . import channel_edi_products
from . import channel_edi_upload
