"""Where a lifter's knees belong at each depth, and that a fault does not come to belong there."""

import math
from dataclasses import dataclass, field

import pytest

from edge_valgus.analysis.doubt import turned
from edge_valgus.analysis.path import KNOTS, NeutralPath, forward, travel, turn_per_trunk_shift
from edge_valgus.config import KneeConfig
from edge_valgus.events import Doubt, Side

FPS = 30.0
JUDGED = (0.4, 0.6, 0.8, 1.0)


def squat(depth: float = 1.0, down_s: float = 1.4, hold_s: float = 0.2, up_s: float = 1.2) -> list[float]:
    """Depths of one rep, frame by frame."""
    down = [depth * (0.5 - 0.5 * math.cos(math.pi * i / (down_s * FPS))) for i in range(round(down_s * FPS))]
    up = [depth * (0.5 + 0.5 * math.cos(math.pi * i / (up_s * FPS))) for i in range(round(up_s * FPS))]
    return [*down, *[depth] * round(hold_s * FPS), *up]


@dataclass(frozen=True)
class Knees:
    """How one lifter's knees move. All in % of leg length."""

    standing: float = 3.0
    apart: float = 0.0  # standing: how much further inside the left one is than the right one
    out: float = -11.0
    within_depth: float = 0.22
    turn: float = 0.0
    caving: dict[Side, float] = field(default_factory=dict)

    def offset_pct(self, side: Side, depth: float, *, clean: bool = False) -> float:
        sign = 1.0 if side is Side.RIGHT else -1.0
        share = min(1.0, max(0.0, 4.0 * (depth - 0.5)))
        return (
            self.standing
            - sign * self.apart / 2
            + self.out * (1.0 - math.exp(-depth / self.within_depth))
            + sign * self.turn * forward(depth)
            + (0.0 if clean else share * self.caving.get(side, 0.0))
        )


def stand(path: NeutralPath, knees: Knees, for_s: float = 1.0) -> None:
    for _ in range(round(for_s * FPS)):
        for side in Side:
            path.learn(side, 0.0, knees.offset_pct(side, 0.0), 1 / FPS)


def train(path: NeutralPath, knees: Knees, reps: int = 1, *, depth: float = 1.0, trunk: bool = True) -> None:
    """Stand for a moment and squat, as often."""
    for _ in range(reps):
        stand(path, knees)
        for at in squat(depth):
            for side in Side:
                path.learn(side, at, knees.offset_pct(side, at), 1 / FPS)
            if trunk:
                path.learn_turn(at, knees.turn * forward(at) / turn_per_trunk_shift(at), 1 / FPS)


def needed_pct(path: NeutralPath, side: Side, depth: float) -> float:
    """How far in a knee has to be to count as caving in."""
    return math.hypot(KneeConfig().threshold_pct, path.doubt_pct(side, depth))


def found(path: NeutralPath, knees: Knees, at: tuple[float, ...] = JUDGED) -> set[Side]:
    """The sides that are further in than they have to be, somewhere."""
    return {
        side
        for side in Side
        for depth in at
        if knees.offset_pct(side, depth) - path.offset_pct(side, depth) > needed_pct(path, side, depth)
    }


def trained(knees: Knees, reps: int = 3) -> NeutralPath:
    path = NeutralPath()
    train(path, knees, reps)
    return path


LIFTERS = {
    "as usual": Knees(),
    "knees hardly go out": Knees(out=-4.0),
    "knees go far out": Knees(out=-18.0),
    "late": Knees(within_depth=0.35),
    "early": Knees(within_depth=0.14),
    "knock-kneed": Knees(standing=9.0),
    "bow-legged": Knees(standing=-3.0),
    "one knee further in": Knees(apart=4.0),
    "turned to the left": Knees(turn=6.0),
    "turned to the right": Knees(turn=-6.0),
}


def test_travel_rises_from_standing_to_parallel():
    shares = [travel(depth) for depth in (-0.2, 0.0, 0.2, 0.5, 1.0, 1.3)]
    assert shares[:2] == [0.0, 0.0]
    assert shares == sorted(shares)
    assert shares[4] > 0.95


@pytest.mark.parametrize("name", LIFTERS)
def test_three_reps_teach_the_lifters_own_path(name):
    knees = LIFTERS[name]
    path = trained(knees)
    for side in Side:
        for depth in (0.0, 0.3, *JUDGED):
            assert path.offset_pct(side, depth) == pytest.approx(knees.offset_pct(side, depth), abs=1.0)
        assert path.doubt_pct(side, 0.8) < 1.5
    assert path.turn_pct == pytest.approx(knees.turn, abs=1.0)


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("name", LIFTERS)
def test_five_per_cent_inside_is_found_on_that_side_and_clean_is_not(name, side):
    path = trained(LIFTERS[name])
    assert found(path, LIFTERS[name]) == set()
    own = {key: getattr(LIFTERS[name], key) for key in ("standing", "apart", "out", "within_depth", "turn")}
    caving = Knees(**own, caving={side: 5.0})
    assert found(path, caving) == {side}


@pytest.mark.parametrize("name", LIFTERS)
def test_clean_knees_are_not_found_inside_in_the_first_descent(name):
    path, knees = NeutralPath(), LIFTERS[name]
    stand(path, knees)
    for depth in squat()[: round(1.4 * FPS)]:
        if depth >= KneeConfig().from_depth:
            assert found(path, knees, (depth,)) == set(), depth
        for side in Side:
            path.learn(side, depth, knees.offset_pct(side, depth), 1 / FPS)
        path.learn_turn(depth, knees.turn * forward(depth) / turn_per_trunk_shift(depth), 1 / FPS)


@pytest.mark.parametrize("caving_pct", [5.0, 8.0, 12.0])
@pytest.mark.parametrize("sides", [{Side.LEFT}, {Side.RIGHT}, set(Side)], ids=["left", "right", "both"])
def test_a_fault_does_not_become_normal_within_five_reps(sides, caving_pct):
    path = trained(Knees(), 1)
    faulty = Knees(caving=dict.fromkeys(sides, caving_pct))
    for _ in range(5):
        train(path, faulty)
        assert found(path, faulty) == sides
        for side in set(Side) - sides:
            assert path.offset_pct(side, 1.0) == pytest.approx(Knees().offset_pct(side, 1.0), abs=1.0)


@pytest.mark.parametrize("depth", [0.2, 0.5, 1.0])
def test_a_knee_far_inside_teaches_nothing(depth):
    path = NeutralPath()
    before = [path.offset_pct(side, knot) for side in Side for knot in KNOTS]
    path.learn(Side.LEFT, depth, 30.0, 1 / FPS)
    assert [path.offset_pct(side, knot) for side in Side for knot in KNOTS] == before


def test_where_the_path_was_wrong_by_outward_is_learned_faster_than_by_inward():
    moved = []
    for caving_pct in (-2.5, 2.5):
        path = trained(Knees(), 1)
        before_pct = path.offset_pct(Side.LEFT, 1.0)
        train(path, Knees(caving={Side.LEFT: caving_pct}))
        moved.append(abs(path.offset_pct(Side.LEFT, 1.0) - before_pct))
    outward, inward = moved
    assert outward > 1.5 * inward


@pytest.mark.parametrize("turn_pct", [-7.0, 7.0])
def test_a_turned_lifters_knees_go_to_one_side_and_neither_is_found(turn_pct):
    path, knees = NeutralPath(), Knees(turn=turn_pct)
    for _ in range(4):
        train(path, knees)
        assert found(path, knees) == set()
        assert turned(path.turn_pct) is None
    assert path.turn_pct == pytest.approx(turn_pct, abs=1.0)


@pytest.mark.parametrize("turn_pct", [-14.0, 14.0])
def test_a_lifter_turned_too_far_is_said_to_be(turn_pct):
    assert turned(trained(Knees(turn=turn_pct), 2).turn_pct) is Doubt.TURNED


@pytest.mark.parametrize("side", Side)
def test_a_knee_that_caves_in_early_seems_less_of_a_turn_when_the_trunk_is_seen(side):
    turns = {}
    for trunk in (True, False):
        path = NeutralPath()
        stand(path, Knees())
        for depth in squat()[: round(0.9 * FPS)]:
            for each in Side:
                in_pct = 4.0 * min(1.0, depth / 0.2) if each is side else 0.0
                path.learn(each, depth, Knees().offset_pct(each, depth) + in_pct, 1 / FPS)
            if trunk:
                path.learn_turn(depth, 0.0, 1 / FPS)
        turns[trunk] = abs(path.turn_pct)
    assert turns[False] > 0.5
    assert turns[True] < 0.92 * turns[False]


def test_the_trunk_alone_tells_the_turn_a_good_part_of_the_way():
    path = NeutralPath()
    for depth in squat():
        path.learn_turn(depth, 6.0 * forward(depth) / turn_per_trunk_shift(depth), 1 / FPS)
    assert 2.0 < path.turn_pct < 6.0


@pytest.mark.parametrize(("depth", "shift_pct"), [(0.02, 9.0), (0.8, math.nan)], ids=["standing", "unseen"])
def test_a_trunk_that_says_nothing_teaches_nothing(depth, shift_pct):
    path = NeutralPath()
    path.learn_turn(depth, shift_pct, 1 / FPS)
    assert path.turn_pct == NeutralPath().turn_pct
    assert path.doubt_pct(Side.LEFT, 1.0) == NeutralPath().doubt_pct(Side.LEFT, 1.0)


def test_a_path_can_be_kept_and_what_is_learned_later_leaves_the_copy_alone():
    path = trained(Knees(out=-6.0))
    kept = path.copy()
    known = [(path.offset_pct(side, knot), path.doubt_pct(side, knot)) for side in Side for knot in KNOTS]
    path.unsettle()
    train(path, Knees(out=-18.0), 2)
    assert [(kept.offset_pct(side, knot), kept.doubt_pct(side, knot)) for side in Side for knot in KNOTS] == known
    assert path.offset_pct(Side.LEFT, 1.0) < kept.offset_pct(Side.LEFT, 1.0) - 5.0


def test_it_becomes_certain_and_unsettled_again_where_it_was():
    path = NeutralPath()
    doubt_pct = path.doubt_pct(Side.LEFT, 1.0)
    train(path, Knees(out=-6.0), 5)
    known_pct = path.offset_pct(Side.LEFT, 1.0)
    assert path.doubt_pct(Side.LEFT, 1.0) < doubt_pct / 3
    path.unsettle()
    assert path.offset_pct(Side.LEFT, 1.0) == known_pct
    assert path.doubt_pct(Side.LEFT, 1.0) == pytest.approx(doubt_pct)


@pytest.mark.parametrize("shift_pct", [-3.0, 3.0])
def test_standing_elsewhere_over_the_feet_is_followed_at_every_depth(shift_pct):
    path = trained(Knees(), 4)
    shifted = Knees(standing=Knees().standing + shift_pct)
    stand(path, shifted, 3.0)
    assert path.offset_pct(Side.LEFT, 0.0) == pytest.approx(shifted.offset_pct(Side.LEFT, 0.0), abs=1.0)
    moved_pct = path.offset_pct(Side.LEFT, 1.0) - Knees().offset_pct(Side.LEFT, 1.0)
    assert 0.4 < moved_pct / shift_pct < 1.2
    assert found(path, shifted) == set()


def test_depths_that_were_never_shown_stay_doubtful():
    path = NeutralPath()
    train(path, Knees(), 4, depth=0.5)
    assert path.doubt_pct(Side.LEFT, 0.45) < 1.5
    assert path.doubt_pct(Side.LEFT, 1.0) > 1.5 * path.doubt_pct(Side.LEFT, 0.45)
    assert path.doubt_pct(Side.LEFT, 1.4) > path.doubt_pct(Side.LEFT, 1.1)


@pytest.mark.parametrize("fps", [10.0, 60.0])
def test_the_frame_rate_hardly_matters(fps):
    path, knees = NeutralPath(), Knees(out=-6.0)
    every = {10.0: 3, 60.0: 1}[fps]
    depths = squat()[::every] if fps < FPS else [depth for depth in squat() for _ in range(2)]
    for _ in range(3):
        for depth in depths:
            for side in Side:
                path.learn(side, depth, knees.offset_pct(side, depth), 1 / fps)
    other = NeutralPath()
    for _ in range(3):
        for depth in squat():
            for side in Side:
                other.learn(side, depth, knees.offset_pct(side, depth), 1 / FPS)
    assert path.offset_pct(Side.LEFT, 1.0) == pytest.approx(other.offset_pct(Side.LEFT, 1.0), abs=0.3)
    assert path.doubt_pct(Side.LEFT, 1.0) == pytest.approx(other.doubt_pct(Side.LEFT, 1.0), rel=0.15)
