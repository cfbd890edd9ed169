"""What a report may do in a browser: show itself."""

import base64
import hashlib


def policy(style: str, script: str = "", pictures: str = "data:") -> str:
    """Return a content policy: this style and this script, pictures inside the file, no network."""
    hashes = [
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
        for text in (style, script)
    ]
    scripts = f"script-src 'sha256-{hashes[1]}'; " if script else ""
    return (
        f"default-src 'none'; img-src {pictures}; style-src 'sha256-{hashes[0]}'; "
        f"{scripts}base-uri 'none'; form-action 'none'"
    )
