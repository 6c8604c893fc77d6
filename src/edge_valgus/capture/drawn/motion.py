"""What a drawn lifter does when: reps, their tempo, and how far the knees travel inward."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from edge_valgus.capture.drawn.checks import require

MAX_DEPTH = 1.35


def minimum_jerk(share: float) -> float:
    """Position 0–1 at a share 0–1 of a movement's time: the smoothest point-to-point movement (Flash & Hogan 1985)."""
    s = min(max(share, 0.0), 1.0)
    return s * s * s * (10.0 - 15.0 * s + 6.0 * s * s)


class KneePhase(StrEnum):
    """When in a rep the knees travel. What builds up and goes back does so smoothly, and is full in between.

    THROUGHOUT: from `knee_in_from` on the way down to there on the way up; full from 60 % of the way to the bottom.
    DESCENT: from `knee_in_from` on the way down, full about half-way from there to the bottom, back out at the bottom.
    BOTTOM: in the lowest third of the way between `knee_in_from` and the bottom, down and up.
    ASCENT: builds up when the hips rise from the (last) bottom, full in the first half of the way up, back out at half
        of `knee_in_from`.
    """

    THROUGHOUT = "throughout"
    DESCENT = "descent"
    BOTTOM = "bottom"
    ASCENT = "ascent"


def _there_and_back(share: float, full_from: float, full_to: float) -> float:
    """0 at the ends of a way 0–1, 1 on a stretch of it, smooth in between."""
    return minimum_jerk(share / full_from) * (1.0 - minimum_jerk((share - full_to) / (1.0 - full_to)))


@dataclass(frozen=True, slots=True)
class RepScript:
    """One repetition.

    depth: 0 standing … 1 hip joint level with knee joint, share of the hips' vertical travel; up to 1.35.
    descent_s, hold_s, ascent_s: tempo, without dip and stall; rest_s: standing after it.
    knee_in_left_m, knee_in_right_m: peak sideways travel of the knee joint towards the body's midline, away from its
        neutral path (which leads over the foot), 0–0.15 m; negative is outward, to -0.1.
    knee_in_from: depth from which it builds up (see KneePhase). Raises ValueError if the rep asks for knee travel and
        never gets that deep.
    knee_in_phase: when in the rep the knees travel.
    dip: a double dip: after the hold the hips rise by this share of the depth, 0–0.5, and sink again to the bottom, in
        dip_s; 0 is none. It stays one rep.
    stall_s: a sticking point: on the way up the hips stand still for so long; 0 is none. stall_depth_share: where, as
        a share of the depth, 0.2–0.9.
    """

    depth: float = 1.0
    descent_s: float = 1.5
    hold_s: float = 0.2
    ascent_s: float = 1.2
    rest_s: float = 1.2
    knee_in_left_m: float = 0.0
    knee_in_right_m: float = 0.0
    knee_in_from: float = 0.5
    knee_in_phase: KneePhase = KneePhase.THROUGHOUT
    dip: float = 0.0
    dip_s: float = 0.8
    stall_s: float = 0.0
    stall_depth_share: float = 0.5

    def __post_init__(self) -> None:
        require("depth", self.depth, 0.0, MAX_DEPTH)
        require("descent_s", self.descent_s, 0.1, 30.0)
        require("hold_s", self.hold_s, 0.0, 60.0)
        require("ascent_s", self.ascent_s, 0.1, 30.0)
        require("rest_s", self.rest_s, 0.0, 600.0)
        require("knee_in_left_m", self.knee_in_left_m, -0.1, 0.15)
        require("knee_in_right_m", self.knee_in_right_m, -0.1, 0.15)
        require("knee_in_from", self.knee_in_from, 0.1, 1.0)
        require("dip", self.dip, 0.0, 0.5)
        require("dip_s", self.dip_s, 0.2, 10.0)
        require("stall_s", self.stall_s, 0.0, 10.0)
        require("stall_depth_share", self.stall_depth_share, 0.2, 0.9)
        if (self.knee_in_left_m or self.knee_in_right_m) and self.depth <= self.knee_in_from:
            raise ValueError(
                f"knee_in_from = {self.knee_in_from!r}: expected less than the rep's depth {self.depth!r}, "
                "or the knees never travel; lower it or squat deeper"
            )

    @property
    def moving_s(self) -> float:
        """From the first movement to standing again."""
        return self.descent_s + self.hold_s + self._dipping_s + self.ascent_s + self.stall_s

    @property
    def _dipping_s(self) -> float:
        return self.dip_s if self.dip else 0.0

    def _rising_s(self, since_start_s: float) -> float:
        """How long the hips have been leaving the bottom for good; negative before."""
        return since_start_s - self.descent_s - self.hold_s - self._dipping_s

    def depth_at(self, since_start_s: float) -> float:
        """Depth so long after the descent began."""
        if since_start_s <= self.descent_s:
            return self.depth * minimum_jerk(since_start_s / self.descent_s)
        rising_s = self._rising_s(since_start_s)
        if self.dip and rising_s < 0.0:
            dipping = 1.0 + rising_s / self.dip_s
            return self.depth * (1.0 - self.dip * _there_and_back(dipping, 0.5, 0.5))
        if self.stall_s:
            return self.depth * self._stalled_rise(rising_s)
        return self.depth * (1.0 - minimum_jerk(rising_s / self.ascent_s))

    def _stalled_rise(self, rising_s: float) -> float:
        """Share of the depth on a way up with a stop; each part gets its share of the time."""
        stop = self.stall_depth_share
        first_s = (1.0 - stop) * self.ascent_s
        if rising_s <= first_s:
            return 1.0 - (1.0 - stop) * minimum_jerk(rising_s / first_s)
        return stop * (1.0 - minimum_jerk((rising_s - first_s - self.stall_s) / (stop * self.ascent_s)))

    def knee_in_share(self, since_start_s: float) -> float:
        """How much, 0–1, of the asked knee travel is there so long after the descent began."""
        depth = self.depth_at(since_start_s)
        way = self.depth - self.knee_in_from
        if way <= 0.0:
            return 0.0
        sunk = (depth - self.knee_in_from) / way
        if self.knee_in_phase is KneePhase.DESCENT:
            return _there_and_back(sunk, 0.45, 0.6) if since_start_s <= self.descent_s else 0.0
        if self.knee_in_phase is KneePhase.BOTTOM:
            return minimum_jerk((sunk - 0.65) / 0.3)
        if self.knee_in_phase is KneePhase.ASCENT:
            risen = (self.depth - depth) / (self.depth - self.knee_in_from / 2)
            return _there_and_back(risen, 0.3, 0.45) if self._rising_s(since_start_s) > 0.0 else 0.0
        return minimum_jerk((depth - self.knee_in_from) / (0.6 * way))


@dataclass(frozen=True, slots=True)
class TrueRep:
    """What a rep really was: times in seconds of the source.

    bottom_s: middle of the hold; of a double dip, of the hold at its first bottom, where the descent ends.
    """

    start_s: float
    bottom_s: float
    end_s: float
    depth: float
    knee_in_left_m: float
    knee_in_right_m: float


@dataclass(frozen=True, slots=True)
class Moment:
    """What the script asks for at one time."""

    depth: float
    knee_in_left_m: float
    knee_in_right_m: float
    rep_index: int | None


class Timeline:
    """Reps laid out in time."""

    def __init__(self, reps: tuple[RepScript, ...], lead_in_s: float) -> None:
        self._reps = reps
        self._starts_s: list[float] = []
        now_s = lead_in_s
        for rep in reps:
            self._starts_s.append(now_s)
            now_s += rep.moving_s + rep.rest_s
        self.duration_s = now_s

    @property
    def true_reps(self) -> tuple[TrueRep, ...]:
        """The reps with their times."""
        return tuple(
            TrueRep(
                start_s=start_s,
                bottom_s=start_s + rep.descent_s + rep.hold_s / 2,
                end_s=start_s + rep.moving_s,
                depth=rep.depth,
                knee_in_left_m=rep.knee_in_left_m,
                knee_in_right_m=rep.knee_in_right_m,
            )
            for start_s, rep in zip(self._starts_s, self._reps, strict=True)
        )

    def at(self, time_s: float) -> Moment:
        """What is asked for at a time; standing before, between and after the reps."""
        for index, (start_s, rep) in enumerate(zip(self._starts_s, self._reps, strict=True)):
            if start_s <= time_s <= start_s + rep.moving_s:
                depth = rep.depth_at(time_s - start_s)
                share = rep.knee_in_share(time_s - start_s)
                return Moment(depth, share * rep.knee_in_left_m, share * rep.knee_in_right_m, index)
        return Moment(0.0, 0.0, 0.0, None)
