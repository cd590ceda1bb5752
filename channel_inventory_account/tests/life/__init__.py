"""The life of orders, as a contract that every connector passes against its sandbox.

How to use: write a ``LifeShop`` (``shop.py``), a dozen methods that make the sandbox do
its side and tell what it shows, and inherit ``LifeContract`` and ``DeathContract`` with
it. How it works:

- ``machine.py`` fires what may happen, in random order, from both sides;
- ``people.py`` is what people do in Odoo, ``workers.py`` what jobs do and how they die;
- ``deaths.py`` kills a worker at each single commit of each flow;
- ``outside.py`` runs everything on a neutralized database, and with a channel that
  gives back what was sent to it;
- ``judge.py`` says whether both sides agree once nothing is left to do.
"""

from .contract import LifeContract
from .deaths import DeathContract
from .outside import OutsideContract
from .shop import LifeShop, Parcel, SeenLine, SeenOrder
