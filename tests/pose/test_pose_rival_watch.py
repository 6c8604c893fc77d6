"""When others than the followed one are looked at, and what is remembered of them: the watch alone, without a network."""

from __future__ import annotations

import numpy as np
import pytest
from pose_samples import FRAME_S, SIZE_PX, scores, stand

from edge_valgus.config import ZoneConfig
from edge_valgus.frames import LEFT_ANKLE, RIGHT_ANKLE
from edge_valgus.pose.rival import Followed, RivalWatch
from edge_valgus.pose.stature import Extent

ASIDE_X, MIDDLE_X = 150.0, 320.0
WHOLE_PICTURE = ZoneConfig(left=0.0, right=1.0)


def body(x_px=ASIDE_X, tall_px=300.0):
    return stand((x_px, 440), tall_px)


def followed(x_px=ASIDE_X, share=1.0, tall_px=300.0, *, ankles=True, how="sunk"):
    """Somebody who stands there, so tall, and takes up a share of that, having "sunk", "bent" or been "smaller" at once."""
    standing = Extent.of(body(x_px, tall_px), scores())
    lost_px = (1.0 - share) * standing.height_px
    hips_px = {"sunk": standing.hips_px - lost_px, "bent": standing.hips_px, "smaller": share * standing.hips_px}[how]
    seen = Extent(standing.height_px - lost_px, hips_px if ankles else None, standing.feet_y_px if ankles else None)
    return Followed(body(x_px, tall_px), seen, standing.height_px)


def sunken(x_px, tall_px, share=0.7, *, bent=False):
    """Keypoints of somebody who stands there on the same feet, so tall, and is down; bent: the hips stay."""
    xy_px = stand((x_px, 460), tall_px)
    xy_px[: 11 if bent else 13, 1] += (1.0 - share) * np.ptp(xy_px[:, 1])
    return xy_px


class Watched:
    """A watch that is told, frame by frame, what is seen."""

    def __init__(self, zone=WHOLE_PICTURE):
        self.watch = RivalWatch(zone)
        self.now_s = 0.0
        self.looks = []  # when, and the square's left edge

    def go(self, duration_s, who, *, frame_s=FRAME_S, seen=True):
        """Go on for so long with the followed one. Returns when was looked."""
        begin = len(self.looks)
        for _ in range(round(duration_s / frame_s)):
            crop = self.watch.look(who, SIZE_PX, self.now_s)
            if crop is not None:
                self.looks.append((self.now_s, crop.left_px))
            elif seen:
                self.watch.saw(who, self.now_s)
            self.now_s += frame_s
        return [time_s for time_s, _ in self.looks[begin:]]

    def shown(self, xy_px, who=None):
        self.watch.saw(who or followed(), self.now_s)
        return self.watch.is_lifter(xy_px, scores(), who or followed(), SIZE_PX, self.now_s)


@pytest.fixture
def watched():
    return Watched()


def sink(watched, share, how="sunk"):
    """From standing, no faster than people do."""
    for step in np.linspace(1.0, share, 1 + round((1.0 - share) / 0.03)):
        watched.go(FRAME_S, followed(share=step, how=how))


def squat(watched, *, low_s=0.5, share=0.7):
    """low_s: below the limit, with the way there from 0.84."""
    sink(watched, share)
    watched.go(low_s - (0.84 - share) / 0.03 * FRAME_S, followed(share=share))


def test_the_others_are_looked_at_every_0_8_s(watched):
    times_s = watched.go(5.0, followed())
    assert np.diff(times_s) == pytest.approx(0.8, abs=0.04)


def test_looks_beside_him_and_at_the_whole_zone_take_turns(watched):
    watched.go(5.0, followed())
    lefts_px = [left_px for _, left_px in watched.looks]
    assert lefts_px[0] == lefts_px[2] > ASIDE_X
    assert lefts_px[1] == lefts_px[3] == 0.0


@pytest.mark.parametrize(("x_px", "from_s"), [(252.0, 0.0), (260.0, 4.0)], ids=["a tenth aside", "less"])
def test_who_stands_in_the_middle_is_not_looked_past_at_first(watched, x_px, from_s):
    assert watched.go(6.0, followed(x_px))[0] == pytest.approx(from_s, abs=0.1)


def test_past_somebody_in_the_middle_both_sides_are_looked_at(watched):
    watched.go(9.0, followed(MIDDLE_X))
    assert len({left_px for _, left_px in watched.looks[:3]}) == 3


def test_whoever_is_followed_next_has_time_in_the_middle_too(watched):
    watched.go(6.0, followed(MIDDLE_X))
    watched.watch.reset()
    assert not watched.go(3.9, followed(MIDDLE_X))


@pytest.mark.parametrize(("share", "looked"), [(0.95, True), (0.93, False)], ids=["hardly lower", "sinks"])
def test_nobody_is_looked_for_while_he_is_down(watched, share, looked):
    watched.go(0.5, followed())
    watched.now_s = 2.0
    assert bool(watched.go(0.4, followed(share=share))) == looked


def test_nobody_is_looked_for_within_20_s_of_a_squat_and_then_again(watched):
    squat(watched)
    up_s = watched.now_s
    times_s = watched.go(25.0, followed())
    assert 19.9 < times_s[0] - up_s < 20.1


@pytest.mark.parametrize(
    ("share", "low_s"), [(0.86, 2.0), (0.7, 0.2)], ids=["not low enough for a squat", "too short for one"]
)
def test_who_was_a_little_or_shortly_lower_has_not_squatted(watched, share, low_s):
    squat(watched, low_s=low_s, share=share)
    assert watched.go(1.0, followed())


def test_two_short_lows_with_standing_between_are_no_squat(watched):
    squat(watched, low_s=0.1)
    watched.go(0.3, followed())
    squat(watched, low_s=0.1)
    assert watched.go(1.0, followed())


def test_one_low_frame_and_half_a_second_unseen_are_no_squat(watched):
    sink(watched, 0.82)
    watched.go(0.5, followed(share=0.7), seen=False)
    assert watched.go(1.0, followed())


def test_whose_ankles_are_hidden_does_not_seem_to_squat(watched):
    watched.go(0.1, followed())
    watched.go(2.0, followed(share=0.8, ankles=False))
    assert watched.go(1.0, followed())


def test_who_only_bends_has_not_squatted(watched):
    sink(watched, 0.7, how="bent")
    watched.go(2.0, followed(share=0.7, how="bent"))
    assert watched.go(1.0, followed())


def test_lows_seconds_apart_with_nothing_seen_between_are_no_squat(watched):
    sink(watched, 0.8)
    watched.now_s += 1.5
    watched.go(0.1, followed(share=0.8))
    assert watched.go(1.0, followed())


@pytest.mark.parametrize(("x_px", "looked"), [(ASIDE_X + 60, False), (ASIDE_X + 90, True)], ids=["there", "elsewhere"])
def test_who_squatted_is_protected_where_he_squatted(watched, x_px, looked):
    squat(watched)
    assert bool(watched.go(2.0, followed(x_px))) == looked


def test_whoever_was_lost_for_a_moment_has_still_squatted_there(watched):
    squat(watched)
    watched.watch.reset()
    assert not watched.go(2.0, followed())


def test_a_low_before_he_was_lost_is_no_part_of_a_squat(watched):
    squat(watched, low_s=0.25)
    watched.watch.reset()
    squat(watched, low_s=0.15)
    assert watched.go(1.0, followed())


def test_at_one_frame_a_second_every_other_one_is_his(watched):
    times_s = watched.go(20.0, followed(), frame_s=1.0)
    assert np.diff(times_s) == pytest.approx(2.0)


def test_while_he_is_not_seen_no_further_frame_is_spent_on_others(watched):
    watched.go(2.0, followed())
    assert len(watched.go(3.0, followed(), seen=False)) <= 1


def test_a_clock_that_goes_back_stops_nothing(watched):
    squat(watched)
    watched.go(22.0, followed())
    watched.now_s = -100.0
    assert len(watched.go(3.0, followed())) == 4


@pytest.mark.parametrize(("low_s", "squatted"), [(0.2, False), (0.5, True)], ids=["too short", "a squat"])
def test_a_low_begins_anew_where_the_clock_went_back(watched, low_s, squatted):
    squat(watched, low_s=0.2)
    watched.now_s -= 50.0
    squat(watched, low_s=low_s)
    assert bool(watched.go(1.0, followed())) != squatted


class TestTwoLooks:
    LIFTER = stand((MIDDLE_X, 460), 400)

    def test_of_whom_two_looks_show_is_the_lifter(self, watched):
        assert not watched.shown(self.LIFTER)
        watched.now_s += 1.6
        assert watched.shown(self.LIFTER)

    @pytest.mark.parametrize("gap_s", [3.1, -1.0], ids=["too late", "before the first"])
    def test_too_far_apart_they_may_show_two_people(self, watched, gap_s):
        watched.shown(self.LIFTER)
        watched.now_s += gap_s
        assert not watched.shown(self.LIFTER)

    @pytest.mark.parametrize(("moved_px", "taken"), [(40, True), (60, False)])
    def test_who_walks_by_is_elsewhere_in_the_second(self, watched, moved_px, taken):
        watched.shown(self.LIFTER)
        watched.now_s += 0.8
        assert watched.shown(self.LIFTER + np.float32([moved_px, 0])) == taken

    def test_lost_between_them_they_begin_anew(self, watched):
        watched.shown(self.LIFTER)
        watched.watch.reset()
        assert not watched.shown(self.LIFTER)

    def test_one_between_them_that_shows_somebody_smaller_there_begins_anew(self, watched):
        watched.shown(self.LIFTER)
        assert not watched.shown(stand((MIDDLE_X, 400), 250))
        assert not watched.shown(self.LIFTER)

    def test_one_of_another_square_without_him_takes_nothing_back(self, watched):
        watched.go(0.1, followed())
        watched.shown(self.LIFTER)
        watched.go(0.9, followed())
        assert len(watched.looks) == 2
        watched.watch.nobody()
        watched.go(0.8, followed())
        assert watched.shown(self.LIFTER)

    def test_he_is_compared_with_how_tall_the_followed_one_stands(self, watched):
        """Who bends, or whose ankles are hidden, is not smaller."""
        sink(watched, 0.8)
        bent = followed(share=0.8)
        for _ in range(2):
            assert not watched.shown(body(200.0, 330.0), bent)

    @pytest.mark.parametrize(
        ("nearer", "taller", "taken"),
        [
            (-0.07, 2.0, False),
            (-0.05, 1.4, True),
            (-0.05, 1.36, False),
            (0.0, 1.30, True),
            (0.0, 1.26, False),
            (0.07, 1.16, True),
            (0.07, 1.12, False),
            (0.2, 1.02, True),
            (0.2, 0.98, False),
        ],
    )
    def test_nearer_to_the_middle_weighs_against_taller(self, watched, nearer, taller, taken):
        other = body(ASIDE_X + nearer * SIZE_PX[0], 300 * taller)
        assert not watched.shown(other)
        assert watched.shown(other) == taken


class TestFallen:
    """The lifter walked past, was taken for the followed one for a while, and is taller."""

    SMALLER = followed(share=0.8, how="smaller")

    def test_who_is_less_tall_at_once_and_stays_so_was_never_taller(self, watched):
        watched.go(0.5, followed())
        assert not watched.go(1.9, self.SMALLER)
        watched.go(0.2, self.SMALLER)
        assert watched.go(1.0, self.SMALLER)
        # Nor is anybody measured against what he was taken for.
        assert not watched.shown(body(200.0, 280.0), self.SMALLER)
        assert watched.shown(body(200.0, 280.0), self.SMALLER)

    @pytest.mark.parametrize("share", [0.85, 0.8, 0.7])
    def test_who_sinks_is_down_for_as_long_as_he_stays_however_fast(self, watched, share):
        watched.go(0.5, followed())
        assert not watched.go(5.0, followed(share=share))

    def test_who_loses_less_than_a_tenth_bends_a_little(self, watched):
        watched.go(0.5, followed())
        assert not watched.go(5.0, followed(share=0.92, how="smaller"))

    def test_who_is_as_tall_again_was_only_seen_wrong(self, watched):
        watched.go(0.5, followed())
        watched.go(1.9, self.SMALLER)
        watched.go(0.1, followed())
        sink(watched, 0.8)
        assert not watched.go(3.0, followed(share=0.8))

    def test_a_gap_in_which_he_may_have_gone_off_is_no_fall(self, watched):
        watched.go(0.5, followed())
        watched.now_s += 0.4
        assert not watched.go(5.0, self.SMALLER)

    def test_whose_head_is_hidden_has_not_fallen(self, watched):
        watched.go(0.5, followed())
        assert not watched.go(5.0, followed(share=0.84, how="bent"))

    def test_whose_ankles_go_out_of_sight_has_not_fallen(self, watched):
        watched.go(0.5, followed())
        assert not watched.go(5.0, followed(share=0.8, ankles=False))

    def test_a_squat_after_it_counts(self, watched):
        watched.go(0.5, followed())
        watched.go(2.2, self.SMALLER)
        for step in np.linspace(0.8, 0.5, 11):
            watched.go(FRAME_S, followed(share=step))
        watched.go(0.5, followed(share=0.5))
        assert not watched.go(3.0, self.SMALLER)

    def test_is_of_the_one_who_is_followed(self, watched):
        watched.go(0.5, followed())
        watched.watch.reset()
        assert watched.go(1.0, self.SMALLER)

    def test_a_clock_that_goes_back_ends_the_doubt(self, watched):
        watched.go(0.5, followed())
        watched.go(0.5, self.SMALLER)
        watched.now_s -= 50.0
        watched.go(0.1, followed())
        squat(watched)
        assert not watched.go(3.0, followed())


class TestSquatter:
    """Somebody other than the followed one, who has not squatted and stands 170 px from the middle, 300 px tall."""

    FURTHER_X = 40.0

    def squats(self, watched, *, tall_px=400.0, share=0.7, bent=False, moved_px=0.0):
        standing = stand((self.FURTHER_X, 460), tall_px)
        down = sunken(self.FURTHER_X, tall_px, share, bent=bent) + np.float32((0.0, moved_px))
        seen = []
        for each in (standing, down, standing):
            watched.now_s += 0.8
            seen.append(watched.shown(each))
        return seen

    def test_is_the_lifter_once_he_stands_again_if_he_is_much_taller(self, watched):
        assert self.squats(watched) == [False, False, True]

    @pytest.mark.parametrize(("tall_px", "taken"), [(370.0, True), (350.0, False)])
    def test_is_left_alone_if_he_is_not_much_taller(self, watched, tall_px, taken):
        assert self.squats(watched, tall_px=tall_px)[-1] == taken

    @pytest.mark.parametrize(
        ("x_px", "tall_px", "taken"),
        [(420.0, 250.0, True), (480.0, 250.0, False), (420.0, 230.0, False)],
        ids=["as near", "further off", "too small"],
    )
    def test_need_not_be_taller_where_he_is_as_near_to_the_middle(self, watched, x_px, tall_px, taken):
        standing = followed(230.0)
        up, down = stand((x_px, 460), tall_px), sunken(x_px, tall_px)
        assert [watched.shown(each, standing) for each in (up, down, up)] == [False, False, taken]

    def test_is_not_left_again_for_who_stands_better(self, watched):
        assert self.squats(watched)[-1]
        watched.watch.reset()
        assert not watched.go(5.0, followed(self.FURTHER_X + 10.0))

    def test_who_only_bends_has_not_squatted(self, watched):
        assert not any(self.squats(watched, bent=True))

    def test_who_only_sinks_a_little_has_not_squatted(self, watched):
        assert not any(self.squats(watched, share=0.87))

    @pytest.mark.parametrize(("moved_px", "taken"), [(-15.0, True), (-40.0, False), (40.0, False)])
    def test_squats_on_the_same_feet(self, watched, moved_px, taken):
        assert any(self.squats(watched, moved_px=moved_px)) == taken

    def test_may_have_walked_his_bar_out_before(self, watched):
        for feet_y_px, tall_px in ((420, 373), (440, 387), (460, 400)):
            watched.shown(stand((self.FURTHER_X, feet_y_px), tall_px))
        assert self.squats(watched)[-1]

    def test_whose_feet_were_not_seen_at_first_is_known_by_where_they_are_seen_then(self, watched):
        unseen = scores()
        unseen[[LEFT_ANKLE, RIGHT_ANKLE]] = 0.05
        guessed = stand((self.FURTHER_X, 400), 400.0)
        watched.watch.saw(followed(), watched.now_s)
        watched.watch.is_lifter(guessed, unseen, followed(), SIZE_PX, watched.now_s)
        assert self.squats(watched)[-1]

    def test_is_remembered_for_10_s(self, watched):
        up, down = stand((self.FURTHER_X, 460), 400), sunken(self.FURTHER_X, 400)
        for gap_s, taken in ((9.5, True), (10.5, False)):
            watched.watch.reset()
            seen = []
            for each, before_s in ((up, 0.0), (down, gap_s), (up, 0.8)):
                watched.now_s += before_s
                seen.append(watched.shown(each))
            assert seen[-1] == taken

    def test_is_not_the_followed_one_himself(self, watched):
        himself = followed(tall_px=200.0)
        for xy_px in (stand((ASIDE_X, 460), 250), sunken(ASIDE_X, 250), stand((ASIDE_X, 460), 250)):
            assert not watched.shown(xy_px, himself)

    def test_whom_another_square_does_not_show_is_not_forgotten(self, watched):
        watched.go(0.1, followed())
        watched.shown(stand((self.FURTHER_X, 460), 400))
        watched.go(0.9, followed())
        assert len(watched.looks) == 2
        watched.shown(stand((600.0, 460), 250))
        up, down = stand((self.FURTHER_X, 460), 400), sunken(self.FURTHER_X, 400)
        assert [watched.shown(each) for each in (down, up)] == [False, True]

    def test_whom_a_look_misses_once_is_not_forgotten(self, watched):
        up, down = stand((self.FURTHER_X, 460), 400), sunken(self.FURTHER_X, 400)
        watched.shown(up)
        watched.watch.nobody()
        assert [watched.shown(each) for each in (down, up)] == [False, True]


def test_nothing_is_looked_at_before_he_was_seen(watched):
    assert watched.watch.look(followed(), SIZE_PX, 0.0) is None
