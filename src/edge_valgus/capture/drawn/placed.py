"""Moves solids from a person's own axes to where that person is in the gym."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edge_valgus.capture.drawn.acts import Place
from edge_valgus.capture.drawn.solids import Solid

NO_DIRECTION = np.zeros(3)


def placed(solids: Sequence[Solid], place: Place) -> list[Solid]:
    """The same solids, turned and shifted."""
    if place == Place() or not solids:
        return list(solids)
    starts = place.to_gym(np.array([solid.start for solid in solids]))
    ends = place.to_gym(np.array([solid.end for solid in solids]))
    along = place.turned(np.array([NO_DIRECTION if solid.along is None else solid.along for solid in solids]))
    return [
        Solid(
            start,
            end,
            solid.start_radius_m,
            solid.end_radius_m,
            solid.colour,
            None if solid.along is None else direction,
            solid.stretch,
            solid.blend_m,
            solid.gloss,
        )
        for solid, start, end, direction in zip(solids, starts, ends, along, strict=True)
    ]
