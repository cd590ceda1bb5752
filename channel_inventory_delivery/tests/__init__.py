from . import test_access
from . import test_tracking
from . import test_translations
