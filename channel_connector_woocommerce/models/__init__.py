from . import channel_channel
from . import channel_adapter_woocommerce
from . import adapter_errors
from . import adapter_catalogue
from . import adapter_levels
from . import adapter_orders
from . import adapter_webhooks
from . import adapter_messages
