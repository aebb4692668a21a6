"""Fixtures: one site per transport for the whole run, one visitor with a fresh address per test."""

from contextlib import contextmanager

import pytest
from harness import disk
from harness.servers import CONFIGS, TRANSPORTS
from harness.site import BINARY, Site
from harness.visitor import Visitor


def pytest_sessionstart(session):
    if not BINARY.exists():
        raise pytest.UsageError(f"{BINARY} is not there: make build/asan/menshen.fcgi")


@contextmanager
def running_site(name, settings=None, port=None, kind=Site):
    """
    A new site behind the configuration `name` of harness.servers; `site.server` is what serves it. `port`: where, if
    the settings name it.
    """
    site = kind(settings)
    site.port = port
    try:
        site.server = CONFIGS[name].server(site, CONFIGS[name])
        try:
            yield site
        finally:
            site.server.stop()
    finally:
        site.remove()


@pytest.fixture(scope="session", params=TRANSPORTS)
def site(request):
    """The site that tests share, over every transport in turn."""
    with running_site(request.param) as site:
        site.transport = request.param
        yield site


@pytest.fixture
def web(site):
    """A visitor of the shared site whom no other test knows."""
    return Visitor(site, site.server.client)


@pytest.fixture
def user(site):
    """A user of the shared site whom no other test knows."""
    return site.new_user()


@pytest.fixture
def site_with():
    """site_with({"token": {"refresh_grace": "0"}}): a visitor of a new site with these settings, over plain CGI."""
    running = []

    def make(settings, name="cgi"):
        context = running_site(name, settings)
        site = context.__enter__()
        running.append(context)
        return Visitor(site, site.server.client)

    yield make
    for context in reversed(running):
        context.__exit__(None, None, None)


@pytest.fixture(scope="session")
def disk_library():
    """What harness.disk.Disk preloads."""
    library = disk.build()
    yield library
    disk.remove(library)
