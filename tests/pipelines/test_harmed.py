"""The table of what contenders harm, of a case."""

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "pipelines/parts"))  # scripts, no package

from harmed import measured, table  # noqa: E402


def test_the_table_has_a_row_a_contender_and_a_column_a_kind(tmp_path):
    shutil.copy(ROOT / "tests/cases/codes.jpg", tmp_path)
    shutil.copy(ROOT / "tests/cases/photo_on_stained_page.jpg", tmp_path)
    rows = table(measured(tmp_path, ["raw", "otsu"], "small")).splitlines()
    assert rows[2] == "| contender | picture | panel | stamp | code | all |"
    raw, otsu = (row.strip("| ").split(" | ") for row in rows[4:6])
    assert raw[0] == "raw" and raw[1] == "0 of 1" and raw[4] == "0 of 3"
    assert otsu[1] == "1 of 1" and otsu[4] == "0 of 3"
