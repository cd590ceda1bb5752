from . import channel_carrier_map
from . import channel_channel
from . import stock_package
from . import stock_picking
