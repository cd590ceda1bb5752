from . import channel_database_move
from . import channel_dead_letter
from . import channel_exception_close
from . import channel_go_live
from . import channel_order_match
from . import channel_rejection
from . import channel_replay
from . import channel_rule_preview
