"""The address that the UI or the server of answers listens on, and the names under which it may be asked.

Loopback needs no token. Any other address is reached from other machines, and is opened only with one.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
from dataclasses import dataclass

from pipelines.errors import LedgerError, UsageError
from pipelines.server.guard import Access

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

SHORTEST_TOKEN = 16
"""Characters of a token: with fewer, trying all of them would be thinkable."""


@dataclass(frozen=True)
class Listening:
    """An open port, its address there, and who may ask."""

    socket: socket.socket
    url: str
    access: Access


@dataclass(frozen=True)
class Service:
    """A command that listens, as messages name it."""

    command: str = "ledger ui"
    variable: str = "LEDGER_UI_TOKEN"
    danger: str = "whoever reaches the UI can run code here"


UI = Service()


def listen(host: str, port: int, token: str | None, service: Service = UI) -> Listening:
    """Open the port at once, so that a taken one is reported before anything else is started.

    Raises UsageError for an address that may not be opened, LedgerError for one that cannot be.
    """
    address = _address(host)
    _check_token(address, token, service)
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((str(address), port))
        opened.listen(128)
    except OSError as error:
        opened.close()
        raise LedgerError(_reason(error, str(address), port, service)) from None
    shown = socket.gethostname() if address.is_unspecified else _literal(address)
    return Listening(opened, f"http://{shown}:{port}/", _access(address, port, token))


def _address(host: str) -> Address:
    try:
        return ipaddress.ip_address("127.0.0.1" if host == "localhost" else host.strip("[]"))
    except ValueError:
        raise UsageError(f"--host {host!r}: expected an IP address of this machine, such as 127.0.0.1.") from None


def _check_token(address: Address, token: str | None, service: Service) -> None:
    if token is not None and (len(token) < SHORTEST_TOKEN or not token.isascii() or not token.isalnum()):
        raise UsageError(
            f"{service.variable} is too short; expected at least {SHORTEST_TOKEN} letters and digits. "
            "Make one with: openssl rand -hex 16"
        )
    if token is None and not address.is_loopback:
        raise UsageError(
            f"--host {address} can be reached from other machines, and {service.danger}. "
            f"Set {service.variable} (openssl rand -hex 16 makes one), or leave out --host."
        )


def _access(address: Address, port: int, token: str | None) -> Access:
    """The names of loopback and the address itself; for a server on all addresses, each of them and the machine's name."""
    names = {"127.0.0.1", "localhost", "[::1]", _literal(address)}
    if address.is_unspecified:
        names |= {socket.gethostname().lower(), socket.getfqdn().lower()}
    return Access(frozenset(names), port, any_address=address.is_unspecified, token=token)


def _literal(address: Address) -> str:
    return f"[{address}]" if address.version == 6 else str(address)


def _reason(error: OSError, host: str, port: int, service: Service) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return (
                f"port {port} of {host} is taken by another program. Name a free one, for example: "
                f"{service.command} --port {port + 1}"
            )
        case errno.EACCES:
            return f"port {port} may not be opened by this user. Name one above 1023, for example: {service.command} --port 3000"
        case errno.EADDRNOTAVAIL:
            return f"--host {host}: this machine does not have that address. Leave out --host to use 127.0.0.1."
        case _:
            return f"cannot listen on port {port} of {host}: {error.strerror}."
