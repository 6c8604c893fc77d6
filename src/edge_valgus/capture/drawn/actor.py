"""A person on the stage: a body, what it looks like, and what it does one act after the other."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field, replace

from edge_valgus.capture.drawn.acts import Act, Posture, Squats
from edge_valgus.capture.drawn.body import Body
from edge_valgus.capture.drawn.checks import require
from edge_valgus.capture.drawn.look import Look
from edge_valgus.capture.drawn.motion import TrueRep


@dataclass(frozen=True, slots=True)
class Actor:
    """One person and what they do.

    acts: one after the other, at least one. enters_s: when the first begins; nobody is there before. leaves: gone after
    the last act; otherwise they stay in its last posture. Of the look, light, noise and room_seed are not used (the
    stage has its own), nor whether the arms hold a barbell: the postures say.
    Raises ValueError without acts or for enters_s outside 0–3600.
    """

    acts: tuple[Act, ...]
    body: Body = field(default_factory=Body)
    look: Look = field(default_factory=Look)
    enters_s: float = 0.0
    leaves: bool = False

    def __post_init__(self) -> None:
        require("enters_s", self.enters_s, 0.0, 3600.0)
        if not self.acts:
            raise ValueError("acts = (): expected at least one act; leave the actor out instead")

    @property
    def ends_s(self) -> float:
        """When the last act is over, in the stage's time."""
        return self.enters_s + sum(act.duration_s for act in self.acts)


class Player:
    """An actor with everything worked out that needs to be worked out once.

    true_reps: of all acts that are Squats, in the stage's time.
    Raises ValueError where an act can't be performed by the body.
    """

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self._performances = [act.performed_by(actor.body) for act in actor.acts]
        self._starts_s: list[float] = []
        self._reps_before: list[int] = []
        reps: list[TrueRep] = []
        now_s = actor.enters_s
        for act in actor.acts:
            self._starts_s.append(now_s)
            self._reps_before.append(len(reps))
            if isinstance(act, Squats):
                reps += [_later(rep, now_s) for rep in act.true_reps]
            now_s += act.duration_s
        self._ends_s = now_s
        self._last = self._performances[-1](actor.acts[-1].duration_s)
        self.true_reps = tuple(reps)

    def at(self, time_s: float) -> Posture | None:
        """The posture at a time of the stage; None while the person is not there; ever the same one after the acts."""
        if time_s < self.actor.enters_s or (self.actor.leaves and time_s > self._ends_s):
            return None
        if time_s >= self._ends_s:
            return self._last
        index = bisect_right(self._starts_s, time_s) - 1
        return self._performances[index](time_s - self._starts_s[index])

    def rep_index(self, time_s: float, posture: Posture) -> int | None:
        """Which of true_reps the posture at a time belongs to."""
        index = bisect_right(self._starts_s, time_s) - 1
        if posture.rep_index is None or not isinstance(self.actor.acts[index], Squats):
            return None
        return self._reps_before[index] + posture.rep_index


def _later(rep: TrueRep, by_s: float) -> TrueRep:
    return replace(rep, start_s=rep.start_s + by_s, bottom_s=rep.bottom_s + by_s, end_s=rep.end_s + by_s)
