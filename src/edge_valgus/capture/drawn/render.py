"""Puts shaded solids into a picture, by depth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edge_valgus.capture.drawn.camera import Camera
from edge_valgus.capture.drawn.look import Light
from edge_valgus.capture.drawn.solids import FAR_M, Patch, Shader, Solid

Plane = NDArray[np.float32]

SHARP_M = 0.003  # over so much depth one material gives way to another


class Canvas:
    """A picture in which solids are drawn over a background, which `restore` brings back.

    rgb: float32 [3, height, width], 0–255 and a little beyond: planes, because numpy is slow on runs of three.
    """

    def __init__(self, background: Plane, camera: Camera, light: Light) -> None:
        self._background = background
        self._shader = Shader(camera, light)
        self._tint = light.tint
        self.rgb = background.copy()
        self._depth_m = np.full(background.shape[1:], FAR_M, np.float32)
        self._kind = np.zeros(background.shape[1:], np.int32)
        self._drawn = (slice(0, 0), slice(0, 0))

    def draw(self, solids: Sequence[Solid]) -> tuple[slice, slice]:
        """Draw solids; the answer is the rectangle (rows, columns) of the picture that has changed since `restore`."""
        patches = self._shader.patches(solids)
        for patch in patches:
            self._put(patch)
        if patches:
            rows = [(patch.top, patch.top + patch.alpha.shape[0]) for patch in patches]
            columns = [(patch.left, patch.left + patch.alpha.shape[1]) for patch in patches]
            self._drawn = tuple(  # type: ignore[assignment]
                slice(min(low for low, _ in spans), max(high for _, high in spans)) for spans in (rows, columns)
            )
        return self._drawn

    def restore(self) -> None:
        """Take everything drawn away again."""
        self.rgb[:, *self._drawn] = self._background[:, *self._drawn]
        self._depth_m[self._drawn] = FAR_M
        self._kind[self._drawn] = 0
        self._drawn = (slice(0, 0), slice(0, 0))

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
