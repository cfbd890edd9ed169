"""A recipe: defaults, a file over them, overrides over both; no misspelt key passes."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from docclean.errors import UnreadableInputError, UsageError
from docclean.recipe import Recipe, Train

RECIPES = sorted((Path(__file__).parents[1] / "pipelines" / "recipes").glob("*.toml"))


@pytest.fixture
def written(tmp_path):
    """Return a function that writes a recipe file."""

    def write(text: str) -> Path:
        path = tmp_path / "mine.toml"
        path.write_text(text, "utf-8")
        return path

    return write


def test_without_a_file_it_is_the_defaults():
    assert Recipe.load() == Recipe() == Recipe.load(None)


def test_a_file_goes_over_the_defaults(written):
    recipe = Recipe.load(
        written(
            "[synth]\npages = 3\ndpi_range = [72, 90]\n[train]\nlearning_rate = 1\n"
            "[corrupt.members]\nstain = 0.5\n[model]\nwidths = [4, 8, 8, 8]\n"
        )
    )
    assert recipe.synth.pages == 3 and recipe.synth.dpi_range == (72, 90)
    assert recipe.train.learning_rate == 1.0 and isinstance(recipe.train.learning_rate, float)
    assert recipe.corrupt.members == {"stain": 0.5}
    assert recipe.model.widths == (4, 8, 8, 8)
    assert recipe.train.batch == Train().batch  # what the file leaves out stays


def test_overrides_go_over_the_file(written):
    path = written("[train]\nsteps = 5\nbatch = 2\n")
    recipe = Recipe.load(path, train__steps=9, train__seed=None)
    assert (recipe.train.steps, recipe.train.batch, recipe.train.seed) == (9, 2, Train().seed)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[trian]\nsteps = 1\n", "no section 'trian' (did you mean 'train'?)"),
        ("[train]\nstep = 1\n", "has no key 'step' (did you mean 'steps'?)"),
        ("[synth]\ndpi = 300\n", "known: pages, dpi_range"),
        ("steps = 3\n", "no section 'steps'"),
        ("train = 3\n", "[train] must be a table"),
        ("[train]\nsteps = 'many'\n", "[train] steps must be like 20000, not 'many'"),
        ("[train]\nsteps = 2.5\n", "[train] steps must be like 20000"),
        ("[train]\nsteps = true\n", "[train] steps must be like 20000"),
        ("[train]\nema = true\n", "[train] ema must be like 0.999"),
        ("[model]\nwidths = 16\n", "[model] widths must be like"),
        ("[model]\nname = 7\n", "[model] name must be like 'dae'"),
        ("[corrupt]\nmembers = ['stain']\n", "[corrupt] members must be like"),
    ],
)
def test_a_mistake_is_an_error_that_names_the_nearest(written, text, told):
    path = written(text)
    with pytest.raises(UsageError) as caught:
        Recipe.load(path)
    assert told in str(caught.value) and str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[model]\nwidths = ['a', 'b', 'c', 'd']\n", "[model] widths"),
        ("[synth]\ndpi_range = [100]\n", "[synth] dpi_range"),
        ("[corrupt.members]\nstain = 'often'\n", "stain"),
    ],
)
def test_what_is_inside_a_list_or_table_is_checked_too(written, text, told):
    with pytest.raises(UsageError) as caught:
        Recipe.load(written(text))
    assert told in str(caught.value)


def test_a_wrong_override_is_an_error_too():
    with pytest.raises(UsageError, match="did you mean 'steps'"):
        Recipe.load(train__stpes=1)
    with pytest.raises(UsageError, match="no section 'tarin'"):
        Recipe.load(tarin__steps=1)


@pytest.mark.parametrize("content", [b"[train", b"\xff\xfe\x00", b"steps 3"], ids=repr)
def test_a_file_that_is_no_toml_is_named(tmp_path, content):
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    with pytest.raises(UnreadableInputError, match=r"broken\.toml"):
        Recipe.load(path)


def test_a_missing_file_or_a_folder_is_named(tmp_path):
    with pytest.raises(UnreadableInputError, match=r"none\.toml"):
        Recipe.load(tmp_path / "none.toml")
    with pytest.raises(UnreadableInputError):
        Recipe.load(tmp_path)


def test_it_goes_into_a_header_and_back(tmp_path):
    recipe = Recipe.load(train__steps=3, corrupt__members={"jpeg": 1.0})
    tables = json.loads(json.dumps(recipe.to_dict()))
    overrides = {
        f"{section}__{key}": value
        for section, table in tables.items()
        if section != "mix"
        for key, value in table.items()
    }
    assert Recipe.load(**overrides) == recipe
    assert tables["mix"] == []


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.name)
def test_the_recipes_we_ship_load(path):
    recipe = Recipe.load(path)
    train = recipe.train
    assert train.patch % 16 == 0 and train.patch <= train.sheet
    assert recipe.model.name != "dae" or len(recipe.model.widths) == 4
    assert recipe.synth.dpi_range[0] < recipe.synth.dpi_range[1]


def test_there_is_a_recipe_of_the_shipped_model():
    assert "small.toml" in [path.name for path in RECIPES]


# --- mixes of looks and ranges -------------------------------------------------------------------


def test_a_mix_takes_pages_and_dirt_of_the_recipes_beside_it(tmp_path):
    (tmp_path / "till.toml").write_text(
        "[synth]\ndpi_range = [80, 90]\nlayouts = { receipt = 1 }\n"
        "[corrupt]\nonly_named = true\n[corrupt.members]\nstain = 0.5\n"
    )
    (tmp_path / "shelf.toml").write_text("[corrupt.ranges.stain]\ndepth = [0.1, 0.2]\n")
    path = tmp_path / "mine.toml"
    path.write_text("[synth]\npages = 7\ntext_folder = 'words'\n[mix]\ntill = 1\nshelf = 3\n")
    recipe = Recipe.load(path, synth__pages=9)
    till, shelf = recipe.looks()
    assert (till.name, till.share, shelf.name, shelf.share) == ("till", 1.0, "shelf", 3.0)
    assert till.synth.dpi_range == (80, 90) and till.synth.layouts == {"receipt": 1.0}
    assert till.synth.pages == shelf.synth.pages == 9
    assert till.synth.text_folder == "words"
    assert till.corrupt.only_named and till.corrupt.members == {"stain": 0.5}
    assert shelf.corrupt.ranges == {"stain": {"depth": (0.1, 0.2)}}
    drawn = [recipe.look(at / 100).name for at in range(100)]
    assert drawn.count("till") == 25
    json.dumps(recipe.to_dict())  # a checkpoint's header holds all of it


def test_without_a_mix_the_recipe_is_its_own_look():
    recipe = Recipe()
    (look,) = recipe.looks()
    assert look.synth is recipe.synth and look.corrupt is recipe.corrupt
    assert recipe.look(0.5) == look


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[mix]\ntil = 1\n", "no til.toml beside it (did you mean 'till'?)"),
        ("[mix]\ntill = -1\n", "[mix] till must be at least 0, not -1"),
        ("[mix]\ntill = inf\n", "[mix] till must be a finite number"),
        ("[mix]\ntill = 'much'\n", "must be like 1.0"),
        ("[mix]\ntill = 0\n", "needs a share above 0"),
        ("mix = 3\n", "must name recipes"),
        ("[mix]\nmixed = 1\n", "is itself a mix"),
        ("[corrupt.ranges.stain]\ndepth = [0.1]\n", "depth must be like [0.1, 0.5]"),
        ("[corrupt.ranges.stain]\ndepth = 3\n", "depth must be like"),
    ],
)
def test_a_wrong_mix_or_range_is_told(tmp_path, text, told):
    (tmp_path / "till.toml").write_text("")
    (tmp_path / "mixed.toml").write_text("[mix]\ntill = 1\n")
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        Recipe.load(path)
    assert told in str(caught.value) and str(path) in str(caught.value)


def test_the_presets_are_there_and_name_what_exists():
    from docclean.corruptions.chain import check
    from docclean.synth import LAYOUTS

    names = {path.stem for path in RECIPES}
    assert names >= {"office", "fax", "historical", "typewriter", "receipt", "phone", "small"}
    for path in RECIPES:
        for look in Recipe.load(path).looks():
            check(look.corrupt)
            assert set(look.synth.layouts) <= set(LAYOUTS.names())
            assert look.corrupt.clean_share == pytest.approx(0.08)


# --- numbers that cannot work --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[synth]\nfonts = [3]\n", """[synth] fonts must be like ["DejaVu Serif"], not 3"""),
        ("[synth]\nfonts = 'Georgia'\n", "fonts must be like ["),
        ("[synth]\ndpi_range = [0, 100]\n", "[synth] dpi_range must be from 20 to 2400, not 0"),
        ("[synth]\ndpi_range = [300, 9000]\n", "dpi_range must be from 20 to 2400, not 9000"),
        ("[synth]\ndpi_range = [300, 100]\n", "dpi_range must rise, as in [100, 300]"),
        ("[synth]\ndpi_range = [72, 100, 300]\n", "dpi_range must be like [72, 600]"),
        ("[synth]\nlayouts = { letter = 0 }\n", "layouts needs a weight above 0"),
        ("[synth]\nlayouts = { letter = -3 }\n", "layouts.letter must be at least 0, not -3"),
        ("[synth]\nlayouts = { letter = nan }\n", "layouts.letter must be a finite number"),
        ("[corrupt]\nclean_share = 7\n", "[corrupt] clean_share must be from 0 to 1, not 7"),
        ("[corrupt]\nseverity_power = -2\n", "severity_power must be from 0.05 to 20, not -2"),
        ("[corrupt]\nseverity_power = 0\n", "severity_power must be from 0.05"),
        ("[corrupt.members]\nstain = 3\n", "members.stain must be from 0 to 1, not 3"),
        ("[corrupt.members]\nstain = -1\n", "members.stain must be from 0 to 1, not -1"),
        ("[corrupt.members]\nstain = { depth = [0, 1] }\n", "members.stain must be like 0.3"),
        ("[corrupt.ranges]\nstain = 0.3\n", "ranges.stain must be like { depth = [0.1, 0.5] }"),
        ("[corrupt.ranges.stain]\ndepth = 0.3\n", "ranges.stain.depth must be like [0.1, 0.5]"),
        ("[corrupt.ranges.stain]\nradius = [nan, 3]\n", "radius must be a finite number"),
        ("[corrupt.ranges.stain]\nradius = [3, inf]\n", "radius must be a finite number"),
        (f"[train]\nema = 1{'0' * 400}\n", "ema must be a finite number"),
        ("[train]\nlearning_rate = nan\n", "learning_rate must be a finite number like 0.002"),
        ("[train]\nbatch = 0\n", "[train] batch must be at least 1, not 0"),
        ("[train]\nworkers = -1\n", "[train] workers must be at least 0, not -1"),
        ("[train]\nseed = -1\n", "[train] seed must be at least 0, not -1"),
        ("[model]\nwidths = [16, 0, 64, 96]\n", "[model] widths must be at least 1, not 0"),
    ],
)
def test_a_number_that_cannot_work_is_told_in_one_sentence(written, text, told):
    path = written(text)
    with pytest.raises(UsageError) as caught:
        Recipe.load(path)
    message = str(caught.value)
    assert told in message and message.startswith(str(path)) and "\n" not in message


def test_what_is_empty_by_default_can_be_set(written):
    recipe = Recipe.load(
        written("[synth]\nfonts = ['Georgia', 'Lora']\nlocales = []\nlayouts = { letter = 2 }\n")
    )
    assert recipe.synth.fonts == ("Georgia", "Lora") and recipe.synth.locales == ()
    assert recipe.synth.layouts == {"letter": 2.0}


def test_a_number_too_long_to_read_is_told(written):
    with pytest.raises(UnreadableInputError, match=r"mine\.toml"):
        Recipe.load(written(f"[train]\nsteps = 1{'0' * 5000}\n"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[corrupt]\nclean_share = 7\n", "[corrupt] clean_share must be from 0 to 1"),
        ("[synth]\ndpi_range = [300, 100]\n", "[synth] dpi_range must rise"),
        ("[corrupt.members]\nstian = 0.3\n", "[corrupt.members] has no 'stian' (did you mean"),
        ("[corrupt.ranges.stain]\ndept = [0, 1]\n", "[corrupt.ranges.stain] has no 'dept'"),
        ("[corrupt.ranges.blur]\nsigma = [-3, -3]\n", "[corrupt.ranges.blur] sigma must be from 0"),
    ],
)
@pytest.mark.parametrize("verb", ["train", "synth"])
def test_a_mistake_in_a_look_names_the_look_s_file(tmp_path, verb, text, told):
    (tmp_path / "office.toml").write_text(text)
    path = tmp_path / "mine.toml"
    path.write_text("[mix]\noffice = 1\n")
    from docclean.cli import learning

    command = {"train": learning.train, "synth": learning.synth}[verb]
    named = [str(path)] if verb == "train" else ["--recipe", str(path)]
    result = CliRunner().invoke(command, [*named, "-o", str(tmp_path / "out")])
    assert isinstance(result.exception, UsageError)
    assert str(result.exception).startswith(f"{tmp_path / 'office.toml'}: {told}")
    assert not (tmp_path / "out").exists()
