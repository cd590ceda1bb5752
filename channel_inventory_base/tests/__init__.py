from . import test_capture
from . import test_observer
from . import test_planner
from . import test_publisher
