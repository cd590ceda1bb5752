"""The walker that tells how many files a flow goes through."""

import sys
import textwrap
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "lib"))

import walk  # noqa: E402

FIRST = """
    class Order(models.Model):
        _name = "channel.order"
        _inherit = ["channel.mixin"]

        def _run(self):
            if self:
                self._capture()
            else:
                self.env["channel.hold"].sudo()._hold()
            self._log()

        def _capture(self):
            self._run()  # a circle ends
    """
SECOND = """
    class Hold(models.Model):
        _name = "channel.hold"

        def _hold(self):
            for each in self.order_ids:
                each._tell()
            with own_transaction(self.env) as env:
                again = env["channel.order"].browse(1)
                again._log_again()  # two models have one
                each._log()  # whose? two models have one
                each._send()
                order._close()  # two models have one, and it is called an order

        def _close(self):
            pass

        def _log(self):
            pass

        def _log_again(self):
            pass
    """
THIRD = """
    class Mixin(models.AbstractModel):
        _name = "channel.mixin"

        def _log(self):
            pass

    class More(models.Model):
        _inherit = "channel.order"

        def _tell(self):
            pass

        def _log_again(self):
            pass

        def _close(self):
            pass

    class Sender(models.AbstractModel):
        _name = "channel.sender"

        def _send(self):
            pass

    class Other(models.AbstractModel):
        _name = "channel.sender.other"
        _inherit = ["channel.sender"]

        def _send(self):
            return super()._send()
    """


@pytest.fixture
def registry(tmp_path):
    folder = tmp_path / "channel_some" / "models"
    folder.mkdir(parents=True)
    for name, text in (("a", FIRST), ("b", SECOND), ("c", THIRD)):
        (folder / f"{name}.py").write_text(textwrap.dedent(text))
    return walk.Registry(tmp_path)


def names(methods):
    return [f"{each.model}.{each.node.name}" for each in methods]


def test_calls_are_followed_where_it_is_known_whose_they_are(registry):
    assert names(walk.walk(registry, "channel.order._run")) == [
        "channel.order._run",
        "channel.order._capture",
        "channel.hold._hold",
        "channel.order._tell",
        "channel.order._log_again",
        # one of a family: any of them may be meant
        "channel.sender._send",
        "channel.sender.other._send",
        "channel.order._close",
        "channel.mixin._log",
    ]


def test_changes_and_returns_are_counted(registry):
    methods = walk.walk(registry, "channel.order._run")
    # a, a, b, c, c, c, c, c, c
    assert walk.figures(methods) == (9, 3, 2, 0)
    assert walk.figures([*methods, methods[0]]) == (10, 3, 3, 1)


def test_an_extension_runs_before_what_it_extends(registry, tmp_path):
    folder = tmp_path / "channel_some_more" / "models"
    folder.mkdir(parents=True)
    (folder / "d.py").write_text(
        textwrap.dedent(
            """
            class Order(models.Model):
                _inherit = "channel.order"

                def _capture(self):
                    return super()._capture()
            """
        )
    )
    files = [
        method.file
        for method in walk.walk(walk.Registry(tmp_path), "channel.order._capture")
    ]
    assert files[:2] == ["channel_some_more/models/d.py", "channel_some/models/a.py"]


def test_the_main_flows_are_there():
    registry = walk.Registry()
    for flow in walk.FLOWS.values():
        assert walk.figures(walk.walk(registry, flow))[0] > 20, flow
