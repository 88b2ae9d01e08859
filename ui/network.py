"""Which addresses can be reached from where, and which port the app listens on."""

from __future__ import annotations

import errno
import os
import socket
from contextlib import suppress
from ipaddress import ip_address

from core.errors import SettingError
from core.settings import Settings

FIRST_PORT, PORTS = 7860, 100


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine only."""
    if host == "localhost":
        return True
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return False


def free_port(settings: Settings) -> int:
    """The port that was asked for, or the first free one.

    Raises SettingError when it is taken or can't be had, or none is free.
    """
    if settings.port is not None:
        why = refused(settings.host, settings.port)
        if why is not None:
            raise _no_port(settings.host, settings.port, why)
        return settings.port
    for port in range(FIRST_PORT, FIRST_PORT + PORTS):
        why = refused(settings.host, port)
        if why is None:
            return port
        if why != errno.EADDRINUSE:
            raise _no_port(settings.host, port, why)
    raise SettingError(
        f"No port from {FIRST_PORT} to {FIRST_PORT + PORTS - 1} is free.",
        fix="Choose one with DUOTUNE_PORT.",
    )


def _no_port(host: str, port: int, why: int) -> SettingError:
    if why == errno.EADDRINUSE:
        return SettingError(
            f"Port {port} is taken by another program.",
            fix="Stop that program, choose another port with DUOTUNE_PORT, or leave it unset.",
        )
    if why == errno.EACCES:
        return SettingError(
            f"Port {port} may not be used by this user.",
            fix="Choose a port above 1023 with DUOTUNE_PORT, or leave it unset.",
        )
    return SettingError(
        f"This machine can't be reached as '{host}': {os.strerror(why)}.",
        fix="Set DUOTUNE_HOST to an address of this machine, or leave it at 127.0.0.1.",
    )


def refused(host: str, port: int) -> int | None:
    """Why nobody can listen there, as an errno; None where it is free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except socket.gaierror:
            return errno.EADDRNOTAVAIL
        except OSError as error:
            return error.errno
    return None
