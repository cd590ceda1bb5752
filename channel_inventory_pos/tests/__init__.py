from . import test_pos
from . import test_pos_tours
from . import test_public_reports
from . import test_till_count
from . import test_till_late
from . import test_translations
