"""What a drawn lifter does when: reps, their tempo, and how far the knees travel inward."""

from __future__ import annotations

from dataclasses import dataclass

from edge_valgus.capture.drawn.checks import require

MAX_DEPTH = 1.35


def minimum_jerk(share: float) -> float:
    """Position 0–1 at a share 0–1 of a movement's time: the smoothest point-to-point movement (Flash & Hogan 1985)."""
    s = min(max(share, 0.0), 1.0)
    return s * s * s * (10.0 - 15.0 * s + 6.0 * s * s)


@dataclass(frozen=True, slots=True)
class RepScript:
    """One repetition.

    depth: 0 standing … 1 hip joint level with knee joint, share of the hips' vertical travel; up to 1.35.
    descent_s, hold_s, ascent_s: tempo; rest_s: standing after it.
    knee_in_left_m, knee_in_right_m: peak sideways travel of the knee joint towards the body's midline, away from its
        neutral path (which leads over the foot), 0–0.15 m; negative is outward, to -0.1.
    knee_in_from: depth from which it builds up; it is full from 60 % of the way between there and the bottom, and goes
        back the same way. Raises ValueError if the rep asks for knee travel and never gets that deep.
    """

    depth: float = 1.0
    descent_s: float = 1.5
    hold_s: float = 0.2
    ascent_s: float = 1.2
    rest_s: float = 1.2
    knee_in_left_m: float = 0.0
    knee_in_right_m: float = 0.0
    knee_in_from: float = 0.5

    def __post_init__(self) -> None:
        require("depth", self.depth, 0.0, MAX_DEPTH)
        require("descent_s", self.descent_s, 0.1, 30.0)
        require("hold_s", self.hold_s, 0.0, 60.0)
        require("ascent_s", self.ascent_s, 0.1, 30.0)
        require("rest_s", self.rest_s, 0.0, 600.0)
        require("knee_in_left_m", self.knee_in_left_m, -0.1, 0.15)
        require("knee_in_right_m", self.knee_in_right_m, -0.1, 0.15)
        require("knee_in_from", self.knee_in_from, 0.1, 1.0)
        if (self.knee_in_left_m or self.knee_in_right_m) and self.depth <= self.knee_in_from:
            raise ValueError(
                f"knee_in_from = {self.knee_in_from!r}: expected less than the rep's depth {self.depth!r}, "
                "or the knees never travel; lower it or squat deeper"
            )

    @property
    def moving_s(self) -> float:
        """From the first movement to standing again."""
        return self.descent_s + self.hold_s + self.ascent_s

    def depth_at(self, since_start_s: float) -> float:
        """Depth so long after the descent began."""
        if since_start_s <= self.descent_s:
            return self.depth * minimum_jerk(since_start_s / self.descent_s)
        rising_s = since_start_s - self.descent_s - self.hold_s
        return self.depth * (1.0 - minimum_jerk(rising_s / self.ascent_s))

    def knee_in_share(self, depth: float) -> float:
        """How much, 0–1, of the asked knee travel is there at a depth of this rep."""
        reach = 0.6 * (self.depth - self.knee_in_from)
        if reach <= 0.0:
            return 0.0
        return minimum_jerk((depth - self.knee_in_from) / reach)


@dataclass(frozen=True, slots=True)
class TrueRep:
    """What a rep really was: times in seconds of the source, bottom in the middle of the hold."""

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
                share = rep.knee_in_share(depth)
                return Moment(depth, share * rep.knee_in_left_m, share * rep.knee_in_right_m, index)
        return Moment(0.0, 0.0, 0.0, None)
