from . import test_backtest
from . import test_past
from . import test_past_position
from . import test_replay
from . import test_terms
from . import test_translations
