"""One call, whatever its inputs and outputs are: paths that all machines see, or URLs."""

from collections.abc import Sequence
from pathlib import Path
from threading import Event

from docclean.errors import UsageError
from docclean.integrations.cluster import places
from docclean.integrations.cluster.folders import clean_folder_on
from docclean.integrations.cluster.session import check_installed
from docclean.integrations.cluster.urls import clean_urls_on
from docclean.jobs.batch import Batch, OnResult
from docclean.jobs.reuse import Part
from docclean.recipe import Options


def clean_on(
    address: str | None,
    inputs: Sequence[str],
    out: str,
    options: Options,
    *,
    state: Path | None = None,
    part: Part | None = None,
    stop: Event | None = None,
    on_result: OnResult | None = None,
    progress: bool = False,
) -> Batch:
    """Clean documents into a folder on a Ray cluster; arguments as `clean_folder_on`.

    Raises:
        UsageError: a ledger's folder is named where there is no ledger.
        As `clean_folder_on` and `clean_urls_on`.
    """
    check_installed()
    inputs, out = [places.plain(one) for one in inputs], places.plain(out)
    if not any(map(places.is_url, [*inputs, out])):
        return clean_folder_on(
            *(address, inputs, out, options),
            state=state,
            part=part,
            stop=stop,
            on_result=on_result,
            progress=progress,
        )
    if state:
        raise UsageError("--state is for folders; of URLs, notes are kept in OUT/.docclean")
    if not places.is_url(out):
        out = str(Path(out).absolute())
    return clean_urls_on(
        *(address, inputs, out.rstrip("/"), options),
        part=part,
        stop=stop,
        on_result=on_result,
        progress=progress,
    )
