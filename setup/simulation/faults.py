"""What goes wrong, each kind by name, until the shoppers have gone."""

import threading


class Faults:
    def __init__(self, run, kinds):
        self.run, self.kinds, self.done = run, kinds, {}

    def thread(self):
        return threading.Thread(target=self._work, daemon=True)

    def _work(self):
        pass

    def end(self):
        for shop in self.run.shops.values():
            shop.calm()
