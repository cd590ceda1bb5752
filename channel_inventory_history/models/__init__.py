from . import channel_backtest_source
from . import channel_level_past
from . import channel_position_past
