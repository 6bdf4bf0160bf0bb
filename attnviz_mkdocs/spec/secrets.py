"""What no message may tell: it may reach a page, or a log that all can read."""

from __future__ import annotations

import os
import re
from urllib.parse import unquote

# Where an address has a user and a password; and what stands behind ``?``, which may be a signature.
_USER = re.compile(r"""(?<=//)([^/@\s'"]*|[^@\s'"]*:[^\s'"]*)(?=@)""")
_QUERY = re.compile(r"""(?<=[?&#;])([^=&\s'"]+)=([^&\s'"]+)""")
# What a server may repeat of a request, and tokens that are known by their beginning.
_TOKEN = re.compile(r"(?i:(?<=bearer )|(?<=basic ))[\w.~+/=-]{8,}|\b(?:hf_|gh[oprsu]_|github_pat_)\w{8,}")
# How variables are called whose values open something.
_OPENS = re.compile(r"(TOKEN|SECRET|PASSWORD|CREDENTIALS?|CONNECTION_STRING|KEY|KEY_ID)$")
_SHORTEST = 8
_ADDRESS = re.compile(r"""\w[\w+.-]*:/?/[^\s"']+""")


def secrets_in(url: str) -> list[str]:
    """What opens an address, the longest first: what fails may tell of it by itself."""
    users = _USER.findall(url)
    found = {*users, *(user.partition(":")[2] for user in users), *(value for _, value in _QUERY.findall(url))}
    # As it is written, and as it is sent.
    return sorted({one for part in found if part for one in (part, unquote(part))}, key=len, reverse=True)


def without_secrets(words: str) -> str:
    """The words, without what opens the addresses in them, and without what opens anything in the environment."""
    for name, value in os.environ.items():
        if len(value) >= _SHORTEST and _OPENS.search(name):
            words = words.replace(value, "…")
    return _TOKEN.sub("…", _QUERY.sub(r"\1=…", _USER.sub("…", words)))


def closed(words: str) -> str:
    """The words, in which no address says what opens it; other words stay, such as those of a link in the page."""
    return _ADDRESS.sub(lambda found: without_secrets(found[0]), words)
