from . import channel_reconcile_adjust
from . import channel_reconcile_leave
