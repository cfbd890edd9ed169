"""What ships in docclean/weights: each model with its checkpoint and its card, and all agree."""

import numpy as np
import pytest
import torch

from docclean.clean.network import WEIGHTS, load_runtime, shipped_models
from docclean.models.checkpoint import load_network


@pytest.mark.parametrize("name", shipped_models())
def test_the_shipped_file_computes_what_its_checkpoint_does(name):
    network, header = load_network(WEIGHTS / f"{name}.safetensors")
    runtime = load_runtime(name)
    assert (runtime.stride, runtime.reach) == (network.stride, network.reach)
    assert header["step"] > 0
    tiles = np.full((1, 160, 208), 210, np.uint8)
    tiles[0, 40:120:9, 30:170] = 40
    tiles[0] += np.random.default_rng(0).integers(0, 30, tiles[0].shape, dtype=np.uint8)
    with torch.no_grad():
        expected = network(torch.from_numpy(tiles)[:, None].float() / 255)[:, 0] * 255
    assert np.abs(runtime(tiles).astype(int) - expected.numpy()).max() <= 1


@pytest.mark.parametrize("name", shipped_models())
def test_every_model_has_its_card(name):
    card = (WEIGHTS / f"{name}.md").read_text()
    for wanted in ("steps", "Recipe", "Scores", "synthetic", " s "):
        assert wanted in card


def test_the_default_model_ships():
    assert "small" in shipped_models()
