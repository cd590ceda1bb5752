from . import test_adjustments
from . import test_counts
from . import test_flow_dock9
from . import test_interleavings
from . import test_receipts
from . import test_shipping_advices
from . import test_shipping_orders
from . import test_translations
