"""`drill verify`: one drill in this process, several in processes of their own."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import msgspec

from foulweather.cli.exits import FAILED, OK, USAGE, Stop
from foulweather.cli.parsing import out
from foulweather.cli.style import standard
from foulweather.drilling.drill import BadDrill, all_drills, drills_folder, find_drill


def prove(arguments: argparse.Namespace) -> int:
    """Prove what was asked for, and show a table."""
    root = Path(arguments.dir) if arguments.dir else drills_folder()
    try:
        ids = [drill.id for drill in all_drills(root)] if arguments.all else list(arguments.ids)
        if not ids:
            raise Stop(USAGE, "Name a drill, or say --all.")
        if len(ids) == 1:
            results = [_proved_here(ids[0], root)]
        else:
            from foulweather.cli.verifying import warm_aws

            with warm_aws():
                results = asyncio.run(_proved_apart(ids, root, max(1, arguments.jobs)))
    except BadDrill as error:
        raise Stop(FAILED, f"{error}.") from None
    out(arguments, {"drills": results}, lambda: "\n".join(_lines(results, is_plain=arguments.no_color)))
    return OK if all(step["ok"] for result in results for step in result["steps"]) else FAILED


def _proved_here(drill_id: str, root: Path) -> dict[str, Any]:
    from foulweather.cli.verifying import proved

    return msgspec.to_builtins(proved(find_drill(drill_id, root)))


async def _proved_apart(ids: list[str], root: Path, jobs: int) -> list[dict[str, Any]]:
    free, done, failed = asyncio.Semaphore(jobs), 0, 0
    environment = {**os.environ, "FOULWEATHER_DRILLS": str(root)}

    async def one(drill_id: str) -> dict[str, Any]:
        nonlocal done, failed
        result = await proved(drill_id)
        done += 1
        failed += not all(step["ok"] for step in result["steps"])
        if sys.stderr.isatty():
            told = f"{done} of {len(ids)} drills" + (f", {failed} failed" if failed else "")
            sys.stderr.write(f"\r{told}" + ("\n" if done == len(ids) else ""))
            sys.stderr.flush()
        return result

    async def proved(drill_id: str) -> dict[str, Any]:
        async with free:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "foulweather", "drill", "verify", drill_id, "--json"),
                env=environment,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            told, wrong = await process.communicate()
        try:
            return json.loads(told)["drills"][0]
        except (ValueError, KeyError, IndexError):
            step = {"name": "it can be proved", "ok": False, "detail": wrong.decode(errors="replace")[-800:]}
            return {"drill": drill_id, "steps": [step]}

    return list(await asyncio.gather(*(one(drill_id) for drill_id in ids)))


def _lines(results: list[dict[str, Any]], *, is_plain: bool) -> list[str]:
    style = standard(is_plain=is_plain)
    lines: list[str] = []
    for result in results:
        ok = all(step["ok"] for step in result["steps"])
        mark = style.good(style.tick) if ok else style.bad(style.cross)
        lines.append(f"{mark} {style.strong(result['drill'])}  {len(result['steps'])} proofs")
        for step in result["steps"]:
            if not step["ok"] or len(results) == 1:
                sign = style.good(style.tick) if step["ok"] else style.bad(style.cross)
                lines.append(f"    {sign} {step['name']}  {style.faint(step['detail'])}".rstrip())
    return lines
