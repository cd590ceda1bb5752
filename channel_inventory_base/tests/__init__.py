from . import test_capture
from . import test_invariants
from . import test_observer
from . import test_planner
from . import test_position
from . import test_publisher
from . import test_webhook
