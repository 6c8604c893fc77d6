"""A head with a readable face and hair."""

from __future__ import annotations

from collections.abc import Callable

from edge_valgus.capture.drawn.look import Colour, Hair, Look
from edge_valgus.capture.drawn.skeleton import LEFT_EAR, LEFT_EYE, USUAL_HEAD_M, Pose3D, mirrored
from edge_valgus.capture.drawn.solids import Solid

Place = tuple[float, float, float]

EYE_WHITE: Colour = (236, 234, 230)
IRIS: Colour = (46, 34, 28)


def head_solids(pose: Pose3D, look: Look) -> list[Solid]:
    """Skull, jaw, ears, face and hair, all on the head's own axes."""
    scale = pose.body.head_m / USUAL_HEAD_M
    forward = pose.head[2]
    skin = look.skin_rgb
    lips: Colour = (round(skin[0] * 0.78), round(skin[1] * 0.52), round(skin[2] * 0.52))
    brow: Colour = (round(0.8 * look.hair_rgb[0]), round(0.8 * look.hair_rgb[1]), round(0.8 * look.hair_rgb[2]))

    def part(
        start: Place,
        end: Place,
        radii: tuple[float, float],
        colour: Colour,
        *,
        depth: float = 1.0,
        blend_m: float = 0.006,
        gloss: float = 0.12,
    ) -> Solid:
        return Solid(
            pose.on_head(start),
            pose.on_head(end),
            scale * radii[0],
            scale * radii[1],
            colour,
            None if depth == 1.0 else forward,
            depth,
            blend_m,
            gloss,
        )

    solids = [
        part((0, 0.032, -0.004), (0, -0.062, 0.012), (0.077, 0.050), skin, depth=1.20, blend_m=0.012),
        part((0, -0.070, 0.052), (0, -0.082, 0.050), (0.026, 0.022), skin, blend_m=0.02),
        part((0, 0.014, 0.090), (0, -0.018, 0.102), (0.009, 0.0155), skin, blend_m=0.012, gloss=0.3),
        part((-0.020, -0.050, 0.083), (0.020, -0.050, 0.083), (0.0065, 0.0065), lips, blend_m=0.004),
    ]
    for side in (LEFT_EYE, mirrored(LEFT_EYE)):
        x, y, z = side
        sign = 1 if x > 0 else -1
        solids += [
            part((x - 0.007, y, z - 0.006), (x + 0.007, y, z - 0.006), (0.0085, 0.0085), EYE_WHITE, blend_m=0.003),
            part((x, y, z + 0.001), (x, y, z + 0.001), (0.0068, 0.0068), IRIS, blend_m=0.002, gloss=0.5),
            part((x - 0.017, y + 0.020, z - 0.002), (x + 0.017, y + 0.021, z - 0.002), (0.0045, 0.0045), brow),
            part(
                (x + sign * 0.012, y - 0.035, z - 0.022), (x, y - 0.045, z - 0.018), (0.020, 0.020), skin, blend_m=0.02
            ),
        ]
    for x, y, z in (LEFT_EAR, mirrored(LEFT_EAR)):
        solids.append(part((x, y + 0.016, z), (x * 0.97, y - 0.016, z), (0.014, 0.010), skin, depth=1.5, blend_m=0.004))
    return solids + _hair(part, look)


def _hair(part: Callable[..., Solid], look: Look) -> list[Solid]:
    if look.hair is Hair.NONE:
        return []
    colour = look.hair_rgb
    solids = [
        part((0, 0.052, -0.020), (0, 0.010, -0.045), (0.080, 0.074), colour, depth=1.05, blend_m=0.004, gloss=0.2),
        part((-0.045, 0.098, 0.036), (0.045, 0.098, 0.036), (0.024, 0.024), colour, blend_m=0.01, gloss=0.2),
    ]
    if look.hair is Hair.LONG:
        solids += [
            part((0, 0.03, -0.06), (0, -0.13, -0.075), (0.078, 0.060), colour, depth=0.8, blend_m=0.004, gloss=0.2),
            part((0.066, 0.05, -0.01), (0.070, -0.06, -0.02), (0.022, 0.020), colour, blend_m=0.004, gloss=0.2),
            part((-0.066, 0.05, -0.01), (-0.070, -0.06, -0.02), (0.022, 0.020), colour, blend_m=0.004, gloss=0.2),
        ]
    return solids
