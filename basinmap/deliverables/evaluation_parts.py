"""The chapter of the evaluation: its sentences, its chart, what it rests on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from basinmap.deliverables.charts import interval_chart
from basinmap.export.parts import (
    Cell,
    Column,
    Heading,
    Note,
    Paragraph,
    Part,
    Table,
)
from basinmap.typography import number, typeset

if TYPE_CHECKING:
    from basinmap.impact.evaluating import Evaluation

__all__ = ["evaluation_parts"]


def evaluation_parts(found: Evaluation, *, source: str) -> tuple[Part, ...]:
    """
    Return the parts of the chapter, in the words of the evaluation and no others.

    Parameters
    ----------
    found
        What `evaluation` returned.
    source
        Whence its counts are.
    """
    first, *others = found.sentences
    name = found.design.outcome.label
    return (
        Heading("Évaluation autour du musée"),
        Paragraph(first, role="lead", key="evaluation.chapeau"),
        *(Paragraph(text, bullet=True) for text in others),
        interval_chart(
            "evaluation",
            found.chart,
            caption=typeset(
                f"{name} : écart entre l'anneau et ses témoins, avec l'intervalle tiré "
                "des lieux comparés"
            ),
            source=source,
        ),
        _panel_table(found),
        Note("method", "Hypothèses et limites", found.assumptions),
    )


def _panel_table(found: Evaluation) -> Table:
    """Return the rings year by year, base 100."""
    index = next(c for c in found.panel.columns if str(c).endswith("_index"))
    wide = found.panel[index].unstack("year")
    names = found.panel["label"].groupby(level=0, sort=False).first()
    columns = (
        Column("Couronne", "left", 2.2),
        *(Column(str(year)) for year in wide.columns),
    )
    rows = tuple(
        (Cell(typeset(str(names[ring]))), *(_cell(v) for v in row))
        for ring, row in zip(wide.index, wide.to_numpy(), strict=True)
    )
    title = f"{found.design.outcome.label} par couronne, base 100 en {wide.columns[0]}"
    return Table(columns, rows, typeset(title))


def _cell(value: float) -> Cell:
    if math.isnan(value):
        return Cell("n.d.", "not-available")
    return Cell(number(value, 1), value=float(value))
