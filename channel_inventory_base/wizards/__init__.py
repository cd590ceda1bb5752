from . import channel_go_live
