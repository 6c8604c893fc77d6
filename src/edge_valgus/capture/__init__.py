"""Where pictures come from: a camera, a video file, the drawn lifter, a recording of keypoints."""
