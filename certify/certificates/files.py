"""Certificates on disk: written whole or not at all, read with suspicion."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from certify.certificates.canonical import NotCanonical, parse_strictly
from certify.certificates.document import Certificate
from certify.errors import InputError

MAX_BYTES = 256 * 2**20
"""Largest certificate that is written or read."""


def write_atomically(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Write a file whole or not at all; text is UTF-8 with line ends are kept as they are.

    The content goes to a temporary file in the same folder, is forced to disk and renamed over the
    target, so that a reader, an interrupt or a full disk never sees a part of it. The mode is the
    replaced file's, else what the umask leaves of 0666. A symbolic link is followed. Any failure,
    Ctrl-C included, removes the temporary file and leaves the target as it was.

    Raises
    ------
    InputError
        If the folder does not exist or cannot be written, or the disk is full.
    """
    target = Path(os.path.realpath(path))
    data = content.encode("utf-8") if isinstance(content, str) else content
    if os.path.isdir(target):
        raise InputError("is a folder", str(path), "give the name of a file")
    temporary: str | None = None
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            with open(path, "wb") as device:  # /dev/null, a pipe: replacing it by a file would be a fault
                device.write(data)
            return
        try:
            handle, temporary = tempfile.mkstemp(prefix=f".{target.name[:80]}.", suffix=".tmp", dir=target.parent)
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fchmod(stream.fileno(), _mode(target))
                os.fsync(stream.fileno())
            os.replace(temporary, target)
            temporary = None
        finally:
            if temporary is not None:
                with suppress(OSError):
                    os.unlink(temporary)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(
            f"cannot be written ({reason})", str(path), "choose a folder that exists and has room"
        ) from None
    _sync_folder(target.parent)


def _mode(target: Path) -> int:
    with suppress(OSError):
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _sync_folder(folder: Path) -> None:
    # The rename survives a power cut only once the folder is on disk; not every file system allows it.
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def save_certificate(certificate: Certificate, path: str | os.PathLike[str]) -> None:
    """Write the certificate's canonical text and a final newline, atomically (see `write_atomically`)."""
    data = (certificate.canonical() + "\n").encode("utf-8")
    if len(data) > MAX_BYTES:
        raise InputError(
            f"the certificate has {len(data)} bytes, a file may have {MAX_BYTES}",
            str(path),
            "leave out witnesses",
        )
    write_atomically(path, data)


def load_certificate(path: str | os.PathLike[str]) -> Certificate:
    """Read a certificate and verify its format, schema and hash.

    Raises
    ------
    InputError
        In one line: the file is missing, unreadable, too large, not UTF-8, not strict JSON (duplicate
        keys, NaN, nesting), of an unknown format or major version, breaks the schema, or was changed.
    """
    where = str(path)
    try:
        with open(path, "rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise InputError("no such file", where, "give the path of a certificate") from None
    except OSError as error:
        raise InputError(
            f"cannot be read ({(error.strerror or str(error)).lower()})", where, "give a readable file"
        ) from None
    if len(data) > MAX_BYTES:
        raise InputError(
            f"larger than {MAX_BYTES} bytes, so not a certificate", where, "give a file that certify wrote"
        )
    try:
        document = parse_strictly(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 text (byte {error.start})", where, "give a file that certify wrote") from None
    except NotCanonical as error:
        raise InputError(str(error), where, "give a file that certify wrote") from None
    return Certificate.from_json(document, where)
