from . import channel_position
from . import stock_warehouse
from . import stock_lot
from . import channel_channel
