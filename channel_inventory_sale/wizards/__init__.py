from . import channel_exception_close
from . import channel_place_link
from . import channel_short_stock
