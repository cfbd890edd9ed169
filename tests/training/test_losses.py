"""The losses know where ink is, what an edge is, which patches came in clean, and who reads."""

import pytest
import torch
from torch import Tensor

from docclean.models import ARCHITECTURES
from docclean.recipe import Model, Train
from docclean.training.losses import (
    Lesson,
    charbonnier,
    cleaning_loss,
    gradient_loss,
    untouched,
)
from docclean.training.recogniser.lines import LineBatch
from docclean.training.recogniser.network import Recogniser


def loss_of(wrong_at: tuple[int, int], train: Train) -> float:
    """The loss of a page with one stroke when a single pixel is told wrong."""
    clean = torch.ones(1, 1, 40, 40)
    clean[..., 18:22, 10:30] = 0.0
    logits = 30 * (clean * 2 - 1)
    logits[..., wrong_at[0], wrong_at[1]] *= -1
    return float(cleaning_loss(logits, clean, train))


def test_a_lost_stroke_costs_more_than_dirt_beside_it_than_dirt_far_off():
    train = Train(keep_weight=1.0)
    ink, beside, far = (loss_of(place, train) for place in ((20, 20), (23, 20), (2, 2)))
    assert ink > beside > far


def test_the_weights_are_those_of_the_recipe():
    even = Train(ink_weight=0.0, keep_weight=0.0)
    ink, beside, far = (loss_of(place, even) for place in ((20, 20), (23, 20), (2, 2)))
    assert ink == pytest.approx(beside) == pytest.approx(far)
    kept = Train(ink_weight=0.0, keep_weight=3.0)
    right = Train(ink_weight=0.0, keep_weight=0.0, l1_weight=0.0)
    assert loss_of((20, 20), kept) / loss_of((2, 2), kept) == pytest.approx(4, rel=0.05)
    assert loss_of((2, 2), right) < loss_of((2, 2), even)


def test_near_ink_ends_three_pixels_away():
    train = Train(ink_weight=3.0, keep_weight=0.0)
    near, past = loss_of((24, 20), train), loss_of((25, 20), train)  # the stroke ends at row 21
    assert near / past == pytest.approx(4, rel=0.05)


def test_the_truth_costs_next_to_nothing():
    clean = torch.ones(1, 1, 16, 16)
    clean[..., 4:6, 4:12] = 0.0
    assert float(cleaning_loss(30 * (clean * 2 - 1), clean, Train())) < 1e-6


def stroke() -> Tensor:
    clean = torch.ones(1, 1, 16, 16)
    clean[..., 4:6, 4:12] = 0.0
    return clean


def test_the_charbonnier_error_is_absolute_far_from_0_and_square_near_it():
    errors = torch.tensor([0.0, 1e-5, 2e-5, 0.5, -0.5])
    at = charbonnier(errors.double())
    assert at[0] == 0 and at[2] / at[1] == pytest.approx(4, rel=1e-3)
    assert at[3] == at[4] == pytest.approx(0.5, rel=3e-3)


def test_charbonnier_can_take_the_place_of_the_absolute_error():
    clean = stroke()
    logits = torch.zeros_like(clean)
    one, other, none = (
        float(cleaning_loss(logits, clean, Train(l1_weight=l1, charbonnier_weight=weight)))
        for l1, weight in ((1.0, 0.0), (0.0, 1.0), (0.0, 0.0))
    )
    assert one == pytest.approx(other, rel=2e-3) and none < other - 0.4


def test_the_gradient_loss_sees_edges_and_no_even_shift():
    clean, even = stroke(), torch.ones(1, 1, 16, 16)
    assert float(gradient_loss(clean, clean, even)) == 0
    assert float(gradient_loss(clean * 0.8 + 0.1, clean + 0.1, even)) > 0
    assert float(gradient_loss(clean - 0.3, clean, even)) == pytest.approx(0, abs=1e-6)
    sideways = clean.transpose(2, 3)
    blurred = torch.nn.functional.avg_pool2d(clean, 3, 1, 1)
    one = gradient_loss(blurred, clean, even)
    assert float(one) > 0.01
    assert float(gradient_loss(blurred.transpose(2, 3), sideways, even)) == pytest.approx(
        float(one)
    )


def test_the_gradient_loss_weighs_edges_as_their_heavier_pixel():
    clean, heavy = stroke(), torch.ones(1, 1, 16, 16)
    wrong = clean.clone()
    wrong[..., 8, 8] = 0.5
    heavy[..., 8, 8] = 1e6
    assert float(gradient_loss(wrong, clean, heavy)) == pytest.approx(0.5, rel=1e-3)


def test_its_weight_in_the_recipe_adds_it():
    clean = stroke()
    logits = torch.randn(clean.shape, generator=torch.Generator().manual_seed(1))
    plain, more = (
        float(cleaning_loss(logits, clean, Train(gradient_weight=weight))) for weight in (0.0, 0.5)
    )
    even = Train(gradient_weight=0.5, ink_weight=0.0, fine_weight=0.0)
    flat = float(cleaning_loss(logits, clean, even))
    base = float(cleaning_loss(logits, clean, Train(ink_weight=0.0, fine_weight=0.0)))
    expected = 0.5 * float(gradient_loss(logits.sigmoid(), clean, torch.ones_like(clean)))
    assert more > plain and flat - base == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("scale", [1, 2])
def test_untouched_patches_are_known_at_either_scale(scale):
    clean = torch.cat([stroke(), stroke()])
    dirty = torch.nn.functional.avg_pool2d(clean, scale)
    dirty = (dirty * 255).round() / 255
    dirty[1, :, 0, 0] = 0.9
    assert untouched(dirty, clean).tolist() == [1.0, 0.0]


def test_identity_weighs_what_came_in_clean():
    """With a clean and a dirty patch, both wrong, the clean one's error counts the more."""
    clean = torch.cat([stroke(), stroke()])
    dirty = clean.clone()
    dirty[1] *= 0.7
    logits = 30 * (clean * 2 - 1)
    harmed, left = logits.clone(), logits.clone()
    harmed[0, ..., 4, 4:12] *= -1
    left[1, ..., 4, 4:12] *= -1
    train = Train(identity_weight=3.0)
    one, other = (float(cleaning_loss(wrong, clean, train, dirty)) for wrong in (harmed, left))
    assert one / other == pytest.approx(4, rel=0.01)
    plain = [float(cleaning_loss(wrong, clean, Train(), dirty)) for wrong in (harmed, left)]
    assert plain[0] == pytest.approx(plain[1])


def test_a_lesson_adds_the_codes_penalty():
    clean = stroke()
    costs = []
    for sparsity in (1e-9, 1.0):
        torch.manual_seed(0)
        model = Model("conv", widths=(4, 8), sparsity=sparsity)
        network = ARCHITECTURES["conv"].build(model)
        costs.append(float(Lesson(network, Train())(clean, clean).detach()))
        penalty = float(network.taught(clean)[1].detach())
    assert penalty > 0 and costs[1] - costs[0] == pytest.approx(penalty, rel=1e-4)


def test_a_lesson_reaches_every_weight():
    network = ARCHITECTURES["dae"].build(Model(widths=(4, 8, 8, 8)))
    clean = torch.rand(2, 1, 32, 32)
    Lesson(network, Train(gradient_weight=1.0))(clean * 0.9, clean).backward()
    assert all(value.grad is not None for value in network.parameters())


# --- the recogniser's view -----------------------------------------------------------------------


def reading_lesson(weight: float, name: str = "dae") -> Lesson:
    torch.manual_seed(3)
    widths = (4, 8) if name != "dae" else (4, 8, 8, 8)
    network = ARCHITECTURES[name].build(Model(name, widths=widths, side=32))
    train = Train(recogniser="here", recogniser_weight=weight)
    return Lesson(network, train, Recogniser().eval().requires_grad_(False))


def two_lines() -> LineBatch:
    clean = torch.full((2, 1, 64, 96), 255, dtype=torch.uint8)
    clean[..., 20:44, 20:76:8] = 0
    return LineBatch(clean // 5 * 4, clean, [(10, 12, 86, 52), (16, 16, 80, 48)], ["abc", "de"])


@pytest.mark.parametrize("name", ["dae", "conv", "bottleneck"])
def test_what_the_recogniser_sees_changes_what_is_learned(name):
    page = torch.rand(1, 1, 32, 32)
    slopes = []
    for weight, lines in ((0.5, None), (0.0, two_lines()), (0.5, two_lines())):
        lesson = reading_lesson(weight, name)
        lesson(0.9 * page, page, lines).backward()
        slopes.append(torch.cat([one.grad.flatten() for one in lesson.parameters()]))
    without, weightless, reading = slopes
    torch.testing.assert_close(without, weightless)
    assert (reading - without).norm() > 0.01 * without.norm()


def test_the_recogniser_counts_by_its_weight():
    page, lines = torch.rand(1, 1, 32, 32), two_lines()
    none, some, twice = (
        float(reading_lesson(weight)(page, page, lines).detach()) for weight in (0.0, 0.5, 1.0)
    )
    assert some > none and twice - none == pytest.approx(2 * (some - none), rel=1e-4)


def test_the_recogniser_is_neither_trained_nor_stored_nor_woken():
    lesson = reading_lesson(0.5).train()
    (recogniser,) = lesson._recogniser
    before = {name: value.clone() for name, value in recogniser.state_dict().items()}
    lesson(torch.rand(1, 1, 32, 32), torch.rand(1, 1, 32, 32), two_lines()).backward()
    assert list(lesson.state_dict()) == [f"network.{name}" for name in lesson.network.state_dict()]
    assert len(list(lesson.parameters())) == len(list(lesson.network.parameters()))
    assert not recogniser.training
    assert all(torch.equal(value, before[name]) for name, value in recogniser.state_dict().items())
    assert all(value.grad is None for value in recogniser.parameters())
