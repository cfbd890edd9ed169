"""The map's network learns from scenes, goes on where it stopped, and exports what it computes."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from docclean.regions.kinds import MARKS, Kind, bit
from docclean.training.regions.export import export
from docclean.training.regions.network import STRIDE, MapNet
from docclean.training.regions.run import CHECKPOINT, Schedule, as_layers, judge, map_loss, train
from docclean.training.regions.store import Kept, make_part, piece, read_parts


@pytest.fixture(scope="module")
def scenes(tmp_path_factory) -> list[Kept]:
    """Three scenes, drawn and kept."""
    folder = tmp_path_factory.mktemp("scenes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("docclean.training.regions.store.IN_PART", 3)
        path = make_part(folder, seed=1, part=0)
        before = path.stat().st_mtime_ns
        assert make_part(folder, seed=1, part=0).stat().st_mtime_ns == before  # not drawn again
    return read_parts(folder, range(2))


def test_it_is_small_and_takes_multiples_of_its_stride():
    net = MapNet().eval()
    assert sum(weight.numel() for weight in net.parameters()) <= 500_000
    layers, turn = net(torch.rand(2, 3, 3 * STRIDE, 5 * STRIDE))
    assert layers.shape == (2, len(MARKS), 12, 20)
    assert turn.shape == (2, 4)


def test_kept_scenes_fit_their_cells(scenes):
    assert len(scenes) == 3
    for kept in scenes:
        height, width = kept.rgb().shape[:2]
        assert kept.layers.shape == (height // 8, width // 8)


def test_a_piece_is_turned_with_its_layers(scenes):
    rng = np.random.default_rng(0)
    turns = {piece(rng, scenes[0], (256, 256)).turn for _ in range(24)}
    assert turns == {0, 1, 2, 3}
    made = piece(rng, scenes[0], (256, 320))
    assert made.rgb.shape == (256, 320, 3) and made.layers.shape == (32, 40)


def test_layers_become_ones_and_the_right_answer_costs_least(scenes):
    truth = as_layers(scenes[0].layers)[None]
    text = (scenes[0].layers & bit(Kind.TEXT)) > 0
    assert np.array_equal(truth[0, MARKS.index(Kind.TEXT)].numpy() > 0, text)
    right, wrong = 20 * truth - 10, 10 - 20 * truth
    assert map_loss(right, truth) < 0.1 < map_loss(wrong, truth)


@pytest.mark.slow
def test_it_learns_goes_on_and_exports(scenes, tmp_path):
    torch.set_num_threads(1)
    schedule = Schedule(steps=4)
    path = train(scenes, scenes, tmp_path, Schedule(steps=4, minutes=0), seed=0)
    assert not path.exists()  # no step was made
    path = train(scenes, scenes, tmp_path, schedule, seed=0)
    assert path.name == CHECKPOINT and torch.load(path, weights_only=True)["step"] == 4
    train(scenes, scenes, tmp_path, Schedule(steps=6), seed=0)
    assert torch.load(path, weights_only=True)["step"] == 6
    assert export(path, tmp_path / "map.onnx") <= 1
    assert Path(tmp_path / "map.onnx").stat().st_size < 3_000_000
    start = tmp_path / "map.safetensors"
    train(scenes, scenes, tmp_path / "next", Schedule(steps=1, minutes=0), seed=0, start=start)
    session = onnxruntime.InferenceSession(str(tmp_path / "map.onnx"))
    shares, turns = session.run(None, {"pictures": np.zeros((1, 64, 96, 3), np.uint8)})
    assert shares.shape == (1, 9, 8, 12) and shares.dtype == np.uint8
    assert turns.sum() == pytest.approx(1, abs=1e-4)
    told = judge(MapNet(), scenes)
    assert 0 <= told["mean"] <= 1 and 0 <= told["turn"] <= 1
