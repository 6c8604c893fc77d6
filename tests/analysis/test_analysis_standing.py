"""The yardstick, the floor, and what a squat looks like."""

from dataclasses import replace

import pytest
from poses import PARALLEL, STANDING, Stick, down_to, film, rep

from edge_valgus.analysis.baseline import StandingBaseline, looks_standing, straightness
from edge_valgus.analysis.body import Body, body_of
from edge_valgus.analysis.doubt import Trembling
from edge_valgus.analysis.floor import Floor
from edge_valgus.analysis.shape import ShapeWitness


def body(stick: Stick, score: float = 0.8) -> Body:
    seen = body_of(stick.pose(score=score))
    assert seen is not None
    return seen


def stand(**changes: float) -> Stick:
    return replace(STANDING, **changes)


@pytest.mark.parametrize(
    ("stick", "standing"),
    [
        (STANDING, True),
        (stand(leg_px=60.0), True),
        (stand(depth=0.1), True),
        (stand(trunk=0.39), True),
        (down_to(0.6), False),
        (PARALLEL, False),
        (stand(trunk=0.2), False),
        (stand(trunk=-0.3), False),
        (stand(trunk=0.1, hip_drop=0.72), False),
        (stand(depth=1.9), False),
    ],
    ids=["standing", "far away", "knees unlocked", "short trunk, long legs", "half-way down", "parallel", "bent over", "head down", "plank", "hips below the feet"],
)  # fmt: skip
def test_looks_standing(stick, standing):
    assert looks_standing(body(stick)) is standing


def test_somebody_whose_trunk_is_unseen_is_not_taken_to_stand():
    assert not looks_standing(body(STANDING, score=0.1))


def test_straightness_is_read_off_the_carrying_leg():
    assert straightness(body(STANDING)) == pytest.approx(1.0)
    assert straightness(body(stand(foot_up_left=0.4, knee_up_left=0.3))) == pytest.approx(1.0)
    assert straightness(body(PARALLEL)) == pytest.approx(0.0, abs=1e-5)


def watched(
    baseline: StandingBaseline, *sticks: tuple[float, Stick], since_s: float = 0.0, in_rep: bool = False
) -> float:
    time_s = since_s
    for for_s, stick in sticks:
        for _ in range(round(for_s * 30)):
            baseline.update(body(stick), time_s, in_rep=in_rep)
            time_s += 1 / 30
    return time_s


def test_nothing_is_known_before_somebody_stands_and_after_a_reset():
    baseline = StandingBaseline()
    watched(baseline, (1.0, PARALLEL))
    assert baseline.standing is None
    watched(baseline, (0.1, STANDING), since_s=1.0)
    assert baseline.standing is not None
    baseline.reset()
    assert baseline.standing is None


@pytest.mark.parametrize("clock_s", [0.0, 1e6])
@pytest.mark.parametrize("leg_px", [150.0, 205.0, 217.0, 223.0, 240.0, 280.0])
def test_yardstick_follows_a_lifter_who_stands_elsewhere_within_two_seconds(leg_px, clock_s):
    baseline = StandingBaseline()
    now_s = watched(baseline, (1.0, STANDING), since_s=clock_s)
    watched(baseline, (2.5, stand(leg_px=leg_px)), since_s=now_s)
    assert baseline.standing is not None
    assert baseline.standing.leg_length_px == pytest.approx(leg_px, rel=0.02)


def test_yardstick_survives_a_long_rest_at_the_bottom():
    baseline = StandingBaseline()
    now_s = watched(baseline, (1.0, STANDING))
    before = baseline.standing
    watched(baseline, (10.0, PARALLEL), (10.0, down_to(0.6)), (5.0, down_to(0.4)), since_s=now_s, in_rep=True)
    assert baseline.standing is before
    assert before is not None
    assert before.leg_length_px == pytest.approx(220.0)


def test_a_half_squat_that_is_held_with_straight_legs_is_no_step_back():
    """Some cameras see hardly anything of bent knees; the feet stand where they stood."""
    held = stand(depth=0.25, knee_up_left=-0.04, knee_up_right=-0.04)
    baseline = StandingBaseline()
    now_s = watched(baseline, (1.0, STANDING))
    before = baseline.standing
    watched(baseline, (2.5, held), since_s=now_s, in_rep=True)
    assert baseline.standing is before


@pytest.mark.parametrize("in_rep", [False, True])
@pytest.mark.parametrize(
    ("trunk", "moved"), [(0.58, True), (0.5, False)], ids=["upright, further off", "leaning in a squat"]
)
def test_whoever_moves_away_keeps_his_shape(trunk, moved, in_rep):
    """From above, a squat that is held has straight legs, and its feet may seem to stand elsewhere."""
    baseline = StandingBaseline()
    now_s = watched(baseline, (1.0, STANDING))
    before = baseline.standing
    watched(baseline, (5.0, stand(leg_px=175.0, y=425.0, trunk=trunk)), since_s=now_s, in_rep=in_rep)
    assert (baseline.standing is not before) is moved


def test_a_trunk_that_was_learned_wrong_is_given_up_after_a_while():
    baseline = StandingBaseline()
    now_s = watched(baseline, (1.0, stand(trunk=0.8)))
    now_s = watched(baseline, (5.0, stand(leg_px=175.0, y=425.0)), since_s=now_s, in_rep=True)
    assert baseline.standing is not None
    assert baseline.standing.leg_length_px > 200.0
    watched(baseline, (2.0, stand(leg_px=175.0, y=425.0)), since_s=now_s, in_rep=True)
    assert baseline.standing.leg_length_px == pytest.approx(175.0, rel=0.02)


@pytest.mark.parametrize("in_rep", [False, True])
def test_one_step_back_is_seen_between_two_reps(in_rep):
    baseline = StandingBaseline()
    now_s = watched(baseline, (1.0, STANDING))
    watched(baseline, (1.8, stand(leg_px=185.0, y=425.0)), since_s=now_s, in_rep=in_rep)
    assert baseline.standing is not None
    assert baseline.standing.leg_length_px == pytest.approx(185.0, rel=0.02)


@pytest.mark.parametrize(("for_s", "leg_px"), [(0.5, 220.0), (1.5, 330.0)], ids=["crosses in front", "stays"])
def test_a_taller_body_is_not_measured_unless_it_stays(for_s, leg_px):
    baseline = StandingBaseline()
    now_s = watched(baseline, (1.0, STANDING))
    watched(baseline, (for_s, stand(leg_px=330.0)), since_s=now_s)
    assert baseline.standing is not None
    assert baseline.standing.leg_length_px == pytest.approx(leg_px, rel=0.02)


def test_a_taller_body_after_a_gap_has_not_been_watched_yet():
    baseline = StandingBaseline()
    now_s = watched(baseline, (1.0, STANDING))
    watched(baseline, (0.1, stand(leg_px=270.0)), since_s=now_s + 0.8)
    assert baseline.standing is not None
    assert baseline.standing.leg_length_px == pytest.approx(220.0, rel=0.02)


@pytest.mark.parametrize(
    ("for_s", "foot_up", "leg_px"),
    [(0.3, 0.2, 223.0), (5.0, 0.2, 235.0), (5.0, 0.3, 220.0), (0.3, 0.05, 235.0)],
    ids=["walks", "stands on one leg", "stands astride", "steps closer"],
)
def test_a_foot_set_forward_makes_a_leg_longer_only_slowly(for_s, foot_up, leg_px):
    baseline = StandingBaseline()
    now_s = watched(baseline, (1.0, STANDING))
    watched(baseline, (for_s, stand(leg_px=235.0, foot_up_left=foot_up)), since_s=now_s)
    assert baseline.standing is not None
    assert baseline.standing.leg_length_px == pytest.approx(leg_px, rel=0.01)


@pytest.mark.parametrize(("stays_s", "leg_px"), [(0.7, 220.0), (12.0, 270.0)], ids=["hides him", "was a step closer"])
def test_a_yardstick_that_somebody_in_front_made_longer_is_given_up_at_once(stays_s, leg_px):
    baseline = StandingBaseline()
    now_s = watched(baseline, (3.0, STANDING))
    growing = [(0.1, stand(leg_px=220.0 + px)) for px in (15, 30, 45)]
    now_s = watched(baseline, *growing, (stays_s, stand(leg_px=270.0)), since_s=now_s)
    assert baseline.standing is not None
    assert baseline.standing.leg_length_px > 255.0
    watched(baseline, (1.2, stand(leg_px=220.0 if stays_s < 1.0 else 270.0)), since_s=now_s)
    assert baseline.standing.leg_length_px == pytest.approx(leg_px, rel=0.02)


def test_a_new_yardstick_is_handed_out_in_the_frame_in_which_it_is_found():
    baseline, now_s = StandingBaseline(), 0.0
    handed = []
    for frames, stick in ((30, STANDING), (60, stand(leg_px=150.0))):
        for _ in range(frames):
            handed.append((baseline.update(body(stick), now_s, in_rep=False), baseline.standing))
            now_s += 1 / 30
    assert all(given is kept for given, kept in handed)
    assert len({id(kept) for _, kept in handed}) == 2


@pytest.mark.parametrize("clock_s", [0.0, 1e6])
def test_a_foots_place_is_averaged_whatever_the_clock(clock_s):
    baseline = StandingBaseline()
    now_s = watched(baseline, (1 / 30, stand(stance=0.32)), since_s=clock_s)
    now_s = watched(baseline, (0.3, STANDING), since_s=now_s)
    assert baseline.standing is not None
    # It stood at 355 px, and 364 is where it is now.
    assert 356.0 < baseline.standing.left.ankle[0] < 360.0
    watched(baseline, (4.0, STANDING), since_s=now_s)
    assert baseline.standing.left.ankle[0] == pytest.approx(364.0, abs=0.5)
    assert baseline.standing.steps == 0


def test_a_foot_placed_anew_is_noticed_once_and_a_swinging_one_is_not():
    baseline = StandingBaseline()
    now_s = watched(baseline, (1.0, STANDING))
    now_s = watched(baseline, (0.2, stand(foot_in_left=0.2)), (1.0, STANDING), since_s=now_s)
    assert baseline.standing is not None
    assert baseline.standing.steps == 0
    watched(baseline, (2.0, stand(foot_in_left=-0.2)), since_s=now_s)
    assert baseline.standing.steps == 1
    assert baseline.standing.left.planted(body(stand(foot_in_left=-0.2)).left, 220.0, 0.05)


@pytest.mark.parametrize(
    ("score", "least", "most"),
    [(0.9, 0.95, 1.0), (0.3, 0.2, 0.45), (0.21, 0.1, 0.3)],
    ids=["well seen", "poorly seen", "hardly seen"],
)
def test_floor_follows_an_ankle_as_surely_as_it_is_seen(score, least, most):
    floor = Floor()
    y_px = floor.update(body(STANDING), 0.0)
    for frame in range(1, 11):
        y_px = floor.update(body(stand(y=400.0), score=score), frame / 30)
    assert least < (440.0 - y_px) / 40.0 < most


def test_floor_starts_anew_after_a_gap():
    floor = Floor()
    floor.update(body(STANDING), 0.0)
    assert floor.update(body(stand(y=400.0), score=0.21), 5.0) == pytest.approx(400.0)


def verdict(*moves: tuple[float, Stick]) -> str | None:
    witness = ShapeWitness()
    frames = film((0.2, STANDING), *moves)
    for time_s, pose in frames:
        assert pose is not None
        seen = body_of(pose)
        assert seen is not None
        witness.see(seen, time_s, (1.0 - seen.hip_height_px / 220.0) / 0.56, 220.0)
    return witness.objection(0.0, frames[-1][0])


@pytest.mark.parametrize(
    ("stick", "objection"),
    [
        (PARALLEL, None),
        (down_to(1.4), None),
        (down_to(0.6, foot_up_left=0.3, knee_up_left=0.2), None),
        (down_to(1.0, knee_in_left=0.15, knee_in_right=0.15), None),
        (down_to(1.75), "deeper than a body can go"),
        (stand(depth=0.5, trunk=-0.05), "bent over or lying down"),
        (stand(depth=0.6, trunk=0.17), None),
        (stand(depth=0.2, trunk=0.3), "bent over or lying down"),
        (stand(depth=1.0, trunk=0.25), None),
        (stand(depth=0.85, knee_up_left=-0.33, knee_up_right=-0.33), "a lunge"),
        (stand(depth=0.85, knee_up_left=-0.25, knee_up_right=-0.25), None),
        (stand(depth=0.9, trunk=0.55, foot_up_right=0.12, knee_up_right=-0.25), "a lunge"),
        (down_to(0.8, stance=1.0), "the feet moved"),
        (down_to(0.5, x=400.0), "the feet moved"),
    ],
    ids=["squat", "deep squat", "single-leg squat", "knees in", "through the floor", "bent over", "leaning far under a bar, seen from above", "hinge", "leaning squat", "knees on the floor", "knees low, seen from above", "lunge", "feet apart", "elsewhere"],
)  # fmt: skip
def test_objection(stick, objection):
    assert verdict((1.0, stick), (1.0, STANDING)) == objection


@pytest.mark.parametrize(
    ("lost_s", "objection"),
    [(0.7, None), (1.0, "bent over or lying down")],
    ids=["most of the bottom", "all of the bottom"],
)
def test_frames_that_saw_no_feet_say_how_far_knees_are_bent_only_if_no_others_do(lost_s, objection):
    witness, time_s = ShapeWitness(), 0.0
    bent = replace(down_to(0.8), trunk=0.2, knee_up_left=0.05, knee_up_right=0.05)
    for for_s, stick, score in (
        (0.5, STANDING, 0.8),
        (1.0 - lost_s, down_to(0.8), 0.8),
        (lost_s, bent, 0.3),
        (0.5, STANDING, 0.8),
    ):
        for _ in range(round(for_s * 30)):
            witness.see(body(stick, score=score), time_s, stick.depth, 220.0)
            time_s += 1 / 30
    assert witness.objection(0.0, time_s) == objection


def test_stepping_out_and_back_is_a_lunge_however_its_bottom_looks():
    out = stand(depth=0.1, foot_up_left=0.35, knee_up_left=0.15)
    assert verdict((0.5, out), (0.5, down_to(0.6)), (0.5, out), (0.5, STANDING)) == "a lunge"
    assert verdict((0.5, stand(depth=0.1)), (0.5, down_to(0.6)), (0.5, out), (0.5, STANDING)) is None


@pytest.mark.parametrize(
    ("hands_from", "hands_to", "objection"),
    [(0.0, 1.0, "a jump"), (1.0, 1.0, None), (0.0, 0.45, None)],
    ids=["jumping jack", "overhead squat", "arms forward"],
)
def test_hands_that_fly_over_the_head_as_the_hips_sink_belong_to_a_jump(hands_from, hands_to, objection):
    witness = ShapeWitness()
    frames = film((0.2, STANDING), (0.4, down_to(0.4)), (0.4, STANDING))
    for time_s, pose in frames:
        assert pose is not None
        seen = body_of(pose)
        assert seen is not None
        depth = (1.0 - seen.hip_height_px / 220.0) / 0.56
        raised = hands_from + depth / 0.4 * (hands_to - hands_from)
        hand_y_px = seen.hip[1] - 220.0 * (0.1 + raised)
        witness.see(replace(seen, hands_y_px=(hand_y_px, hand_y_px)), time_s, depth, 220.0)
    assert witness.objection(0.0, frames[-1][0]) == objection


def test_objection_to_a_stretch_without_anybody():
    assert ShapeWitness().objection(0.0, 1.0) == "nobody was seen"


def test_forgotten_looks_are_gone():
    witness = ShapeWitness()
    for time_s, pose in film(*rep()):
        assert pose is not None
        seen = body_of(pose)
        assert seen is not None
        witness.see(seen, time_s, 0.5, 220.0)
    witness.forget_before(100.0)
    assert witness.objection(0.0, 100.0) == "nobody was seen"


def test_trembling_is_the_deviation_of_white_noise_and_blind_to_steady_movement():
    trembling = Trembling()
    for frame in range(300):
        trembling.update(3.0 * frame, 1 / 30)
    assert trembling.deviation == pytest.approx(0.0)
    for frame in range(300):
        trembling.update(float(frame % 2), 1 / 30)
    # Alternating by one: its second difference is 2, and white noise of that second difference deviates by 2 / √6.
    assert trembling.deviation == pytest.approx(2.0 / 6.0**0.5, rel=0.01)
