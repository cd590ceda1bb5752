from . import channel_channel
from . import channel_exporter
from . import channel_live
