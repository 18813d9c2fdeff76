"""Libraries' modules that others import without using them, loaded only once something in them is asked for."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from threading import RLock
from types import ModuleType
from typing import cast

_loading = RLock()


@contextmanager
def importing_late(modules: Mapping[str, Sequence[str]]) -> Iterator[None]:
    """Let whatever imports these modules meanwhile have a stand-in, which loads the real one when it is first looked into.

    Given with each module are the functions and classes that others take out of it while they are imported themselves. They get
    stand-ins too, which load the module when they are called or looked into; for `isinstance` or to inherit from, such a class
    will not do. A module with such names passes for one without submodules meanwhile.

    For a command that starts, answers and ends. `importlib.util.LazyLoader` will not do: an `import` statement that meets its
    module a second time looks into it, and so loads it. Nothing happens to a module that has been imported already, or whose
    package is not installed. Afterwards an `import` loads the real one; who has a stand-in keeps it.
    """
    there = [name for name in modules if name not in sys.modules and find_spec(name.partition(".")[0])]
    stand_ins = {name: _StandIn(name, modules[name]) for name in there}
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name, stand_in in stand_ins.items():
            if sys.modules.get(name) is stand_in:
                del sys.modules[name]


class _StandIn(ModuleType):
    def __init__(self, name: str, taken: Sequence[str]) -> None:
        super().__init__(name)
        self.__spec__ = ModuleSpec(name, None)
        self._taken = taken

    def __getattr__(self, attribute: str) -> object:
        """Return what the real module has by this name; only asked for what a module does not have from its making."""
        if self._taken and attribute == "__path__":
            raise AttributeError(attribute)
        return _Taken(self, attribute) if attribute in self._taken else getattr(self.real(), attribute)

    def real(self) -> ModuleType:
        """Return the module itself, loaded now if it was not."""
        with _loading:
            if sys.modules.get(self.__name__) is self:
                del sys.modules[self.__name__]
            return importlib.import_module(self.__name__)


class _Taken:
    def __init__(self, module: _StandIn, name: str) -> None:
        self._module, self._name = module, name

    def __getattr__(self, attribute: str) -> object:
        """Return what the real one has by this name."""
        return getattr(self._real(), attribute)

    def __call__(self, *given: object, **named: object) -> object:
        """Call the real one."""
        return self._real()(*given, **named)

    def _real(self) -> Callable[..., object]:
        return cast("Callable[..., object]", getattr(self._module.real(), self._name))
