"""Who opened the page, how they sign in and out, and what they read where they may not act."""

from collections.abc import Mapping
from functools import partial
from html import escape
from pathlib import Path

import streamlit as st
from streamlit.errors import StreamlitAPIException
from streamlit.runtime.scriptrunner import get_script_run_ctx

from fer import people, web
from fer.claims import person_of
from fer.errors import FerError
from fer.importing import require
from fer.people import OWNER, READ_ONLY, Action, Person, Role, acting
from pages.common import errors
from pages.common.visitors import shelf

_SECTION = "auth"
"""Of Streamlit's secrets: it sets up the login."""
_DEFAULT = "default"
"""What Streamlit calls the provider of a section that has no part for each."""
_HOW_TO_CHANGE = (
    "Whoever runs it can set up a login, or let only its own machine open it: docs/people.md."
)


def current() -> Person | None:
    """Who opened the page that is being drawn; None outside of one."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return None
    if not _providers():
        is_private = web.is_private(st.get_option("server.address"))
        return OWNER if is_private else Person(role=Role.VISITOR)
    claims = st.user.to_dict()
    return person_of(claims) if claims.get("is_logged_in") is True else Person(role=Role.NOBODY)


people.ask_with(current)


def _providers() -> tuple[str, ...]:
    """Who people can sign in with, by name; none where no login is set up."""
    if not st.secrets.load_if_toml_exists():
        # A file that cannot be read may hold a login: better nobody comes in than everybody.
        is_broken = any(Path(file).exists() for file in st.get_option("secrets.files"))
        return (_DEFAULT,) if is_broken else ()
    if _SECTION not in st.secrets:
        return ()
    section = st.secrets[_SECTION]
    named = [name for name, value in section.items() if isinstance(value, Mapping)]
    return tuple(name for name in named if name != "client_kwargs") or (_DEFAULT,)


def why_not(action: Action) -> str:
    """Why the visitor may not do something; "" if they may. It leaves out what is at the top."""
    person = acting()
    reason = person.why_not(action)
    if reason and person.role == Role.VISITOR:
        return "Read-only: the notice at the top has the reason."
    return reason


def allows(action: Action) -> bool:
    """Whether the visitor may do something; if not, a sentence has the reason."""
    if reason := why_not(action):
        st.caption(f":material/lock: {errors.plain(reason)}")
    return not reason


def show_standing() -> None:
    """Above every page: who is signed in, or why nothing can be changed."""
    person = acting()
    if person.role == Role.VISITOR:
        st.info(f"{READ_ONLY} {_HOW_TO_CHANGE}", icon=":material/lock:")
    elif _providers():
        with st.container(
            horizontal=True, horizontal_alignment="right", vertical_alignment="center",
            gap="small", key="people",
        ):  # fmt: skip
            # Markdown would make a link of an address.
            st.html(f"<span>{escape(person.name)}, {person.role}</span>", width="content")
            _show_sign_out()


def show_sign_in() -> None:
    """All that somebody sees who has to sign in first, or who has no role."""
    st.title("Sign in", anchor=False)
    if st.user.get("is_logged_in") is True:
        name = errors.plain(acting().name)
        st.warning(
            f"You are signed in as **{name}**, but nobody gave you a role here. Ask whoever runs "
            "this app.",
            icon=":material/lock:",
        )
        _show_sign_out()
        return
    st.markdown("This app shows its pages to people who have signed in.")
    for provider in _providers():
        label = "Sign in" if provider == _DEFAULT else f"Sign in with {errors.plain(provider)}"
        if st.button(label, icon=":material/login:", type="primary", key=f"people.in.{provider}"):
            _attempt(partial(_sign_in, provider))


def _sign_in(provider: str) -> None:
    require("authlib")
    require("httpx")
    st.login(None if provider == _DEFAULT else provider)


def _attempt(sign_in: "partial[None]") -> None:
    try:
        sign_in()
    except FerError as error:
        errors.show(error)
    except StreamlitAPIException as error:  # the section lacks something
        errors.show(FerError(f"The login is not set up rightly: {error}"))


def _show_sign_out() -> None:
    if st.button("Sign out", icon=":material/logout:", type="tertiary", key="people.out"):
        shelf().forget()  # or whoever comes next to this browser sees it
        st.logout()
