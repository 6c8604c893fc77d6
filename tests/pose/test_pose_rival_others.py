"""Which of the others whom looks show is the lifter: the watch alone, without a network."""

from __future__ import annotations

import numpy as np
import pytest
from pose_samples import SIZE_PX, scores, stand
from rival_samples import ASIDE_X, MIDDLE_X, body, followed, sink, sunken

from edge_valgus.frames import LEFT_ANKLE, RIGHT_ANKLE


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
        guessed = stand((self.FURTHER_X, 400), 600.0)
        watched.watch.saw(followed(), watched.now_s)
        watched.watch.takes_over(guessed, unseen, followed(), SIZE_PX, watched.now_s)
        assert self.squats(watched)[-1]

    def test_whose_feet_are_hidden_in_a_look_stood_where_he_stood(self, watched):
        unseen = scores()
        unseen[[LEFT_ANKLE, RIGHT_ANKLE]] = 0.05
        up, down = stand((self.FURTHER_X, 460), 400), sunken(self.FURTHER_X, 400)
        watched.shown(up)
        watched.watch.takes_over(up, unseen, followed(), SIZE_PX, watched.now_s)
        assert [watched.shown(each) for each in (down, up)] == [False, True]

    def test_is_not_taken_while_he_is_half_down(self, watched):
        up = stand((self.FURTHER_X, 460), 450)
        down, half = (sunken(self.FURTHER_X, 450, share) for share in (0.7, 0.88))
        assert [watched.shown(each) for each in (up, down, half, up)] == [False, False, False, True]

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
