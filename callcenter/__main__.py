"""The `callcenter` command.

In: arguments and the environment. Out: exit codes: 0 done, 1 a part failed, 2 the machine, the configuration or the arguments were refused.
Everything heavy is imported inside its command, so that `--help` and short commands are quick. Holds no behaviour of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from callcenter import log
from callcenter.errors import CallCenterError, ConfigError
from callcenter.settings import Secrets, Settings, load, load_secrets

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Patient hotline of a hospital: everything on one machine, or part by part.",
)
db = typer.Typer(no_args_is_help=True, help="The product's database.")
sounds = typer.Typer(no_args_is_help=True, help="The spoken prompts.")
user = typer.Typer(no_args_is_help=True, help="People who sign in.")
audit = typer.Typer(no_args_is_help=True, help="Who saw and changed what.")
app.add_typer(db, name="db")
app.add_typer(sounds, name="sounds")
app.add_typer(user, name="user")
app.add_typer(audit, name="audit")

console = Console(stderr=False)
REFUSED = 2
Offset = Annotated[int | None, typer.Option(help="Shift every port, so that instances run side by side (multiple of 1000).")]


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Errors of ours become a sentence and an exit code, not a traceback."""
    try:
        yield
    except CallCenterError as wrong:
        console.print(f"[red]error[/] {escape(str(wrong))}", highlight=False, soft_wrap=True)
        raise typer.Exit(REFUSED if isinstance(wrong, ConfigError) else 1) from None


def _settings(**overrides: Any) -> Settings:
    settings = load(overrides)
    log.configure(settings.log_level, as_json=not sys.stderr.isatty())
    return settings


def _with_database() -> tuple[Settings, Secrets]:
    from callcenter.box.postgres import database_url

    settings = _settings()
    secrets = load_secrets(settings.home)
    return settings.model_copy(update={"database_url": database_url(settings, secrets)}), secrets


# -- running ------------------------------------------------------------------------------------------------------------


@app.command()
def up(
    demo: Annotated[bool, typer.Option("--demo", help="Load an invented hospital and print passwords for it.")] = False,
    lan: Annotated[bool, typer.Option("--lan", help="Serve HTTPS to the network through nginx.")] = False,
    offset: Offset = None,
) -> None:
    """Run everything on this machine until Ctrl-C."""
    with _told():
        from callcenter.box import lan as local_network
        from callcenter.box.up import run

        settings = _settings(demo=demo or None, lan=lan or None, offset=offset)
        if settings.lan:
            network = settings.network.model_copy(update={"public_address": local_network.public_address(settings)})
            settings = settings.model_copy(update={"network": network})
        raise typer.Exit(run(settings, console))


@app.command()
def serve(standby: Annotated[bool, typer.Option("--standby", help="Import everything, then wait for `go` on standard input.")] = False) -> None:
    """The controller alone: AGI, AMI, HTTP. For systemd, or under `up`."""
    from functools import partial

    from callcenter import app as product
    from callcenter.box.asterisk_conf import render_queues

    gc.freeze()
    if standby and sys.stdin.readline().strip() != "go":
        raise typer.Exit(0)
    _run_part(partial(product.serve, render_queues=render_queues))


@app.command()
def work() -> None:
    """Durable jobs: recordings and what else may wait."""
    from callcenter import app as product

    _run_part(product.work)


@app.command()
def speech() -> None:
    """Listening to callers and speaking names: by the Python that has the packages, as soon as they are installed."""
    from callcenter.box.notify import Notifier
    from callcenter.speech.waiting import until_installed

    with _told():
        settings = _settings()
        load_secrets(settings.home)
        python = until_installed(Notifier(), settings.timeouts.heartbeat_s)
    os.execv(python, [str(python), "-m", "callcenter.speech"])


def _run_part(part: Callable[..., Coroutine[Any, Any, None]]) -> None:
    """Runs until SIGTERM, which cancels `part`; it closes in order and returns."""
    import uvloop

    from callcenter.box.notify import Notifier

    async def main(settings: Settings, secrets: Secrets, notifier: Notifier) -> None:
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await part(settings, secrets, notify=notifier)
        notifier.stopping()

    with _told():
        settings, secrets = _with_database()
        uvloop.run(main(settings, secrets, Notifier()))


@app.command()
def prepare() -> None:
    """What comes before the parts under systemd: tables, Asterisk's configuration, its audit."""
    with _told():
        from callcenter.box.machine import prepare as prepare_machine

        settings, secrets = _with_database()
        console.print(f"prepared {prepare_machine(settings, secrets)}", highlight=False, soft_wrap=True)


@app.command()
def asterisk() -> None:
    """Asterisk alone, in this process; `prepare` comes first. For systemd."""
    with _told():
        from callcenter.box import asterisk_process
        from callcenter.box.machine import chosen

        settings = chosen(_settings())
        conf = settings.asterisk_folder / "etc" / "asterisk.conf"
        if not conf.exists():
            raise ConfigError(str(conf), "does not exist", "run `callcenter prepare` first")
        command = asterisk_process.command(settings, conf)
        os.execv(command[0], command)


@app.command()
def fetch() -> None:
    """Fetch Asterisk and SIPp, unless a good Asterisk is there; prints where it is."""
    with _told():
        from callcenter.box import pbx as tree

        settings = _settings()
        found = tree.find(settings) or tree.fetch(settings, lambda words: None)
        console.print(f"Asterisk {found.version} in {found.root}", highlight=False, soft_wrap=True)


# -- looking at it -------------------------------------------------------------------------------------------------------


@app.command()
def doctor() -> None:
    """Check every part and setting, and say the mend."""
    with _told():
        from callcenter.box.doctor import examine

        raise typer.Exit(examine(_settings(), console))


@app.command(context_settings={"ignore_unknown_options": True})
def pbx(line: Annotated[list[str] | None, typer.Argument(help="A console line, such as `core show channels`.")] = None) -> None:
    """Run one line on Asterisk's console; without a line, attach to it."""
    with _told():
        from callcenter.box.asterisk_process import console_command
        from callcenter.box.pbx import find

        settings = _settings()
        tree = find(settings)
        conf = settings.asterisk_folder / "etc" / "asterisk.conf"
        if tree is None or not conf.exists():
            raise ConfigError(str(settings.home), "has no Asterisk yet", "start `callcenter up` first, with the same CALLCENTER_HOME")
        command = console_command(settings.model_copy(update={"pbx": tree.root}), conf, " ".join(line or ()))
        if not line:
            console.print(f"attaching; leave with `exit`. The same by hand: {' '.join(command)}", highlight=False, soft_wrap=True)
        raise typer.Exit(subprocess.run(command, check=False).returncode)


@app.command()
def call(
    keys: Annotated[str, typer.Option(help="Keys to press; a comma waits one second: `1,,0`.")] = "",
    say: Annotated[Path | None, typer.Option(help="A wav file to speak into the call.", exists=True, dir_okay=False)] = None,
    caller: Annotated[str, typer.Option("--from", help="Caller's number.")] = "+8613900000001",
    to: Annotated[str, typer.Option("--to", help="Number to dial.")] = "",
    seconds: Annotated[float, typer.Option("--for", help="Hang up after so many seconds.")] = 30.0,
    save: Annotated[Path | None, typer.Option(help="Keep what was heard in this wav file.")] = None,
    offset: Offset = None,
) -> None:
    """Ring the hotline like a patient and tell what happened."""
    with _told():
        from callcenter.box.test_call import run

        settings = _settings(offset=offset)
        raise typer.Exit(run(settings, keys=keys, say=say, caller=caller, to=to or settings.did[0].number, seconds=seconds, save=save))


@app.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
def bench(context: typer.Context) -> None:
    """Measure it beside the alternatives (bench/run.py; arguments are passed on)."""
    script = Path(__file__).parent.parent / "bench" / "run.py"
    with _told():
        if not script.exists():
            raise ConfigError(str(script), "is missing", "run it from a checkout")
    raise typer.Exit(subprocess.run([sys.executable, str(script), *context.args], check=False).returncode)


# -- database ----------------------------------------------------------------------------------------------------------------


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the tables up to date."""
    with _told():
        from callcenter.box.machine import migrate

        migrate(_with_database()[0].database_url)
        console.print("tables are up to date")


@db.command("psql", context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
def db_psql(context: typer.Context) -> None:
    """Open psql on the product's database (arguments are passed on)."""
    with _told():
        from callcenter.box.database_tools import psql

        raise typer.Exit(psql(_with_database()[0], context.args))


@db.command("dump")
def db_dump(target: Annotated[Path, typer.Argument(help="File to write; it must not exist.")]) -> None:
    """Write a backup that `pg_restore` reads."""
    with _told():
        from callcenter.box.database_tools import dump

        dump(_with_database()[0], target)
        console.print(f"wrote {target} ({target.stat().st_size} bytes)", highlight=False, soft_wrap=True)


@db.command("restore")
def db_restore(source: Annotated[Path, typer.Argument(help="A file that `db dump` wrote.")]) -> None:
    """Put a backup in the place of what is there; stop the product first."""
    with _told():
        from callcenter.box.database_tools import restore

        restore(_settings(), source)
        console.print("restored; the next start brings the tables up to date")


@audit.command("verify")
def audit_verify() -> None:
    """Check that nobody tampered with the audit trail; says where if somebody did."""
    with _told():
        from callcenter.box.audit_trail import broken_at

        place = broken_at(_with_database()[0])
        console.print(place or "the audit trail is whole", highlight=False, soft_wrap=True)
        raise typer.Exit(1 if place else 0)


# -- sounds and people -------------------------------------------------------------------------------------------------------


@sounds.command("build")
def sounds_build(
    language: Annotated[str, typer.Option(help="zh, en; empty for both.")] = "",
    only: Annotated[list[str] | None, typer.Option(help="A prompt id or a name; may be given more than once.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Render also what has not changed.")] = False,
) -> None:
    """Render the prompts that changed."""
    with _told():
        from callcenter.speech.build import build

        raise typer.Exit(build(language or None, only or (), force))


@sounds.command("check")
def sounds_check() -> None:
    """Every prompt is there in both languages, and sounds as it should."""
    with _told():
        from callcenter.speech.build import check

        raise typer.Exit(check())


@user.command("list")
def user_list() -> None:
    """Everybody who may sign in."""
    with _told():
        from callcenter.box.people import table

        console.print(table(_with_database()[0]))


_ROLES = "agent, handler, supervisor, manager, ethics_officer, admin or one of your own; may be given more than once."


@user.command("add")
def user_add(
    username: str,
    name: Annotated[str, typer.Option(help="Full name.")],
    role: Annotated[list[str], typer.Option(help=_ROLES)],
) -> None:
    """Make a user; a password is asked for, or read from standard input."""
    with _told():
        from callcenter.box.people import add

        add(_with_database()[0], username, name, role, _new_password())
        console.print(f"made {escape(username)}")


@user.command("passwd")
def user_passwd(username: str) -> None:
    """Give a user a new password."""
    with _told():
        from callcenter.box.people import set_password

        set_password(_with_database()[0], username, _new_password())
        console.print("password set")


@user.command("reset-second-factor")
def user_reset_second_factor(username: str) -> None:
    """Take a lost second step of signing in away; the user's sessions end."""
    with _told():
        from callcenter.box.people import reset_second_factor

        was_on = reset_second_factor(_with_database()[0], username)
        console.print("second step taken away" if was_on else "there was no second step")


@user.command("key")
def user_key(username: str) -> None:
    """Make an ethics officer's key; a passphrase is asked for, or read from standard input. Nobody can reset it."""
    with _told():
        from callcenter.box.officers import make_key

        make_key(_with_database()[0].database_url, username, _new_password("Passphrase"))
        console.print(f"{escape(username)} can open conduct reports that come in from now on")


def _new_password(what: str = "Password") -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    return typer.prompt(what, hide_input=True, confirmation_prompt=True)


if __name__ == "__main__":
    app(prog_name="callcenter")
