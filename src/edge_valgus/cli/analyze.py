"""`edge-valgus analyze`: judge a video file."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import click

from edge_valgus.analysis import Analyser
from edge_valgus.capture.replay import PoseWriter
from edge_valgus.capture.video import VideoFile
from edge_valgus.cli.common import (
    FILE,
    aim_option,
    config_option,
    json_option,
    model_options,
    open_model,
    print_summary,
    progress_bar,
    rig_of,
    settings,
)
from edge_valgus.config import PRACTICE
from edge_valgus.errors import CaptureError, VideoBrokeOff
from edge_valgus.pose import PoseTracker
from edge_valgus.service.annotate import AnnotatedVideo
from edge_valgus.service.loop import Sink, judge
from edge_valgus.service.sightings import tracked
from edge_valgus.service.sinks import PosesSink, ProgressSink, VideoSink
from edge_valgus.service.summary import Summary


@click.command()
@click.argument("video", type=FILE)
@json_option
@click.option(
    "--annotate", type=FILE, metavar="OUT.mp4", help="Write the video with skeleton, count and flags drawn in."
)
@click.option("--poses", type=FILE, metavar="OUT.jsonl", help="Save the keypoints for `edge-valgus replay`.")
@aim_option
@model_options
@config_option
def analyze(
    video: Path,
    *,
    as_json: bool,
    annotate: Path | None,
    poses: Path | None,
    aim_file: Path | None,
    model_dir: Path | None,
    model_name: str | None,
    runtime: str | None,
    config_file: Path | None,
) -> None:
    """Judge VIDEO as the device would, frame by frame and without looking ahead.

    Prints a table of the reps, or with --json one object. A video that breaks off is judged as far as it goes, and the
    exit status says that it did.

    \b
    edge-valgus analyze squat.mp4
    edge-valgus analyze squat.mov --json | jq .counted
    edge-valgus analyze squat.mp4 --annotate judged.mp4 --poses squat.jsonl
    """
    _refuse_overwriting(video, annotate, poses)
    config = settings(config_file, model_name=model_name, runtime=runtime)
    with ExitStack() as stack:
        source = stack.enter_context(VideoFile(video))
        network, model = open_model(config, model_dir)
        rig = rig_of(aim_file, model=model, size_px=source.size_px)
        summary = Summary(source.name, model, network.runtime)
        sinks: list[Sink] = [summary]
        if poses is not None:
            sinks.append(PosesSink(stack.enter_context(PoseWriter(poses, source.name, model, source.size_px))))
        if annotate is not None:
            depth = config.count.min_depth
            note = "practice network" if model == PRACTICE else ""
            written = AnnotatedVideo(annotate, source.size_px, source.fps, min_depth=depth, note=note)
            sinks.append(VideoSink(stack.enter_context(written)))
        sinks.append(ProgressSink(stack.enter_context(progress_bar(source.name, source.frame_count))))
        broken = None
        try:
            judge(tracked(source, PoseTracker(network, config.zone)), Analyser(config, rig), sinks)
        except VideoBrokeOff as error:
            # What was seen before the break is good: print it, and then say that there was one.
            broken = error
    print_summary(summary, as_json=as_json)
    if broken is not None:
        raise broken


def _refuse_overwriting(video: Path, *outputs: Path | None) -> None:
    given = [output.resolve() for output in outputs if output is not None]
    for output in given:
        if output.exists() and video.exists() and output.samefile(video):
            raise CaptureError(f"{output}: would overwrite the video that is being read; give another name")
    if len(set(given)) < len(given):
        raise CaptureError(f"{given[0]}: is given for the video and for the keypoints; give each a name of its own")
