from . import test_pure_acks
from . import test_pure_files
from . import test_pure_flat
from . import test_pure_fold
from . import test_pure_goods
from . import test_pure_mutations
from . import test_pure_orders
from . import test_pure_writing
