from . import test_cut_over
from . import test_cut_over_deaths
from . import test_cut_over_race
from . import test_master_drift
from . import test_ownership
from . import test_shadow
from . import test_translations
