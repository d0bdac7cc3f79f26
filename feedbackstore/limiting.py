"""Refusing whoever comes too often: 429, before anything of a request's body is read."""

from math import ceil

from flask import Flask, current_app, request
from werkzeug.exceptions import TooManyRequests

from feedbackstore import keys, observing
from feedbackstore.rate_limits import Rate, network_of, rate_limits


def init_app(app: Flask) -> None:
    """Hold each address to its rate, where there is one; who watches over the process is free."""
    if app.config["RATE_LIMIT_PER_ADDRESS"] is not None:
        app.before_request(_hold_address)


def hold_key(holder: int) -> None:
    """Count a request of a good key. Raises TooManyRequests."""
    rate = current_app.config["RATE_LIMIT_PER_KEY"]
    if rate is not None and (wait := _spend(f"key {holder}", rate)):
        raise TooManyRequests(f"This key sends too much. {_again(wait)}", retry_after=wait)


def count_failure(key: str) -> tuple[int, str]:
    """Count a key that is none; the seconds for which the address is refused more of them, if any.

    A sentence says so. Somebody whose key has ended guesses nothing, nor does who shows none: the
    answer to them stays what it was.
    """
    if not key or keys.is_known(key):
        return 0, ""
    wait = _spend(f"failed {_address()}", current_app.config["FAILED_SIGN_INS"])
    return wait, f"Too many wrong keys came from this address. {_again(wait)}" if wait else ""


def _hold_address() -> None:
    if request.blueprint == "probes":
        return
    wait = _spend(f"address {_address()}", current_app.config["RATE_LIMIT_PER_ADDRESS"])
    if wait:
        raise TooManyRequests(f"This address sends too much. {_again(wait)}", retry_after=wait)


def _spend(name: str, rate: Rate | None) -> int:
    if rate is None or not observing.is_first(request.environ, name):
        return 0
    return ceil(rate_limits.spend(name, rate))


def _address() -> str:
    # Behind a socket of the file system there is none: then all are one, as behind any proxy that
    # is not trusted.
    return network_of(request.remote_addr or "")


def _again(seconds: int) -> str:
    noun = "second" if seconds == 1 else "seconds"
    return f"Try again in {seconds} {noun}."
