"""How tall the followed one stands, as it shows in whether others are looked at past him."""

from __future__ import annotations

import numpy as np
import pytest
from pose_samples import FRAME_S
from rival_samples import body, followed, sink, squat

from edge_valgus.pose.stature import Extent, Stature


class TestFallen:
    """The lifter walked past, was taken for the followed one for a while, and is taller."""

    SMALLER = followed(share=0.8, how="smaller")

    def test_who_is_less_tall_at_once_and_stays_so_was_never_taller(self, watched):
        watched.go(0.5, followed())
        assert not watched.go(1.9, self.SMALLER)
        assert watched.go(0.95, self.SMALLER)
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
        watched.go(0.5, self.SMALLER)
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

    def test_a_frame_without_his_ankles_in_between_hides_no_fall(self, watched):
        watched.go(0.5, followed())
        watched.go(FRAME_S, followed(share=0.85, ankles=False))
        watched.go(1.9, self.SMALLER)
        assert watched.go(0.95, self.SMALLER)


def test_a_fall_is_a_tenth_of_his_height_and_not_of_a_part_of_it():
    stature = Stature()
    stature.saw(Extent(300.0, 150.0, 440.0), 300.0, 0.0)
    stature.saw(Extent(276.0, 144.0, 440.0), 300.0, FRAME_S)
    assert not stature.doubtful


def test_a_doubt_from_a_clock_that_went_back_is_none():
    stature, smaller = Stature(), Extent(240.0, 120.0, 440.0)
    stature.saw(Extent(300.0, 150.0, 440.0), 300.0, 100.0)
    stature.saw(smaller, 300.0, 100.0 + FRAME_S)
    assert stature.doubtful
    stature.saw(smaller, 300.0, 50.0)
    assert not stature.doubtful
