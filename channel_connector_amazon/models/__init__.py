from . import channel_channel
from . import channel_adapter_amazon
