"""How this lifter stands: the yardstick (leg length in pixels), the shape of the body, and where the feet are.

Standing is recognised by shape, without a yardstick: upright trunk, knee half-way between hip and ankle. A lifter who
steps closer gets a new yardstick within a second of standing there; one who places a foot anew, a new place for it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

from edge_valgus.analysis.body import Body, Leg, Point
from edge_valgus.analysis.measures import trunk_shift_pct
from edge_valgus.analysis.segmenter import MAX_GAP_S

MIN_STRAIGHTNESS: Final = 0.72  # thigh height over shank height in the picture; 0.8–1.35 was seen standing, by camera
# Trunk height over leg length, standing; 0.39–0.8 was seen, and 0.36 of who holds a plank.
TRUNK_TO_LEG: Final = (0.38, 1.0)
RISE_TIME_S: Final = 0.1  # a body that gets longer was not yet standing: believe it fast
DRIFT_TIME_S: Final = (
    1.5  # a body that stands and is shorter has moved, or sets a foot forward and is longer: believe it slowly
)
NEAR_STANDING: Final = 0.93  # hip height over the yardstick above which the lifter is taken to stand
QUITE_STANDING: Final = 0.97  # … and above which the body has its standing shape
STILL_SPEED: Final = 0.12  # leg lengths per second; slower than this is standing still
SHORTER_FOR_S: Final = 0.8  # standing still elsewhere, straight, upright and shorter so long: the lifter moved away …
SHORTER_ANYWAY_S: Final = 6.0  # … and so long anywhere, leaning or not: what was learned is wrong; slow squats take 5 s
BACK_FOR_S: Final = 0.4  # … and as tall as he was before he seemed to grow so long: somebody crossed in front
AS_BEFORE: Final = 0.06  # of how tall he was before, …
USUAL_TIME_S: Final = 3.0  # … which follows the yardstick at once, …
USUAL_LATE_S: Final = 20.0  # … but slowly …
GROWN: Final = 1.15  # … while that is so much longer
LOOK_TIME_S: Final = 0.3  # averaging time of how the body looks: one frame's noise is half of what tells
STRAIGHT: Final = 0.9  # of the straightness that the lifter had: straight …
STRAIGHT_NARROWER: Final = 0.75  # … and of a lifter who got narrower too; a camera further off sees less of it
LEANING: Final = 0.87  # trunk over legs, of what it was standing: seen from above squats that are held had 0.74 to 0.83
NARROWER: Final = 0.6  # of the share by which the hips are lower: whoever moves away shrinks all over …
MOVED: Final = 0.045  # … and both feet stand elsewhere in the picture, by so many leg lengths at least
ASTRIDE: Final = (
    0.25  # one foot so much lower, in leg lengths: it is set forward, and its leg looks longer than it is; …
)
STRIDE: Final = 0.18  # … or so much, of somebody who walks: a body that gets longer is believed only slowly
TALLER: Final = 1.15  # nobody gets taller than standing by more: another body that crosses in front, …
TALLER_FOR_S: Final = 0.7  # … unless it stays

SHAPE_TIME_S: Final = 1.0  # averaging time of the standing body's shape …
FOOT_TIME_S: Final = 1.0  # … and of a foot's place
FAR: Final = 0.5  # leg lengths both ankles must be off their places to be somewhere else
STEP: Final = 0.12  # leg lengths an ankle must be off its place …
STEP_FOR_S: Final = 0.4  # … for this long, standing, to have stepped
UNWATCHED_S: Final = 0.15  # what happened in a longer gap was not watched


@dataclass(slots=True)
class Foot:
    """Where an ankle stood (px)."""

    ankle: Point = (math.nan, math.nan)
    _off_since_s: float | None = None

    def planted(self, leg: Leg, leg_length_px: float, tolerance: float) -> bool:
        """Whether the foot is where it stood. Not while the leg swings free."""
        return self.off_place(leg, leg_length_px) <= tolerance

    def off_place(self, leg: Leg, leg_length_px: float) -> float:
        """How far the ankle is from where it stood, in leg lengths; infinite if it never stood."""
        if math.isnan(self.ankle[0]):
            return math.inf
        return math.dist(leg.ankle, self.ankle) / leg_length_px

    def learn(self, leg: Leg, leg_length_px: float, time_s: float, dt_s: float) -> bool:
        """One frame outside of reps; returns whether the foot was just found to have been placed anew."""
        if not leg.seen:
            return False
        off = self.off_place(leg, leg_length_px)
        if off > STEP and not math.isinf(off):
            self._off_since_s = time_s if self._off_since_s is None else self._off_since_s
            if time_s - self._off_since_s < STEP_FOR_S:
                return False
        self._off_since_s = None
        if off > STEP:
            self.ankle = leg.ankle
            return not math.isinf(off)
        gain = _gain(dt_s, FOOT_TIME_S)
        x, y = self.ankle
        self.ankle = x + gain * (leg.ankle[0] - x), y + gain * (leg.ankle[1] - y)
        return False


@dataclass(slots=True)
class Standing:
    """The lifter's standing leg length and trunk height in pixels, and how each leg stands."""

    leg_length_px: float
    trunk_height_px: float
    straightness: float  # thigh height over shank height when standing
    shoulder_width_px: float
    upper_height_px: float = math.nan  # shoulders and face above the floor
    trunk_shift_pct: float = math.nan  # shoulders to the picture's right of the hips
    left: Foot = field(default_factory=Foot)
    right: Foot = field(default_factory=Foot)
    steps: int = 0  # how often a foot was placed anew

    def is_where(self, body: Body) -> bool:
        """Whether both feet of the body are where they stood."""
        feet = ((self.left, body.left), (self.right, body.right))
        return all(foot.planted(leg, self.leg_length_px, STEP) for foot, leg in feet)

    def is_elsewhere(self, body: Body) -> bool:
        """Whether both feet of the body are far from where they stood."""
        feet = ((self.left, body.left), (self.right, body.right))
        return all(FAR < foot.off_place(leg, self.leg_length_px) < math.inf for foot, leg in feet)


class _Appearance:
    """How the body looked in the last few tenths of a second."""

    def __init__(self, body: Body) -> None:
        self.speed_px_s = 0.0
        self.height_px = body.hip_height_px
        self.straightness = min(max(straightness(body), 0.0), 2.0)
        self._shoulder_width_px = abs(body.shoulder_width_px)
        self._trunk_height_px = body.trunk_height_px
        self._ankles = [body.left.ankle, body.right.ankle]

    def see(self, body: Body, dt_s: float) -> None:
        """One frame on."""
        gain = _gain(dt_s, LOOK_TIME_S)
        risen_px = gain * (body.hip_height_px - self.height_px)
        self.height_px += risen_px
        self.speed_px_s += gain * (risen_px / dt_s - self.speed_px_s)
        # A knee seen on its ankle would make the ratio anything.
        self.straightness += gain * (min(max(straightness(body), 0.0), 2.0) - self.straightness)
        self._shoulder_width_px += gain * (abs(body.shoulder_width_px) - self._shoulder_width_px)
        self._trunk_height_px += gain * (body.trunk_height_px - self._trunk_height_px)
        self._ankles = [
            (x + gain * (leg.ankle[0] - x), y + gain * (leg.ankle[1] - y))
            for leg, (x, y) in zip((body.left, body.right), self._ankles, strict=True)
        ]

    def shorter_by(self, standing: Standing) -> float:
        """Share by which the hips are lower than standing."""
        return 1.0 - self.height_px / standing.leg_length_px

    def narrower_by(self, standing: Standing) -> float:
        """Share by which the shoulders are narrower."""
        return 1.0 - self._shoulder_width_px / max(standing.shoulder_width_px, 1.0)

    def leans(self, standing: Standing) -> bool:
        """Whether the trunk got shorter than the legs did: whoever moves away keeps his shape."""
        return self._trunk_height_px * standing.leg_length_px < LEANING * standing.trunk_height_px * self.height_px

    def moved(self, standing: Standing) -> bool:
        """Whether neither foot is where it stood."""
        return all(
            math.isnan(stood[0]) or math.dist(ankle, stood) > MOVED * standing.leg_length_px
            for ankle, stood in zip(self._ankles, (standing.left.ankle, standing.right.ankle), strict=True)
        )


class StandingBaseline:
    """Learns `Standing` from the frames in which the lifter stands."""

    def __init__(self) -> None:
        self._standing: Standing | None = None
        self._time_s = -math.inf
        self._look: _Appearance | None = None
        self._upright_since_s = math.inf  # since when he stands still, shorter, straight and upright …
        self._straight_since_s = math.inf  # … and the same, leaning or not
        self._not_taller_s = -math.inf
        self._usual_px = math.nan  # what the yardstick was lately …
        self._grown = False  # … and whether it is much longer now

    @property
    def standing(self) -> Standing | None:
        """None until the lifter was seen standing."""
        return self._standing

    def reset(self) -> None:
        """Forget the lifter."""
        self._standing = None
        self._look = None
        self._upright_since_s = self._straight_since_s = math.inf

    def update(self, body: Body, time_s: float, *, in_rep: bool) -> Standing | None:
        """One frame on; the yardstick only shrinks outside of reps."""
        if time_s - self._time_s > UNWATCHED_S:
            self._not_taller_s = time_s
        dt_s = self._elapsed_s(body, time_s)
        stands = looks_standing(body)
        if self._standing is None:
            if not stands:
                return None
            self._standing = _standing(body)
            self._usual_px = self._standing.leg_length_px
        standing = self._standing
        if stands and not in_rep and body.hip_height_px > NEAR_STANDING * standing.leg_length_px:
            # Also of a lifter who stands a little lower than the yardstick says, having stepped back: feet tell by
            # themselves. Of one who is much lower, where the feet stood tells whether that was a step.
            self._learn_feet(standing, body, time_s, dt_s)
        share = body.hip_height_px / standing.leg_length_px
        if share <= TALLER:
            self._not_taller_s = time_s
        self._grown = standing.leg_length_px > GROWN * self._usual_px
        gain = _gain(dt_s, USUAL_LATE_S if self._grown else USUAL_TIME_S)
        self._usual_px += gain * (standing.leg_length_px - self._usual_px)
        if share <= NEAR_STANDING:
            self._maybe_moved_away(standing, body, time_s)
            return self._standing
        self._upright_since_s = self._straight_since_s = math.inf
        if stands and (share <= TALLER or time_s - self._not_taller_s >= TALLER_FOR_S):
            self._measure(standing, body, dt_s, in_rep=in_rep)
        return standing

    def _measure(self, standing: Standing, body: Body, dt_s: float, *, in_rep: bool) -> None:
        """A body that stands: how tall is it, and of what shape."""
        share = body.hip_height_px / standing.leg_length_px
        apart = abs(body.left.ankle[1] - body.right.ankle[1]) / standing.leg_length_px
        if (share > 1.0 and apart <= ASTRIDE) or (share <= 1.0 and not in_rep):
            gain = _gain(dt_s, RISE_TIME_S if share > 1.0 and apart <= STRIDE else DRIFT_TIME_S)
            standing.leg_length_px += gain * (body.hip_height_px - standing.leg_length_px)
        if not in_rep and share > QUITE_STANDING:
            self._learn_shape(standing, body, dt_s)

    def _elapsed_s(self, body: Body, time_s: float) -> float:
        """Time since the last frame, whose look is taken in."""
        dt_s = time_s - self._time_s
        self._time_s = time_s
        if not 1e-3 < dt_s <= MAX_GAP_S:
            dt_s = 1e-3  # after a gap one frame must not weigh as much as the gap was long
            self._look = None
            self._upright_since_s = self._straight_since_s = math.inf
        if self._look is None:
            self._look = _Appearance(body)
        self._look.see(body, dt_s)
        return dt_s

    def _maybe_moved_away(self, standing: Standing, body: Body, time_s: float) -> None:
        look = self._look
        assert look is not None  # noqa: S101  every frame is looked at first
        # A half squat that is held has straight legs too, as some cameras see them, but its feet stand where they stood.
        elsewhere = look.moved(standing)
        # Whose shape was learned while the yardstick was too long is not known.
        back = self._grown and abs(look.height_px / self._usual_px - 1.0) < AS_BEFORE
        narrower = elsewhere and look.narrower_by(standing) > NARROWER * look.shorter_by(standing)
        straight = look.straightness > (STRAIGHT_NARROWER if narrower or back else STRAIGHT) * standing.straightness
        upright = back or not look.leans(standing)
        still = abs(look.speed_px_s) <= STILL_SPEED * standing.leg_length_px
        self._upright_since_s = _since(self._upright_since_s, time_s, holds=still and straight and upright)
        self._straight_since_s = _since(self._straight_since_s, time_s, holds=still and straight)
        needed_s = BACK_FOR_S if back else SHORTER_FOR_S if elsewhere else math.inf
        moved = time_s - self._upright_since_s > needed_s
        moved = moved or time_s - self._straight_since_s > SHORTER_ANYWAY_S
        if moved and looks_standing(body):
            steps = standing.steps + 1
            self._standing = _standing(body)
            self._standing.steps = steps
            self._usual_px = self._standing.leg_length_px
            self._upright_since_s = self._straight_since_s = math.inf

    @staticmethod
    def _learn_feet(standing: Standing, body: Body, time_s: float, dt_s: float) -> None:
        for foot, leg in ((standing.left, body.left), (standing.right, body.right)):
            standing.steps += foot.learn(leg, standing.leg_length_px, time_s, dt_s)

    @staticmethod
    def _learn_shape(standing: Standing, body: Body, dt_s: float) -> None:
        gain = _gain(dt_s, SHAPE_TIME_S)
        standing.shoulder_width_px += gain * (abs(body.shoulder_width_px) - standing.shoulder_width_px)
        standing.straightness += gain * (straightness(body) - standing.straightness)
        standing.trunk_height_px += gain * (body.trunk_height_px - standing.trunk_height_px)
        upper_px = body.floor_y_px - body.upper_y_px
        if math.isnan(standing.upper_height_px):
            standing.upper_height_px = upper_px
        elif not math.isnan(upper_px):
            standing.upper_height_px += gain * (upper_px - standing.upper_height_px)
        shift_pct = trunk_shift_pct(body, standing.leg_length_px)
        if math.isnan(standing.trunk_shift_pct):
            standing.trunk_shift_pct = shift_pct
        standing.trunk_shift_pct += gain * (shift_pct - standing.trunk_shift_pct)


def straightness(body: Body) -> float:
    """Height of hip over knee divided by height of knee over ankle, on the carrying side; about 1 standing, 0 at parallel."""
    leg = body.left if body.left.ankle[1] >= body.right.ankle[1] else body.right
    shank_px = leg.ankle[1] - leg.knee[1]
    return (leg.knee[1] - leg.hip[1]) / shank_px if shank_px > 0.0 else math.inf


def looks_standing(body: Body) -> bool:
    """Whether the shape is that of somebody upright on straight legs, whatever the scale."""
    height_px = body.hip_height_px
    if not (body.legs_seen and body.trunk_seen) or height_px <= 0.0:
        return False
    upright = TRUNK_TO_LEG[0] < body.trunk_height_px / height_px < TRUNK_TO_LEG[1]
    return upright and MIN_STRAIGHTNESS < straightness(body) < 2.0


def _standing(body: Body) -> Standing:
    return Standing(body.hip_height_px, body.trunk_height_px, straightness(body), abs(body.shoulder_width_px))


def _since(since_s: float, time_s: float, *, holds: bool) -> float:
    """Since when it has held without a break."""
    return min(since_s, time_s) if holds else math.inf


def _gain(dt_s: float, time_constant_s: float) -> float:
    return 1.0 - math.exp(-dt_s / time_constant_s)
