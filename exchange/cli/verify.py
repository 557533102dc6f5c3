"""`hutong ledger verify`: with public keys only, and independently of the exchange that wrote the log."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from exchange.cli.output import NEGATIVE, CommandFailed, Json, note, progress, show
from exchange.ledger import verify
from exchange.ledger.note import PROOF_HEADER, BadNote, open_checkpoint, parse_key, parse_proof
from exchange.ledger.sources import HttpSource, source_of
from exchange.ledger.verify import Discrepancy, Missing, ReceiptVerdict, Source, Verdict

RECEIPT = "receipt"
VERIFIED, UNCONFIRMED, REFUTED = "verified", "consistent with itself, key not confirmed", "NOT VERIFIED"
CHINESE = {VERIFIED: "核验通过", UNCONFIRMED: "自身一致，未核对公钥", REFUTED: "核验未通过"}
Text = str | None
File = Annotated[Path | None, typer.Argument(help="The receipt, after the word receipt · 回执文件")]


def command(
    target: Annotated[str, typer.Argument(metavar="URL-or-directory|receipt", help="What to verify · 核验对象")],
    file: File = None,
    vkey: Annotated[Text, typer.Option(help="Verifier key as noted on paper, or a file with it · 验证公钥")] = None,
    checkpoint: Annotated[list[Path] | None, typer.Option(help="Checkpoint kept earlier, repeatable · 检查点")] = None,
    resume: Annotated[Path | None, typer.Option(help="State to continue from and to leave · 续验状态文件")] = None,
    body: Annotated[Path | None, typer.Option(help="The reply as it was released · 所收到的回复")] = None,
    key: Annotated[Path | None, typer.Option("--as", envvar="HUTONG_KEY", help="Auditor's key file · 密钥文件")] = None,
    as_json: Json = False,
) -> None:
    """Verify a ledger, or with the word receipt a FILE, by public keys only · 核验账本或回执.

    Exit 0 in order, 1 tampered or not what it claims, 2 unreadable.
    """
    trusted = None if vkey is None else _key(vkey)
    earlier = [_bytes(path) for path in checkpoint or ()]
    try:
        if target == RECEIPT:
            _receipt(file, trusted, earlier, body, as_json)
        elif file is not None:
            raise CommandFailed("two things to verify: name one, or the word receipt and a file")
        else:
            _ledger(target, trusted, earlier, resume, key, as_json)
    except BadNote as error:
        raise CommandFailed(f"the verifier key is not usable: {error}") from None


def _ledger(
    target: str, vkey: str | None, earlier: list[bytes], state: Path | None, key: Path | None, as_json: bool
) -> None:
    source = _opened(target, key)
    entries = not isinstance(source, HttpSource) or key is not None
    before = _state(state)
    with progress("verifying · 核验") as report:
        verdict = verify.verify_log(source, vkey, checkpoints=earlier, progress=report, resume=before, entries=entries)
    if state is not None and verdict.resume is not None:
        state.write_text(json.dumps(verdict.resume))
    _explain(verdict, len(earlier))
    document = {
        "verdict": REFUTED if not verdict.ok else VERIFIED if verdict.key_confirmed else UNCONFIRMED,
        "ok": verdict.ok,
        "size": verdict.size,
        "root": verdict.root.hex(),
        "key_confirmed": verdict.key_confirmed,
        "entries_read": verdict.entries_read,
        "findings": _findings(verdict.findings),
    }
    _conclude(document, as_json, f"{verdict.size} entries, root {verdict.root.hex()}")


def _explain(verdict: Verdict, earlier: int) -> None:
    """What the verdict does not cover."""
    if not verdict.entries_read:
        note("entries were not read: only their hashes were verified; an auditor reads them with --as · 未读取条目内容")
    if not verdict.key_confirmed:
        note("no --vkey was given: the log is consistent with itself, whose it is was not checked · 未核对公钥")
    if not earlier:
        note("no --checkpoint was given: whether the past was cut off or rewritten is not known · 未比对检查点")


def _receipt(file: Path | None, vkey: str | None, earlier: list[bytes], body: Path | None, as_json: bool) -> None:
    if file is None:
        raise CommandFailed("name the receipt's file after the word receipt (a directory of this name: ./receipt)")
    if vkey is None:
        raise CommandFailed("a receipt proves nothing without a key from elsewhere: give the one on paper with --vkey")
    text = _receipt_of(file)
    verdict = verify.verify_receipt(text, vkey, body=None if body is None else _bytes(body))
    findings = [*verdict.findings, *(_compare(text, vkey, earlier) if verdict.ok else ())]
    if body is None:
        note("no --body was given: what was released was not compared · 未比对回复内容")
    elif verdict.ok and verdict.body_confirmed is None:
        raise CommandFailed("this receipt carries no digest key: to compare a body, take the .json form of the receipt")
    document = {
        "verdict": REFUTED if findings else VERIFIED,
        "ok": not findings,
        "entry": verdict.entry,
        "size": verdict.size,
        "leaf": verdict.leaf,
        "body_confirmed": verdict.body_confirmed,
        "findings": _findings(findings),
    }
    _conclude(document, as_json, _of_receipt(verdict))


def _receipt_of(file: Path) -> bytes:
    """The file's bytes. Raises CommandFailed when it is no receipt at all: there is nothing then to call forged."""
    text = proof = _bytes(file)
    if text.lstrip().startswith(b"{"):
        try:
            document = json.loads(text)
            proof = document["proof"].encode()
        except (ValueError, LookupError, AttributeError, RecursionError):
            raise CommandFailed(f"{file} is no receipt: it is not JSON with a text as its member proof") from None
    if not proof.startswith(PROOF_HEADER.encode() + b"\n"):
        raise CommandFailed(f"{file} is no receipt: a receipt begins with the line {PROOF_HEADER}")
    return text


def _of_receipt(verdict: ReceiptVerdict) -> str:
    leaf = verdict.leaf
    how = leaf.get("outcome") or leaf.get("problem") or leaf.get("type")
    return f"call {leaf.get('call')} ended as {how}: entry {verdict.entry} of a ledger of {verdict.size}"


def _compare(text: bytes, vkey: str, earlier: Sequence[bytes]) -> list[Discrepancy]:
    """Checkpoints of the receipt's size must have its root; those of other sizes need a proof from the ledger."""
    key = parse_key(vkey)
    raw = json.loads(text)["proof"].encode() if text.lstrip().startswith(b"{") else text
    proven = open_checkpoint(parse_proof(raw).unverified_checkpoint, key)
    findings = []
    for at, one in enumerate(earlier, 1):
        where = f"checkpoint {at}"
        try:
            known = open_checkpoint(one, key)
        except BadNote as error:
            findings.append(Discrepancy(where, str(error)))
            continue
        if known.size != proven.size:
            note(f"{where} covers {known.size} entries, the receipt {proven.size}: not compared")
        elif known.root != proven.root:
            findings.append(Discrepancy(where, "it has another root: two different logs were shown"))
    return findings


def _conclude(document: dict[str, Any], as_json: bool, what: str) -> None:
    """Print the verdict; the exit code is 1 when it is negative."""
    findings = [f"  {one['where']}: {one['what']}" for one in document["findings"]]
    verdict = document["verdict"]
    show(document, as_json, "\n".join((f"{verdict} · {CHINESE[verdict]}: {what}", *findings)))
    if not document["ok"]:
        raise typer.Exit(NEGATIVE)


def _findings(found: Sequence[Discrepancy]) -> list[dict[str, str]]:
    return [{"where": one.where, "what": one.what} for one in found]


def _opened(target: str, key: Path | None) -> Source:
    """The log at a URL, which may also be the exchange's own, or in a directory."""
    if not target.startswith(("http://", "https://")):
        return source_of(target)
    url = target.rstrip("/")
    with HttpSource(url) as source:
        try:
            source.read("checkpoint")
        except Missing:
            url += "/ledger"
    return source_of(url, None if key is None else _token(url.removesuffix("/ledger"), key))


def _token(url: str, key: Path) -> str:
    from exchange.cli.acting import acting  # an offline verification needs nothing of it

    with acting(url, key) as exchange:
        return exchange.token()


def _key(given: str) -> str:
    path = Path(given)
    return path.read_text(encoding="utf-8").strip() if path.is_file() else given


def _state(path: Path | None) -> dict[str, Any] | None:
    if path is None or not path.exists():
        return None
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(state["origin"], str) and all(isinstance(level, str) for level in state["levels"]):
            return dict(state)
    except (ValueError, KeyError, TypeError):
        pass
    raise CommandFailed(f"{path} is no state of an earlier verification: remove it to begin again")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandFailed(f"{path} cannot be read: {error.strerror}") from None
