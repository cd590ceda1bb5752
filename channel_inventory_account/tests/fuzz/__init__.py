"""Deliveries and answers that are not what they should be, as a contract that every
connector passes against its sandbox.

How to use: let the connector's ``LifeShop`` sign what it delivers (``sign``), and
inherit ``FuzzContract``. ``CHANNEL_FUZZ=10000`` fires as many of each kind instead of a
few hundred, other ones each time; ``CHANNEL_FUZZ_SEED`` repeats a run, and with
``CHANNEL_FUZZ_FROM=2099 CHANNEL_FUZZ=2100`` one number of it, with those of its life
before it. How it works:

- the sandbox makes genuine deliveries and answers, ``mutate.py`` spoils them;
- deliveries go through Odoo's own HTTP stack (``door.py``), answers through the client
  (``answers.py``), into the jobs that read them;
- ``judge.py`` says whether anything was lost, left half-written or died untold.
"""

from .contract import FuzzContract
