from . import test_promise
from . import test_promise_guard
from . import test_promise_hold
from . import test_promise_race
from . import test_promise_roles
from . import test_promise_till
from . import test_promise_tours
from . import test_translations
