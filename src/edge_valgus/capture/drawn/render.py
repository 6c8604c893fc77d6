"""Puts shaded solids into a picture, by depth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from edge_valgus.capture.drawn.camera import Camera
from edge_valgus.capture.drawn.look import Light
from edge_valgus.capture.drawn.solids import FAR_M, Patch, Shader, Solid

Plane = NDArray[np.float32]
Box = tuple[slice, slice]
"""A rectangle of the picture: rows and columns."""

NOTHING: Box = (slice(0, 0), slice(0, 0))

SHARP_M = 0.003  # over so much depth one material gives way to another


class Canvas:
    """A picture in which solids are drawn over a background, which `restore` brings back.

    rgb: float32 [3, height, width], 0–255 and a little beyond: planes, because numpy is slow on runs of three.
    depth_m: float32 [height, width], how far away what the background shows is; without it, behind everything.
    opaque: see Shader.
    """

    def __init__(
        self, background: Plane, camera: Camera, light: Light, depth_m: Plane | None = None, *, opaque: bool = False
    ) -> None:
        self._background = background
        self._background_m = np.full(background.shape[1:], FAR_M, np.float32) if depth_m is None else depth_m
        self._shader = Shader(camera, light, opaque=opaque)
        self._tint = light.tint
        self.rgb = background.copy()
        self._depth_m = self._background_m.copy()
        self._kind = np.zeros(background.shape[1:], np.int32)
        self._drawn = NOTHING

    @property
    def depth_m(self) -> Plane:
        """How far away what is seen at each pixel is: float32 [height, width], to be copied."""
        return self._depth_m

    def darken(self, box: Box, factor: Plane) -> None:
        """Multiply a rectangle by a factor, float32 of the rectangle's size: a shadow, to be cast before `draw`."""
        self.rgb[:, *box] *= factor
        self._drawn = union(self._drawn, box)

    def draw(self, solids: Sequence[Solid]) -> Box:
        """Draw solids; the answer is the rectangle of the picture that has changed since `restore`."""
        return self.put(self.shaded(solids))

    def shaded(self, solids: Sequence[Solid]) -> list[Patch]:
        """What can be seen of each solid, to be put into the picture any number of times."""
        return self._shader.patches(solids)

    def put(self, patches: Iterable[Patch]) -> Box:
        """Put all patches of a picture, in any order; the answer is as for `draw`."""
        for patch in sorted(patches, key=lambda patch: -patch.away_m):
            self._put(patch)
            rows, columns = patch.alpha.shape
            box = (slice(patch.top, patch.top + rows), slice(patch.left, patch.left + columns))
            self._drawn = union(self._drawn, box)
        return self._drawn

    def restore(self) -> None:
        """Take everything drawn away again."""
        self.rgb[:, *self._drawn] = self._background[:, *self._drawn]
        self._depth_m[self._drawn] = self._background_m[self._drawn]
        self._kind[self._drawn] = 0
        self._drawn = NOTHING

    def _put(self, patch: Patch) -> None:
        rows, columns = patch.alpha.shape
        box = (slice(patch.top, patch.top + rows), slice(patch.left, patch.left + columns))
        red, green, blue = patch.solid.colour
        kind = 1 + red + (green << 8) + (blue << 16)
        old_depth, old_kind, rgb = self._depth_m[box], self._kind[box], self.rgb[:, *box]
        softness = np.where(old_kind == kind, np.float32(0.5 / patch.solid.blend_m), np.float32(0.5 / SHARP_M))
        softness *= old_depth - patch.depth_m
        softness += 0.5
        alpha = patch.alpha * np.minimum(np.maximum(softness, 0.0, out=softness), 1.0, out=softness)
        colour = (self._tint * patch.solid.colour).astype(np.float32)
        new = patch.shade * colour[:, None, None]
        if patch.shine is not None:
            new += patch.shine
        new -= rgb
        new *= alpha
        rgb += new
        nearer = alpha > 0.5
        np.copyto(old_depth, patch.depth_m, where=nearer)
        np.copyto(old_kind, kind, where=nearer)


def union(one: Box, other: Box) -> Box:
    """The smallest rectangle that holds both; an empty one (of no rows) counts for nothing."""
    if one[0].stop <= one[0].start:
        return other
    if other[0].stop <= other[0].start:
        return one
    rows, columns = (slice(min(a.start, b.start), max(a.stop, b.stop)) for a, b in zip(one, other, strict=True))
    return rows, columns
