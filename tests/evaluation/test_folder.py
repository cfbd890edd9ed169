"""What a folder holds: sets, truth, twins, and what is left out."""

import os
from pathlib import Path

import pytest

from docclean.errors import UnreadableInputError
from docclean.evaluation.folder import Found, Item, find_items

ALTO = "<alto><Layout/></alto>"


@pytest.fixture
def lay(tmp_path):
    """Return a function that makes files below a folder and finds what it holds."""

    def lay(*names: str) -> Found:
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(ALTO if path.suffix.lower() == ".xml" else "")
        return find_items(tmp_path)

    return lay


def names(found: Found) -> list[str]:
    return [f"{item.group}:{item.name}" for item in found.items]


def below(path: Path | None, folder: Path) -> str | None:
    return path and path.relative_to(folder).as_posix()


# --- one folder ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "truth",
    [
        "page.gt.txt",
        "page.words.json",
        "page.xml",
        "page.alto.xml",
        "page.page.xml",
        "page.hocr",
        "page.XML",
        "truth/page.gt.txt",
        "truth/page.hocr",
    ],
)
@pytest.mark.parametrize("image", ["page.png", "page.JPG", "page.pdf", "page.tiff", "page.webp"])
def test_truth_has_the_stem_of_its_document(lay, tmp_path, image, truth):
    found = lay(image, truth)
    assert found == Found((Item("", "page", tmp_path / image, tmp_path / truth, None),))


def test_html_is_truth_where_it_is_hocr(tmp_path):
    web = tmp_path / "page.html"
    web.write_text("<p class='ocr_line'>text</p>")
    (tmp_path / "page.png").touch()
    (found,) = find_items(tmp_path).items
    assert found.truth == web
    web.write_text("<p>a saved page</p>")
    (found,) = find_items(tmp_path).items
    assert found.truth is None


def test_an_invoice_beside_its_pdf_is_no_truth(lay, tmp_path):
    lay("a.pdf", "b.pdf")
    (tmp_path / "a.xml").write_text("<Invoice xmlns='urn:x'/>")
    found = find_items(tmp_path)
    assert names(found) == [":a", ":b"] and found.left_out == ()
    assert all(item.truth is None for item in found.items)


def test_preferred_truth_comes_first_and_the_truth_folder_before_all(lay, tmp_path):
    (found,) = lay("page.png", "page.hocr", "page.xml", "page.words.json").items
    assert found.truth == tmp_path / "page.words.json"
    (found,) = lay("page.gt.txt").items
    assert found.truth == tmp_path / "page.gt.txt"
    (found,) = lay("truth/page.xml").items
    assert found.truth == tmp_path / "truth/page.xml"


def test_documents_without_truth_are_left_out_and_told(lay, tmp_path):
    found = lay("a.png", "b.png", "b.gt.txt", "c.pdf")
    assert names(found) == [":b"]
    assert found.left_out == (tmp_path / "a.png", tmp_path / "c.pdf")


def test_without_any_truth_every_document_counts(lay):
    found = lay("a.png", "b.pdf", "notes.txt", "index.json", "list.csv")
    assert names(found) == [":a", ":b"] and found.left_out == ()
    assert all(item.truth is None and item.twin is None for item in found.items)


def test_page_2_comes_before_page_10(lay):
    found = lay("page10.png", "page2.png", "Page1.png", "page02.png", "10/a.png", "9/a.png")
    assert names(found) == [":Page1", ":page02", ":page2", ":page10", "9:a", "10:a"]


def test_names_are_unique_in_a_set(lay):
    found = lay("a.png", "a.jpg", "a.gt.txt", "b.png", "b.gt.txt", "set/a.png")
    assert names(found) == [":a.jpg", ":a.png", ":b", "set:a"]
    assert [item.truth is not None for item in found.items] == [True, True, True, False]


def test_hidden_files_are_skipped(lay):
    assert names(lay("a.png", "._a.png", ".cache/b.png", ".b.jpg")) == [":a"]


# --- pairs ---------------------------------------------------------------------------------------


def test_pairs_match_by_stem(lay, tmp_path):
    found = lay(
        "noisy/1.png",
        "noisy/2.jpg",
        "noisy/3.png",
        "clean/1.tif",
        "clean/2.png",
        "clean/2.jpg",
        "clean/4.png",
        "clean/notes.txt",
    )
    assert names(found) == [":1", ":2", ":3"]
    twins = [below(item.twin, tmp_path) for item in found.items]
    assert twins == ["clean/1.tif", "clean/2.jpg", None]  # the very name before the stem
    assert all(item.truth is None for item in found.items)


def test_pairs_with_truth_in_its_folder_or_beside(lay, tmp_path):
    found = lay("noisy/1.png", "noisy/2.png", "clean/1.png", "truth/1.hocr", "noisy/2.gt.txt")
    assert [below(item.truth, tmp_path) for item in found.items] == [
        "truth/1.hocr",
        "noisy/2.gt.txt",
    ]
    assert [below(item.twin, tmp_path) for item in found.items] == ["clean/1.png", None]


def test_noisy_and_truth_need_no_clean(lay):
    found = lay("noisy/1.png", "truth/1.gt.txt")
    assert names(found) == [":1"] and found.items[0].truth and not found.items[0].twin


def test_pairs_without_truth_are_left_out_where_others_have_it(lay, tmp_path):
    found = lay("noisy/1.png", "noisy/2.png", "clean/2.png", "truth/1.gt.txt")
    assert names(found) == [":1"]
    assert found.left_out == (tmp_path / "noisy/2.png",)


def test_documents_beside_noisy_belong_to_no_set(lay, tmp_path):
    found = lay("contact-sheet.png", "noisy/1.png", "clean/1.png")
    assert names(found) == [":1"]
    assert found.left_out == (tmp_path / "contact-sheet.png",)


def test_clean_without_noisy_is_a_set_like_any_other(lay):
    assert names(lay("clean/1.png", "dirty/1.png")) == ["clean:1", "dirty:1"]
    assert names(lay("noisy/readme.txt")) == ["clean:1", "dirty:1"]


def test_folders_in_noisy_are_sets_with_the_same_folders_in_clean(lay, tmp_path):
    found = lay("set/noisy/1.png", "set/noisy/a/1.png", "set/clean/a/1.png", "set/truth/a/1.gt.txt")
    assert names(found) == ["set:1", "set/a:1"]
    assert found.items[0].truth is found.items[0].twin is None
    assert below(found.items[1].twin, tmp_path) == "set/clean/a/1.png"
    assert below(found.items[1].truth, tmp_path) == "set/truth/a/1.gt.txt"
    # a folder beside noisy may bear the same name: the set is one, its names stay apart
    assert names(lay("set/a/1.png", "set/a/1.gt.txt")) == [
        "set:1",
        "set/a:set/a/1.png",
        "set/a:set/noisy/a/1.png",
    ]


# --- several sets --------------------------------------------------------------------------------


def test_each_folder_is_a_set_labelled_or_not(lay, tmp_path):
    found = lay(
        "loose.png",
        "books/a.png",
        "books/a.gt.txt",
        "books/b.png",
        "deep/er/c.png",
        "pairs/noisy/d.png",
        "pairs/clean/d.png",
        "pairs/more/e.png",
        "empty/readme.md",
    )
    assert names(found) == [":loose", "books:a", "deep/er:c", "pairs:d", "pairs/more:e"]
    assert [bool(item.truth) for item in found.items] == [False, True, False, False, False]
    assert [bool(item.twin) for item in found.items] == [False, False, False, True, False]
    assert found.left_out == (tmp_path / "books/b.png",)


def test_links_in_a_circle_do_no_harm(lay, tmp_path):
    lay("set/a.png", "set/noisy/b.png", "other/c.png", "z/noisy/d.png", "z/clean/d.png")
    (tmp_path / "set/up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "set/noisy/round").symlink_to(tmp_path / "set/noisy")
    (tmp_path / "a-link").symlink_to(tmp_path / "z/noisy")
    (tmp_path / "other/nowhere.png").symlink_to(tmp_path / "gone.png")
    (tmp_path / "other/c2.png").symlink_to(tmp_path / "other/c.png")
    found = find_items(tmp_path)
    assert names(found) == ["other:c", "other:c2", "set:b", "z:d"]
    assert found.items[-1].twin


def test_the_folder_itself_may_be_a_link(lay, tmp_path):
    lay("real/a.png", "real/in/b.png")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert names(find_items(tmp_path / "link")) == [":a", "in:b"]


def test_the_order_is_not_that_of_the_disk(lay, monkeypatch):
    files = [f"{folder}/{n}.png" for folder in ("b", "a", "noisy") for n in (3, 1, 2)]
    first = lay(*files)
    real = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda self: reversed(list(real(self))))
    assert lay() == first


# --- a single document ---------------------------------------------------------------------------


def test_a_single_document_is_one_item(lay, tmp_path):
    lay("a.png", "b.png", "a.gt.txt", "clean/b.png", "c.dat")
    image = tmp_path / "a.png"
    assert find_items(image) == Found((Item("", "a", image, tmp_path / "a.gt.txt", None),))
    image = tmp_path / "b.png"  # not in a folder noisy: what lies in clean is none of its business
    assert find_items(image) == Found((Item("", "b", image, None, None),))
    assert names(find_items(tmp_path / "c.dat")) == [":c"]  # its content may well be a PNG


def test_a_single_noisy_document_keeps_its_truth_and_twin(lay, tmp_path):
    lay("noisy/1.png", "noisy/2.png", "clean/1.tif", "truth/1.gt.txt")
    (item,) = find_items(tmp_path / "noisy/1.png").items
    assert item.truth == tmp_path / "truth/1.gt.txt" and item.twin == tmp_path / "clean/1.tif"


# --- nothing found -------------------------------------------------------------------------------


def test_nothing_found_says_what_was_expected(lay, tmp_path):
    with pytest.raises(UnreadableInputError, match="holds no documents; give images or PDFs"):
        lay("readme.txt", "page.gt.txt", "clean/readme.txt", "truth/page.xml")
    with pytest.raises(UnreadableInputError, match=r"nowhere does not exist; check"):
        find_items(tmp_path / "nowhere")
    with pytest.raises(UnreadableInputError, match=r"cannot be read .*; check"):
        find_items(tmp_path / ("x" * 300))


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may list everything")
def test_a_locked_folder_is_named(lay, tmp_path):
    lay("a.png", "locked/b.png")
    (tmp_path / "locked").chmod(0)
    try:
        with pytest.raises(UnreadableInputError, match=r"locked cannot be listed .*; check"):
            find_items(tmp_path)
    finally:
        (tmp_path / "locked").chmod(0o700)


def test_the_sample_of_the_project():
    found = find_items(Path(__file__).parents[2] / "data" / "sample")
    assert names(found) == [":00000", ":00001"] and found.left_out == ()
    assert all(item.truth and item.twin for item in found.items)
