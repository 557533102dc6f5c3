"""`hutong version`."""

import platform
import sqlite3
from importlib import metadata

from exchange.cli.output import Json, show


def command(as_json: Json = False) -> None:
    """Show the version · 显示版本"""
    versions = {
        "hutong": metadata.version("hutong"),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }
    show(versions, as_json, f"hutong {versions['hutong']} (Python {versions['python']}, SQLite {versions['sqlite']})")
