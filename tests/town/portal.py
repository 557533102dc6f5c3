"""A catalog of somebody else's on the network: a CKAN site or a DCAT catalog that answers as a test wants it to."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answer = tuple[int, dict[str, str], bytes]
JSON = {"content-type": "application/json"}
TURTLE = {"content-type": "text/turtle"}


class Portal:
    """A catalog on the network; `answer` gets path and query and gives status, headers, body."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer: Callable[[str], Answer] = lambda path: (404, {}, b"")
        portal = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                portal.asked.append(self.path)
                status, headers, body = portal.answer(self.path)
                self.send_response(status)
                for name, value in {"content-length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def package(number: int, **changes: Any) -> dict[str, Any]:
    given = {
        "id": f"id-{number:04}", "name": f"wells-{number}", "title": f"Wells {number}", "notes": "Depths of wells.",
        "tags": [{"name": "water"}], "resources": [{"format": "CSV"}], "license_title": "Open",
        "maintainer": "Water desk", "maintainer_email": "desk@water.example",
    }  # fmt: skip
    return given | changes


def ckan(packages: list[dict[str, Any]]) -> Callable[[str], Answer]:
    def answer(path: str) -> Answer:
        query = parse_qs(urlsplit(path).query)
        start, rows = int(query["start"][0]), int(query["rows"][0])
        result = {"count": len(packages), "results": packages[start : start + rows]}
        return 200, JSON, json.dumps({"success": True, "result": result}).encode()

    return answer


def dcat(names: list[str], following: str | None = None) -> Answer:
    head = "@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .\n"
    body = "".join(
        f'<urn:x:{name}> a dcat:Dataset ; dct:title "{name}"@en ; dct:description "About {name}."@en .\n'
        for name in names
    )
    page = f"[] <http://www.w3.org/ns/hydra/core#next> <{following}> .\n" if following else ""
    return 200, TURTLE, (head + body + page).encode()
