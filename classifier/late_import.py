"""A library's module that others import without using it, loaded only once something in it is asked for."""

from __future__ import annotations

import importlib
import sys
from threading import RLock
from types import ModuleType

_loading = RLock()


def import_late(name: str) -> None:
    """Let whatever imports this module from now on have a stand-in, which loads the real one when it is first looked into.

    For a command that starts, answers and ends. `importlib.util.LazyLoader` will not do: an `import` statement that meets its
    module a second time looks into it, and so loads it. Nothing happens to a module that has been imported already.
    """
    sys.modules.setdefault(name, _StandIn(name))


class _StandIn(ModuleType):
    def __getattr__(self, attribute: str) -> object:
        """Return what the real module has by this name; only asked for what a module does not have from its making."""
        with _loading:
            if sys.modules.get(self.__name__) is self:
                del sys.modules[self.__name__]
                try:
                    importlib.import_module(self.__name__)
                except BaseException:
                    sys.modules[self.__name__] = self
                    raise
        return getattr(sys.modules[self.__name__], attribute)
