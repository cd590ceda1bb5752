from . import test_kit
from . import test_kit_exclusive
from . import test_kit_exclusive_race
from . import test_kit_exclusive_random
from . import test_kit_flatten
from . import test_kit_order
from . import test_kit_random
from . import test_kit_route
