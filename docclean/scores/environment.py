"""When, where and with what something was measured."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Environment:
    """When, where and with what a report was made: date, machine and versions by name."""

    date: str
    machine: str
    versions: Mapping[str, str] = field(default_factory=dict)

    def sentence(self) -> str:
        """Return it as one sentence."""
        versions = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        return f"Measured {self.date} on {self.machine}; {versions}."
