"""What the portal has pages for, as the program has it (src/portal/pages.h), and something to stand in their addresses."""

import re
from collections import namedtuple

from .site import TREE

# needs: PAGE_ADMIN and so on, as words.
Route = namedtuple("Route", "method path needs")


def routes(method=None):
    """All of them, or those of one method."""
    text = (TREE / "src/portal/pages.h").read_text()
    rows = re.findall(r'X\(\s*(GET|POST),\s*"([^"]+)",\s*([^,]+),', text)
    found = [Route(m, path, set(re.findall(r"\w+", needs))) for m, path, needs in rows]
    return [route for route in found if method in (None, route.method)]


def values_for(site):
    """What stands for the {segment} of a path, by what the path is about; the user is in the group."""
    user = site.new_user("--real-name", "张三")
    site.cli("group", "add", "staff", "--title", "员工")
    site.cli("group", "join", "staff", user.account)
    ((user_id,),) = site.query("SELECT id FROM user WHERE account = ?", user.account)
    ((kid,),) = site.query("SELECT kid FROM sign_key LIMIT 1")
    return {"user": user_id, "client": "sword", "tenant": "000000", "group": "staff", "key": kid}


def concrete(path, values):
    """The path with something in the place of {segment}: what, its own name says."""
    if "{" not in path:
        return path
    for name, value in values.items():
        if f"/{name}" in path:
            return re.sub(r"{\w+}", str(value), path)
    raise AssertionError(f"{path}: add to values_for()")
