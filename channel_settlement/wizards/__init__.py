# SPDX-License-Identifier: AGPL-3.0-or-later
from . import (
    channel_settlement_bank,
    channel_settlement_bank_line,
    channel_settlement_decide,
    channel_settlement_import,
)
