"""What a lifter of a made-up scene does before and after the set."""

from __future__ import annotations

from dataclasses import dataclass, replace

from accuracy_bench.company import side_m
from accuracy_bench.sampling import Lifter, Random, Shot
from edge_valgus.capture.drawn.acts import Act, Place, Squats
from edge_valgus.capture.drawn.body import Body
from edge_valgus.capture.drawn.lifting import BendAndPick, Rerack, Unrack
from edge_valgus.capture.drawn.look import Arms
from edge_valgus.capture.drawn.props import BEHIND_UPRIGHTS_M, Frontage
from edge_valgus.capture.drawn.standing import Stand
from edge_valgus.capture.drawn.walking import Walk, heading_deg


@dataclass(frozen=True, slots=True)
class Course:
    """The lifter's acts, whether they leave the scene after them, and how it begins and ends in words.

    frontage: what stands in front, with the bar in the rack if it comes from there.
    """

    acts: tuple[Act, ...]
    leaves: bool
    begins: str
    ends: str
    frontage: Frontage


def random_course(
    random: Random, lifter: Lifter, shot: Shot, squats: Squats, frontage: Frontage, *, stays: bool
) -> Course:
    """The set with what comes before and after it. stays: the lifter is there from the beginning to the end."""
    unracks = lifter.look.arms is Arms.BARBELL and bool(frontage.uprights_x_m) and random.random() < 0.65
    under = under_the_bar(lifter, frontage)
    if unracks:
        frontage = with_racked_bar(lifter.body, frontage, under)
        walk = Walk(under.place, shot.place, round(random.uniform(0.3, 0.6), 2), True, True, lifter.stance)
        before: tuple[Act, ...] = (replace(under, duration_s=round(random.uniform(2.0, 4.0), 2)), walk)
        begins = "unracks"
    else:
        before, begins = _before(random, lifter, shot, stays=stays)
    if unracks and random.random() < 0.6:
        walk = Walk(shot.place, under.place, round(random.uniform(0.3, 0.6), 2), True, stance=lifter.stance)
        rerack = Rerack(under.place, round(random.uniform(2.0, 4.0), 2), under.dip_m, lifter.stance)
        return Course((*before, squats, walk, rerack), False, begins, "reracks", frontage)
    after, ends = _after(random, lifter, shot, stays=stays)
    return Course((*before, squats, *after), ends == "walks out", begins, ends, frontage)


def under_the_bar(lifter: Lifter, frontage: Frontage) -> Unrack:
    """Unracking where the bar in the rack comes to lie on this lifter's back."""
    here = Unrack(Place(), stance=lifter.stance)
    behind_m = float(here.racked_bar(lifter.body)[2])
    z_m = frontage.uprights_z_m - BEHIND_UPRIGHTS_M - behind_m
    return replace(here, place=Place(0.0, round(z_m, 4)))


def with_racked_bar(body: Body, frontage: Frontage, unrack: Unrack) -> Frontage:
    """The rack with a bar at this body's height, and uprights that reach above it."""
    bar_m = round(float(unrack.racked_bar(body)[1]), 4)
    return replace(frontage, racked_bar_m=bar_m, height_m=max(frontage.height_m, round(bar_m + 0.1, 2)))


def _before(random: Random, lifter: Lifter, shot: Shot, *, stays: bool) -> tuple[tuple[Act, ...], str]:
    draw = random.uniform(0.3, 1.0) if stays else random.random()
    if draw < 0.3:
        start = _away(random, lifter, shot)
        return (_walk(random, lifter, replace(start, turn_deg=heading_deg(start, shot.place)), shot.place),), (
            "steps up" if _loaded(lifter) else "walks in"
        )
    if draw < 0.42:
        return (_stand(random, lifter, shot),), "stands about"
    if draw < 0.54 and not _loaded(lifter):
        return (_bend(random, lifter, shot.place), _stand(random, lifter, shot)), "picks up"
    return (), "standing"


def _after(random: Random, lifter: Lifter, shot: Shot, *, stays: bool) -> tuple[tuple[Act, ...], str]:
    draw = random.uniform(0.3, 1.0) if stays else random.random()
    if draw < 0.3:
        end = _away(random, lifter, shot)
        return (_walk(random, lifter, shot.place, replace(end, turn_deg=heading_deg(shot.place, end))),), (
            "steps back" if _loaded(lifter) else "walks out"
        )
    if draw < 0.42:
        return (_stand(random, lifter, shot),), "stands about"
    if draw < 0.54 and not _loaded(lifter):
        return (_stand(random, lifter, shot), _bend(random, lifter, shot.place)), "picks up"
    return (), "standing"


def _loaded(lifter: Lifter) -> bool:
    return lifter.look.arms is Arms.BARBELL


def _away(random: Random, lifter: Lifter, shot: Shot) -> Place:
    """Out of view at one side; with a barbell a step back, before any rack behind."""
    if _loaded(lifter):
        return Place(round(random.uniform(-0.2, 0.2), 2), round(random.uniform(-0.45, -0.25), 2))
    z_m = random.uniform(-0.3, 0.2)
    return Place(round(side_m(shot, z_m, float(random.choice([-1, 1]))), 2), round(z_m, 2))


def _walk(random: Random, lifter: Lifter, start: Place, end: Place) -> Walk:
    loaded = _loaded(lifter)
    speed_m_s = random.uniform(0.5, 0.8) if loaded else random.uniform(0.8, 1.4)
    return Walk(start, end, round(speed_m_s, 2), loaded, stance=lifter.stance)


def _bend(random: Random, lifter: Lifter, place: Place) -> BendAndPick:
    return BendAndPick(place, round(random.uniform(2.2, 4.5), 2), int(random.integers(-1, 2)), lifter.stance)


def _stand(random: Random, lifter: Lifter, shot: Shot) -> Stand:
    return Stand(
        duration_s=round(random.uniform(2.0, 5.0), 2),
        place=shot.place,
        arms=lifter.look.arms,
        gestures=not _loaded(lifter),
        seed=int(random.integers(2**31)),
        stance=lifter.stance,
    )
