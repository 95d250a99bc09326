"""What whoever asks for a document may choose, before anything that draws is read."""

from __future__ import annotations

from typing import Final, Literal, get_args

__all__ = ["CLASSES", "COMPARISON", "Classes"]

Classes = Literal["territoire", "bassin"]
CLASSES: Final[tuple[Classes, ...]] = get_args(Classes)
"""Of which communes the classes of rates are: the first by default."""
COMPARISON: Final = "comparaison"
"""What stands for the comparison of the five SCoT among the themes of a bulletin."""
