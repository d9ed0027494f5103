"""`callcenter sounds build` and `check`: renders what changed into sounds/, and judges what is there.

In: the catalogue and its manifest. Out: A-law files, the manifest, lines on the terminal; the exit code is 0 only when all is well.
Building needs .venv-sounds (it starts itself there when these packages are missing); checking needs numpy alone.
Invariant: a file is replaced in one step and stands in the manifest with the hash of text, voice and shape that made it, so a
killed build loses one prompt at most and an unchanged one is never rendered again.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from callcenter.errors import ConfigError
from callcenter.speech import shape
from callcenter.speech.catalogue import LANGUAGES, SOUNDS, Line, Manifest, all_lines, load_manifest, save_manifest
from callcenter.speech.listen import Listener
from callcenter.speech.models import MEND
from callcenter.speech.tts import Synthesiser, Voice

VOICES = {"zh": Voice("zf_xiaoyi", "zh", 0.92), "en": Voice("af_heart", "en", 0.96)}
SHAPE_VERSION = 1
SHORT_ATOM, SHORT_ATOM_SPEED = 3, 0.86
SAVE_EVERY = 20
MAX_GAP_S = 0.16
ATOM_PADS_S = (0.015, 0.03)
SENTENCE_PADS_S = (0.03, 0.12)
MAX_FOLDER_BYTES = 12 * 1024 * 1024
_console = Console(stderr=True)


def fingerprint(line: Line) -> str:
    """Changes when, and only when, the sound would."""
    spoken, voice = delivery(line)
    return hashlib.sha256(f"{spoken}|{voice}|{pads(line)}|{SHAPE_VERSION}".encode()).hexdigest()[:16]


def delivery(line: Line) -> tuple[str, Voice]:
    """What the voice is given. A syllable or three of Chinese by themselves are swallowed unless they are a slow sentence of their own."""
    voice = VOICES[line.language]
    if line.language == "zh" and line.kind == "prompts" and line.is_atom and len(line.text) <= SHORT_ATOM:
        return line.spoken + "。", replace(voice, speed=SHORT_ATOM_SPEED)
    return line.spoken, voice


def pads(line: Line) -> tuple[float, float]:
    """Silence kept before and after the words, in seconds."""
    return ATOM_PADS_S if line.is_atom else SENTENCE_PADS_S


def to_render(lines: Iterable[Line], manifest: Manifest, sounds: Path, *, force: bool = False) -> list[Line]:
    """Lines whose file is missing or was made of something else."""

    def current(line: Line) -> bool:
        entry = manifest[line.language][line.kind].get(line.key, {})
        return entry.get("sha") == fingerprint(line) and line.path(sounds).exists()

    return [line for line in lines if force or not current(line)]


def build(language: str | None = None, only: Sequence[str] = (), force: bool = False, sounds: Path = SOUNDS) -> int:
    """Render what changed. `only`: prompt ids or names. Returns an exit code."""
    if importlib.util.find_spec("onnxruntime") is None:
        return _in_sounds_environment(language, only, force)
    os.nice(10)
    lines = all_lines(sounds)
    manifest = load_manifest(sounds)
    _forget_removed(lines, manifest, sounds)
    chosen = [line for line in lines if language in (None, line.language) and (not only or line.key in only)]
    if unknown := set(only) - {line.key for line in chosen}:
        _console.print(f"[red]unknown:[/] {', '.join(sorted(unknown))}; the ids stand in {sounds / 'prompts.toml'} and names.toml")
        return 2
    work = to_render(chosen, manifest, sounds, force=force)
    _render_all(work, manifest, sounds)
    _console.print(f"{len(work)} rendered, {len(chosen) - len(work)} unchanged")
    return 0


def _render_all(work: Sequence[Line], manifest: Manifest, sounds: Path) -> None:
    synthesiser = Synthesiser(threads=2)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns, console=_console) as progress:
            task = progress.add_task("rendering", total=len(work))
            for done, line in enumerate(work, 1):
                progress.update(task, description=f"{line.language} {line.key}"[:28])
                manifest[line.language][line.kind][line.key] = _render(line, synthesiser, sounds)
                progress.advance(task)
                if done % SAVE_EVERY == 0:
                    save_manifest(manifest, sounds)
    finally:
        save_manifest(manifest, sounds)


def _render(line: Line, synthesiser: Synthesiser, sounds: Path) -> dict[str, object]:
    samples = synthesiser.speak(*delivery(line))
    audio = shape.for_telephone(samples, *pads(line))
    path = line.path(sounds)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(audio)
    unfinished.replace(path)
    return {"file": line.file, "sha": fingerprint(line), "duration_s": round(len(audio) / shape.RATE_OUT, 3)}


def _forget_removed(lines: Iterable[Line], manifest: Manifest, sounds: Path) -> None:
    """Remove files that a former manifest owns and no line wants."""
    wanted = {(line.language, line.kind, line.key) for line in lines}
    files = {(line.language, line.file) for line in lines}
    for language in LANGUAGES:
        for kind, entries in manifest[language].items():
            for key in [key for key in entries if (language, kind, key) not in wanted]:
                file = entries.pop(key)["file"]
                if (language, file) not in files:
                    (sounds / language / f"{file}.alaw").unlink(missing_ok=True)


def _in_sounds_environment(language: str | None, only: Sequence[str], force: bool) -> int:
    root = Path(__file__).resolve().parents[2]
    python = root / ".venv-sounds" / "bin" / "python"
    if not python.exists():
        _console.print(f"[red]the voices are not installed[/]\n  mend: {MEND}")
        return 2
    options = (["--language", language] if language else []) + (["--force"] if force else []) + [part for key in only for part in ("--only", key)]
    return subprocess.run([str(python), "-m", "callcenter.speech.build", "build", *options], cwd=root, check=False).returncode


# -- checking ------------------------------------------------------------------------------------------------------------


def check(sounds: Path = SOUNDS) -> int:
    """Say everything that is wrong with the sounds folder. Returns an exit code."""
    manifest = load_manifest(sounds)
    wrong = [f"{line.language} {line.key}: {fault}" for line in all_lines(sounds) for fault in faults_of(line, manifest, sounds)]
    size = sum(path.stat().st_size for path in sounds.rglob("*") if path.is_file())
    if size > MAX_FOLDER_BYTES:
        wrong.append(f"the folder holds {size} bytes, more than {MAX_FOLDER_BYTES}")
    for fault in wrong:
        _console.print(fault, markup=False, highlight=False)
    count = sum(len(entries) for kinds in manifest.values() for entries in kinds.values())
    _console.print(f"{count} files, {size / 1e6:.1f} MB, {len(wrong)} faults")
    return 1 if wrong else 0


def faults_of(line: Line, manifest: Manifest, sounds: Path) -> list[str]:
    """What is wrong with one rendered line, in words; empty when nothing is."""
    path = line.path(sounds)
    if not path.exists():
        return ["is not rendered"]
    entry = manifest[line.language][line.kind].get(line.key, {})
    faults = [] if entry.get("sha") == fingerprint(line) else ["was rendered from another text or voice"]
    return faults + audio_faults(line, path.read_bytes())


def audio_faults(line: Line, audio: bytes) -> list[str]:
    """Length for its text, level, peaks, silence."""
    seen = shape.measure(audio)
    shortest, longest = expected_s(line)
    faults = []
    if not shortest <= seen.duration_s <= longest:
        faults.append(f"lasts {seen.duration_s:.2f} s, expected {shortest:.2f} to {longest:.2f}")
    if abs(seen.rms_db - shape.SPEECH_RMS_DB) > 2.5:
        faults.append(f"speaks at {seen.rms_db:.1f} dBFS, expected {shape.SPEECH_RMS_DB}")
    if seen.peak_db > shape.PEAK_DB + 0.6:
        faults.append(f"peaks at {seen.peak_db:.1f} dBFS, above {shape.PEAK_DB}")
    if max(seen.edge_s) > 0.3:
        faults.append(f"starts or ends with {max(seen.edge_s):.2f} s of silence")
    if seen.gap_s > MAX_GAP_S and line.is_atom and not re.search(r"[,，、 ]", line.text):
        faults.append(f"holds a gap of {seen.gap_s:.2f} s inside one word")
    return faults


def expected_s(line: Line) -> tuple[float, float]:
    """The lengths a person would take for the text, slowest and fastest."""
    said = re.sub(r"\{[^}]*\}", "", line.spoken) or line.text
    letters = sum(character.isalnum() for character in said)
    per_letter = (0.12, 0.42) if line.language == "zh" else (0.032, 0.12)
    return 0.12 + letters * per_letter[0], 0.75 + letters * per_letter[1]


def listen(language: str | None = None, only: Sequence[str] = (), shortest: int = 6, every: int = 1, sounds: Path = SOUNDS) -> int:
    """Let a speech recogniser hear the prompts of at least `shortest` characters, or each `every`-th; worst first. Returns an exit code."""
    os.nice(10)
    listener = Listener()
    for one in LANGUAGES if language is None else (language,):
        lines = [line for line in all_lines(sounds) if line.language == one and (line.key in only or (not only and len(line.text) >= shortest))]
        there = [line for line in lines if line.path(sounds).exists()][::every]
        heard = [listener.check(line.key, line.text, line.path(sounds).read_bytes(), one) for line in there]
        for hearing in sorted(heard, key=lambda found: -found.rate):
            if hearing.errors:
                _console.print(f"{hearing.rate:5.2f} {hearing.key}: {hearing.text} | {hearing.heard}", markup=False, highlight=False)
        errors, length = sum(found.errors for found in heard), sum(found.length for found in heard)
        _console.print(f"{one}: {len(heard)} prompts, error rate {errors / max(1, length):.1%}")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="callcenter sounds")
    parser.add_argument("what", choices=("build", "check", "listen"))
    parser.add_argument("--language", choices=LANGUAGES)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--force", action="store_true")
    parser.add_argument("--every", type=int, default=1, help="hear only each N-th prompt")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.what == "build":
            return build(chosen.language, chosen.only, chosen.force)
        return listen(chosen.language, chosen.only, every=max(1, chosen.every)) if chosen.what == "listen" else check()
    except ConfigError as wrong:
        _console.print(str(wrong), markup=False, style="red")
        return 2


if __name__ == "__main__":
    sys.exit(main())
