from . import product_template
from . import channel_position
from . import stock_warehouse
from . import stock_lot
from . import stock_quant
from . import channel_channel
