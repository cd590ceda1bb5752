from . import channel_reconcile_leave
