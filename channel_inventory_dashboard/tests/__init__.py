from . import test_board
from . import test_dashboards
from . import test_metrics_page
from . import test_monitoring
from . import test_tours_dashboard
from . import test_translations
