from . import channel_backtest
from . import channel_past
from . import channel_rule_preview
