from . import channel_go_live
from . import channel_rejection
