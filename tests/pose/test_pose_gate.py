"""Who is a lifter in the zone, and what is furniture."""

from __future__ import annotations

import numpy as np
import pytest
from pose_samples import SIZE_PX, one_deep_rep, scores, stand

from edge_valgus.config import ZoneConfig
from edge_valgus.frames import LEFT_ANKLE, LEFT_KNEE, LEFT_SHOULDER, RIGHT_ANKLE, RIGHT_KNEE, RIGHT_SHOULDER
from edge_valgus.pose.gate import body_score, is_lifter, reliable

MIDDLE = ZoneConfig(left=0.25, right=0.75)
LIFTER = stand((320, 460), 400)


def rack():
    """Uprights and a bar: "ankles" at the bottom of the posts, "knees" high up, nothing of a leg's proportions."""
    xy_px = stand((320, 300), 200)
    xy_px[[LEFT_KNEE, RIGHT_KNEE]] = [(420, 170), (220, 170)]
    xy_px[[LEFT_ANKLE, RIGHT_ANKLE]] = [(425, 470), (215, 470)]
    return xy_px


def folded():
    """All joints on one spot, as a network answers that sees nothing."""
    return np.full((17, 2), 240.0, np.float32)


def with_scores(**few):
    score = scores(few.pop("others", 0.7))
    for index, value in few.items():
        score[int(index[1:])] = value
    return score


@pytest.mark.parametrize(
    ("xy_px", "score", "zone", "taken"),
    [
        pytest.param(LIFTER, scores(), ZoneConfig(), True, id="a lifter"),
        pytest.param(LIFTER, scores(0.31), ZoneConfig(), True, id="a lifter in the dark"),
        pytest.param(LIFTER, scores(0.2), ZoneConfig(), False, id="low scores"),
        pytest.param(LIFTER, scores(0.0), ZoneConfig(), False, id="no scores at all"),
        pytest.param(stand((320, 300), 100), scores(), ZoneConfig(), False, id="a bystander far behind"),
        pytest.param(stand((320, 300), 100), scores(), ZoneConfig(min_height=0.15), True, id="far, and wanted"),
        pytest.param(LIFTER, scores(), MIDDLE, True, id="a lifter in the zone"),
        pytest.param(stand((80, 460), 400), scores(), MIDDLE, False, id="a person left of the zone"),
        pytest.param(stand((600, 460), 400), scores(), MIDDLE, False, id="a person right of the zone"),
        pytest.param(stand((640, 460), 400), scores(), ZoneConfig(right=0.98), False, id="a mirror half out of the zone"),
        pytest.param(rack(), scores(), ZoneConfig(), False, id="a rack"),
        pytest.param(folded(), scores(), ZoneConfig(), False, id="all joints on one spot"),
        pytest.param(
            LIFTER, with_scores(i13=0.05, i15=0.05), ZoneConfig(), True, id="a leg behind a bench"
        ),
        pytest.param(LIFTER, with_scores(others=0.9, i5=0, i6=0), ZoneConfig(), True, id="shoulders behind a bar"),
    ],
)  # fmt: skip
def test_somebody_is_followed_who_is(xy_px, score, zone, taken):
    assert is_lifter(xy_px, score, SIZE_PX, zone, following=False) == taken


@pytest.mark.parametrize(
    ("xy_px", "score", "kept"),
    [
        pytest.param(LIFTER, scores(0.21), True, id="scores sink"),
        pytest.param(LIFTER, scores(0.19), False, id="scores sink too far"),
        pytest.param(stand((320, 300), 70), scores(), True, id="folded up at the bottom"),
        pytest.param(stand((320, 300), 50), scores(), False, id="shrunk to a doll"),
        pytest.param(rack(), scores(), False, id="a rack"),
        pytest.param(stand((10, 460), 400), scores(), False, id="walked out of the zone"),
    ],
)
def test_somebody_followed_is_kept_while(xy_px, score, kept):
    assert is_lifter(xy_px, score, SIZE_PX, MIDDLE, following=True) == kept


@pytest.mark.parametrize("seed_depth", [0.0, 0.5, 1.0, 1.3], ids="depth {}".format)
def test_a_squat_is_a_lifter_at_every_depth(seed_depth):
    lifter = one_deep_rep(depth=max(seed_depth, 0.1))
    for time_s in np.arange(0.0, 4.0, 0.1):
        truth = lifter.truth(float(time_s))
        assert is_lifter(truth.xy_px, scores(), lifter.size_px, ZoneConfig(), following=True), f"at {time_s:.1f} s"


def test_a_mirrored_lifter_is_a_lifter_too():
    mirrored = LIFTER.copy()
    mirrored[:, 0] = SIZE_PX[0] - mirrored[:, 0]
    assert is_lifter(mirrored, scores(), SIZE_PX, ZoneConfig(), following=False)


def test_the_body_is_followed_by_what_scores_and_always_by_the_trunk():
    score = scores(0.05)
    score[LEFT_ANKLE] = 0.2
    mask = reliable(score)
    assert mask[[LEFT_ANKLE, LEFT_SHOULDER, RIGHT_SHOULDER]].all()
    assert not mask[[RIGHT_ANKLE, LEFT_KNEE]].any()


def test_face_and_arms_do_not_make_a_body():
    score = scores(0.0)
    score[:5] = score[7:11] = 1.0
    assert body_score(score) == 0.0
