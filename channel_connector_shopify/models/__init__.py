from . import channel_channel
from . import channel_adapter_shopify
from . import adapter_errors
from . import adapter_catalogue
from . import adapter_levels
from . import adapter_lifecycle
from . import adapter_orders
from . import adapter_webhooks
