"""The network in TensorFlow and in TFLite answers as the trained one does."""

from __future__ import annotations

import numpy as np
import pytest

pytestmark = pytest.mark.filterwarnings("ignore")  # TensorFlow's own

WHY = "needs the extra `train`, which there is for Python 3.11: pip install -e '.[train]'"
torch = pytest.importorskip("torch", reason=WHY)
pytest.importorskip("tensorflow", reason=WHY)

from keypoint_training.network import Network, decode, weights_of
from keypoint_training.pictures import INPUT_PX, KEPT_PX


@pytest.fixture(scope="module")
def network():
    """As if it had been trained: answers that are far from zero, and statistics that are far from those of a new one."""
    torch.manual_seed(6)
    made = Network()
    for module in made.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.weight.data.uniform_(0.7, 1.6)
            module.bias.data.normal_(0.2, 0.3)
            module.running_mean.normal_(0.0, 0.3)
            module.running_var.uniform_(0.5, 2.0)
    for head in (made.heat, made.offsets):
        torch.nn.init.normal_(head.weight, std=0.3)
    return made.eval()


@pytest.fixture(scope="module")
def picture():
    return np.random.default_rng(7).integers(0, 256, (1, INPUT_PX, INPUT_PX, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def maps(network, picture):
    with torch.no_grad():
        return network(torch.from_numpy(picture).permute(0, 3, 1, 2))


def test_the_twin_gives_the_same_maps(network, picture, maps):
    from keypoint_training.twin import twin

    for said, expected in zip(twin(weights_of(network))(picture), maps, strict=True):
        true = expected.permute(0, 2, 3, 1).numpy()
        assert true.std() > 0.05, "nothing to tell apart"
        np.testing.assert_allclose(said.numpy(), true, atol=1e-3)


def test_so_does_the_float_file(network, picture, maps):
    import tensorflow as tf

    from keypoint_training.quantize import unquantized

    interpreter = tf.lite.Interpreter(model_content=unquantized(weights_of(network)))
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], picture)
    interpreter.invoke()
    answer = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    assert answer.shape == (1, 1, 17, 3)
    np.testing.assert_allclose(answer[0, 0], decode(*maps)[0].numpy(), atol=1e-3)


def test_the_quantized_file_takes_bytes_and_gives_places_finer_than_bytes(network, picture):
    import tensorflow as tf

    from keypoint_training.quantize import quantized
    from keypoint_training.shards import Shard, jpeg_of

    images = np.random.default_rng(8).integers(0, 256, (4, KEPT_PX, KEPT_PX, 3), np.uint8)
    shard = Shard([jpeg_of(image, 90) for image in images], np.zeros((4, 17, 2), np.float32))
    interpreter = tf.lite.Interpreter(model_content=quantized(weights_of(network), [shard]))
    interpreter.allocate_tensors()
    (given,), (answer,) = interpreter.get_input_details(), interpreter.get_output_details()
    assert (given["dtype"], answer["dtype"]) == (np.uint8, np.float32)
    interpreter.set_tensor(given["index"], picture.astype(np.uint8))
    interpreter.invoke()
    keypoints = interpreter.get_tensor(answer["index"])
    assert keypoints.shape == (1, 1, 17, 3)
    steps = 256 * keypoints[0, 0, :, :2]
    assert np.mean(np.abs(steps - np.round(steps)) < 0.02) < 0.3
