"""Random pixels of a batch: each row its own, whatever lies beside it."""

import torch

from docclean.corruptions.shared.tensors import fractal_noise, hashed, smooth_noise


def test_noise_of_many_scales_is_each_rows_own():
    seeds, scale = torch.arange(5), torch.tensor([3.0, 50.0, 9.0, 20.0, 1.2])
    for draw in (smooth_noise, fractal_noise):
        together = draw(seeds, (40, 70), scale)
        for row in range(5):
            alone = draw(seeds[row : row + 1], (40, 70), scale[row : row + 1])
            assert torch.allclose(together[row : row + 1], alone, atol=1e-5)


def test_a_hash_does_not_know_how_wide_its_array_is():
    wide, narrow = hashed(torch.arange(3), (9, 40)), hashed(torch.arange(3), (5, 7))
    assert torch.equal(wide[:, :, :5, :7], narrow)
    assert len(torch.unique(hashed(torch.arange(1), (300, 400)))) == 300 * 400
