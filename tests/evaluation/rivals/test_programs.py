"""Outside programs: the page they get, the page they make, and every way they can fail."""

import os
import shlex
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from docclean.errors import DoccleanError, MissingProgramError, UsageError
from docclean.evaluation.rivals import programs
from docclean.evaluation.rivals.programs import ASSUMED_DPI, Program, stop_programs
from docclean.page import Page

PYTHON = shlex.quote(sys.executable)

INVERT = (
    "import sys; from PIL import Image, ImageOps; "
    "ImageOps.invert(Image.open(sys.argv[1])).save(sys.argv[2])"
)


def python(code, *arguments):
    return Program((sys.executable, "-c", code, *(arguments or ("@IN", "@OUT"))))


@pytest.fixture
def page(letters):
    return Page(letters, (300.0, 300.0), 4, "scan.png")


@pytest.fixture
def colour(letters):
    return Page(np.stack([letters, letters // 2, 255 - letters], -1))


@pytest.fixture
def shell(tmp_path):
    """Return a function that makes a program of shell lines; $1 is the input, $2 the output."""

    def make(lines, **options):
        script = tmp_path / "script"
        script.write_text(f"#!/bin/sh\n{lines}\n")
        script.chmod(0o755)
        return Program((str(script), "@IN", "@OUT"), **options)

    return make


# --- what works ----------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["", ".png", ".tif", ".bmp", ".pnm", ".PGM"])
def test_a_copy_is_the_page(page, colour, suffix):
    program = Program.parse(f"cp @IN{suffix} @OUT{suffix}")
    for given in (page, colour):
        made = program(given)
        assert np.array_equal(made.pixels, given.pixels)
        assert (made.number, made.source) == (given.number, given.source)
        assert made.dpi == (given.dpi and pytest.approx(given.dpi, abs=0.1))


def test_a_program_changes_the_pixels_and_leaves_the_page_alone(page):
    before = page.pixels.copy()
    made = Program.parse(f'{PYTHON} -c "{INVERT}" @IN @OUT')(page)
    assert np.array_equal(made.pixels, 255 - before)
    assert np.array_equal(page.pixels, before)


def test_a_size_and_a_resolution_may_change(page):
    code = (
        "import sys; from PIL import Image; one = Image.open(sys.argv[1]); "
        "one.resize((one.width * 2, one.height * 2)).save(sys.argv[2], dpi=(600, 600))"
    )
    made = python(code)(page)
    assert (made.height, made.width) == (2 * page.height, 2 * page.width)
    assert made.dpi == pytest.approx((600, 600), abs=0.1)


def test_a_resolution_the_file_does_not_name_is_kept(page):
    code = INVERT.replace("save(sys.argv[2])", "save(sys.argv[2], dpi=None)")
    assert python(code, "@IN.pnm", "@OUT.png")(page).dpi == page.dpi


@pytest.mark.parametrize(
    ("dpi", "told"), [((200.0, 150.0), 150), (None, ASSUMED_DPI), ((1.0, 1.0), ASSUMED_DPI)]
)
def test_the_resolution_is_told_where_it_is_asked_for(letters, dpi, told):
    code = (
        "import sys; from PIL import Image; "
        "Image.new('L', (int(sys.argv[1].removeprefix('dpi=')), 1)).save(sys.argv[3])"
    )
    made = python(code, "dpi=@DPI", "@IN", "@OUT")(Page(letters, dpi))
    assert made.width == told


def test_bits_and_sixteen_bit_pnm_are_read(page, shell):
    assert shell(r"printf 'P4\n3 1\n\240' >$2")(page).pixels.tolist() == [[0, 255, 0]]
    assert shell(r"printf 'P5\n2 1\n65535\n\377\377\000\000' >$2")(page).pixels.tolist() == [
        [255, 0]
    ]


def test_places_stand_inside_arguments_but_not_inside_words(page):
    code = (
        "import shutil, sys; assert sys.argv[3] == '@INPUT me@OUTSIDE'; "
        "shutil.copy(sys.argv[1].split('=')[1], sys.argv[2].split('=')[1])"
    )
    made = python(code, "--in=@IN", "--out=@OUT", "@INPUT me@OUTSIDE")(page)
    assert np.array_equal(made.pixels, page.pixels)


def test_no_shell_sees_the_command(page, tmp_path):
    marker = tmp_path / "marker"
    code = "import shutil, sys; shutil.copy(*sys.argv[1:3])"
    python(code, "@IN", "@OUT", f"; touch {marker}", f"$(touch {marker})")(page)
    assert not marker.exists()


def test_nothing_is_left_behind(page, shell, tmp_path, monkeypatch):
    kept = tmp_path / "temporary"
    kept.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(kept))
    shell('cp "$1" "$2"; echo x >"$TMPDIR/kept"; touch "$2.more"')(page)
    with pytest.raises(DoccleanError):
        shell('touch "$TMPDIR/kept"; exit 1')(page)
    assert not list(kept.iterdir())


def test_programs_beside_python_are_found(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert Program((Path(sys.executable).name, "@IN", "@OUT")).lacking() is None


# --- what does not -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("cp in.png @OUT", "no @IN"),
        ("cp @IN out.png", "no @OUT"),
        ("cp @IN.png @OUTPUT.png", "no @OUT"),
        ("@IN @OUT", "begins with a program"),
        ("", "begins with a program"),
        ("cp 'open @IN @OUT", "cannot be split"),
        ("cp @IN @OUT.xyz", "no format has the suffix '.xyz'"),
        ("cp @IN @OUT.tif @OUT.png", "two suffixes"),
    ],
)
def test_a_command_that_cannot_work_is_refused_at_once(spec, message):
    with pytest.raises(UsageError, match=message):
        Program.parse(spec)


def test_a_missing_program_says_how_to_get_it(page):
    program = Program(("program-nobody-has", "@IN", "@OUT"), install="apt-get install something")
    assert program.lacking().endswith("apt-get install something")
    with pytest.raises(MissingProgramError, match=r"program-nobody-has is not .*apt-get install"):
        program(page)
    with pytest.raises(MissingProgramError, match="install it, or give its path"):
        Program(("program-nobody-has", "@IN", "@OUT"))(page)


def test_a_failure_carries_status_and_last_words(page, shell):
    program = shell("echo first >&2; echo it broke >&2; exit 3")
    with pytest.raises(
        DoccleanError, match=r"scan.png \(page 4\): script ended with status 3: it b"
    ):
        program(page)


def test_the_line_that_names_the_error_comes_before_a_hint(page, shell):
    with pytest.raises(DoccleanError, match=r"status 1: Error: no ink$"):
        shell("echo 'Error: no ink' >&2; echo 'Try --help' >&2; exit 1")(page)


def test_a_failure_without_words_and_a_signal(page, shell):
    with pytest.raises(DoccleanError, match="status 7: it gave no reason"):
        shell("exit 7")(page)
    with pytest.raises(DoccleanError, match="was stopped by signal 9"):
        shell("kill -9 $$")(page)


def test_a_file_that_is_no_program(page, tmp_path):
    broken = tmp_path / "broken"
    broken.write_bytes(b"\x7fELF")
    broken.chmod(0o755)
    with pytest.raises(DoccleanError, match="broken cannot be started"):
        Program((str(broken), "@IN", "@OUT"))(page)


@pytest.mark.parametrize("lines", ["true", ': >"$2"'])
def test_writing_nothing_is_an_error(page, shell, lines):
    with pytest.raises(DoccleanError, match="script ended well but wrote nothing to @OUT"):
        shell(lines)(page)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('echo hello >"$2"', "what script wrote is not a document"),
        ('head -c 60 "$1" >"$2"', "what script wrote is damaged"),
        (r"printf 'P5\n9 9\n255\nx' >$2", "what script wrote is truncated or damaged"),
    ],
)
def test_writing_rubbish_is_an_error(page, shell, lines, message):
    with pytest.raises(DoccleanError, match=message) as caught:
        shell(lines)(page)
    assert "docclean-" not in str(caught.value)  # a folder nobody can look into any more


def test_several_pages_are_an_error(page):
    code = (
        "import sys; from PIL import Image; one = Image.open(sys.argv[1]); "
        "one.save(sys.argv[2], save_all=True, append_images=[one])"
    )
    with pytest.raises(DoccleanError, match="more than one page"):
        python(code, "@IN", "@OUT.tif")(page)


# --- what hangs ----------------------------------------------------------------------------------


def alive(process):
    try:
        os.kill(process, 0)
        return not Path(f"/proc/{process}/stat").read_text().split(")")[1].startswith(" Z")
    except OSError:
        return False


def ends(process):
    for _ in range(200):
        if not alive(process):
            return True
        time.sleep(0.01)
    return False


def written(path):
    for _ in range(500):
        if path.exists() and path.read_text().strip():
            return int(path.read_text())
        time.sleep(0.01)
    raise AssertionError("the program did not start")


@pytest.fixture
def hanging(shell, tmp_path):
    """A program that waits for a child of its own, which writes its number down."""
    return lambda **options: shell(f"sleep 60 & echo $! >{tmp_path}/child; wait", **options)


def test_a_program_that_hangs_is_stopped_with_its_children(page, hanging, tmp_path):
    started = time.perf_counter()
    with pytest.raises(DoccleanError, match=r"had not finished after 0.5 s and was stopped"):
        hanging(timeout=0.5)(page)
    assert time.perf_counter() - started < 10
    assert ends(written(tmp_path / "child"))


def test_what_outlives_its_program_is_stopped(page, shell, tmp_path):
    shell(f'sleep 60 & echo $! >{tmp_path}/child; cp "$1" "$2"')(page)
    assert ends(written(tmp_path / "child"))


def test_ctrl_c_leaves_no_program_behind(page, hanging, tmp_path, monkeypatch):
    class Interrupted(programs.subprocess.Popen):
        def wait(self, timeout=None):
            if not hasattr(self, "interrupted"):
                self.interrupted = written(tmp_path / "child")
                raise KeyboardInterrupt
            return super().wait(timeout)

    monkeypatch.setattr(programs.subprocess, "Popen", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        hanging()(page)
    assert ends(written(tmp_path / "child"))
    assert not programs._RUNNING


def test_the_main_thread_can_stop_the_programs_of_others(page, hanging, tmp_path):
    found = []

    def run():
        try:
            hanging()(page)
        except DoccleanError as error:
            found.append(str(error))

    thread = threading.Thread(target=run)
    thread.start()
    child = written(tmp_path / "child")
    stop_programs()
    thread.join(10)
    assert "was stopped by signal 9" in found[0] and ends(child)
