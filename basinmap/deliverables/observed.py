"""The words of documents for a subject: see `subjects`."""

from __future__ import annotations

from basinmap.deliverables.printed import Other, Value
from basinmap.deliverables.subjects import Subject as Observed
from basinmap.deliverables.subjects import joined
from basinmap.deliverables.subjects import subject as observed

__all__ = ["Observed", "Other", "Value", "joined", "observed"]
