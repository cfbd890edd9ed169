"""Says whether two versions of docclean write the same bytes: 60 inputs, each cleaned as asked.

    python pipelines/bench/same_outputs.py DATA before.json         # in the old checkout
    python pipelines/bench/same_outputs.py DATA after.json --against before.json

DATA is the public benchmark (`data/README.md`). Every output file's SHA-256 is recorded, with the
exit status and the lines of `--json` without their times. Exit status 5 where anything differs.
"""

import contextlib
import hashlib
import io
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
from PIL import Image, ImageDraw, ImageFilter

from docclean.cli import run

HERE = Path(__file__).resolve().parents[2]
WANTED = 60
"""Inputs compared."""
PER_SET, STAINED = 2, 8
"""Images taken of each set with texts, and of the stained pages."""
WAYS = (
    (),
    ("--for-ocr", "--format", "png"),
    ("--grey",),
    ("--bitonal", "--format", "tiff"),
    ("--deskew", "--borders"),
    ("--no-gate",),
    ("--format", "pdf", "--mrc"),
    ("--model", "base"),
    ("--text", "--hocr"),
    ("--gate", "ocr"),
)
"""Options, taken in turn."""
PDF_WAYS = ((), ("--ocr",), ("--bitonal",), ("--jobs", "2"), ("--mrc",), ("--split", "--deskew"))


def made(folder: Path) -> Iterator[Path]:
    """Write pages for the paths no public scan takes: blur, weak print, a pen, small type."""
    clean = Image.open(HERE / "data/sample/clean/00001.png").convert("L")
    clean.filter(ImageFilter.GaussianBlur(4)).save(folder / "blurred.png", dpi=(300, 300))
    clean.point(lambda grey: 255 - (255 - grey) // 3).save(folder / "faint.png", dpi=(300, 300))
    clean.resize((clean.width // 3, clean.height // 3)).save(folder / "small.png", dpi=(100, 100))
    for name, part in (("pen", 1), ("small-pen", 2)):
        page = clean.resize((clean.width // part, clean.height // part)).copy()
        draw = ImageDraw.Draw(page)
        for row in range(6):
            y = (row + 2) * page.height // 10
            draw.line((page.width // 8, y, page.width * 7 // 8, y - 90 // part), 110, 4 // part + 1)
        page.save(folder / f"{name}.png", dpi=(300 // part, 300 // part))
    yield from (
        folder / f"{name}.png" for name in ("blurred", "faint", "small", "pen", "small-pen")
    )


def cases(data: Path, folder: Path) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Yield every input with its options."""
    for page in made(folder):
        yield page, ()
        yield page, ("--for-ocr",)
    images = [*(data / "dirty-documents/noisy").iterdir()]
    chosen = sorted(images)[:STAINED]
    for each in sorted((data / "ocr").iterdir()):
        inside = [p for p in sorted(each.rglob("*")) if p.suffix in (".png", ".jpg", ".tif")]
        chosen += inside[:PER_SET]
    for index, path in enumerate(chosen):
        yield path, WAYS[index % len(WAYS)]
    for index, path in enumerate(sorted((data / "pdf").glob("*.pdf"))):
        yield path, PDF_WAYS[index % len(PDF_WAYS)]


def outcome(path: Path, ways: tuple[str, ...], folder: Path) -> dict[str, object]:
    """Clean one input and return what came of it."""
    with tempfile.TemporaryDirectory(dir=folder) as out:
        told = io.StringIO()
        with contextlib.redirect_stdout(told), contextlib.redirect_stderr(io.StringIO()):
            status = run(["clean", str(path), "-o", f"{out}/", "--json", *ways])
        lines = [json.loads(line) for line in told.getvalue().splitlines()]
        for line in lines:
            for changing in ("seconds", "source", "output"):
                line.pop(changing, None)
            if "message" in line:
                line["message"] = line["message"].replace(out, "OUT").replace(str(folder), "IN")
        digests = {
            file.name: hashlib.sha256(file.read_bytes()).hexdigest()
            for file in sorted(Path(out).rglob("*"))
            if file.is_file()
        }
    return {"status": status, "files": digests, "lines": lines}


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True))
@click.argument("record", type=click.Path(path_type=Path))
@click.option("--against", type=click.Path(path_type=Path, exists=True), help="An earlier record.")
def main(data: Path, record: Path, against: Path | None) -> None:
    """Record what every input becomes; with --against, compare."""
    found: dict[str, dict[str, object]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for path, ways in cases(data, Path(folder)):
            name = f"{path.parent.name}/{path.name}" if path.is_relative_to(data) else path.name
            found[" ".join((name, *ways))] = outcome(path, ways, Path(folder))
            click.echo(".", nl=False, err=True)
    record.write_text(json.dumps(found, indent=1, sort_keys=True))
    inputs = len({name.partition(" ")[0] for name in found})
    click.echo(f"\n{inputs} inputs, {len(found)} runs")
    if inputs < WANTED:
        click.echo(f"fewer than {WANTED} inputs: is {data} whole?")
    if against is None:
        return
    before = json.loads(against.read_text())
    bytes_differ = [n for n in found if found[n]["files"] != before.get(n, {}).get("files")]
    told_differ = [n for n in found if n not in bytes_differ and found[n] != before.get(n)]
    for name in bytes_differ:
        click.echo(f"other bytes: {name}")
    for name in told_differ:
        click.echo(f"same bytes, other words: {name}")
    click.echo(f"{len(found) - len(bytes_differ)} of {len(found)} runs wrote the same bytes")
    raise SystemExit(5 if bytes_differ or told_differ else 0)


if __name__ == "__main__":
    main()
