"""A room includes only rooms of a lower level and itself; each library stays in its room.

Library types never reach a header that another room sees. Plugins see astrad_channel.h and libc.
The tables below are daemon/README.md's picture of the house.
"""
import pathlib
import re

from checks.tree import Finding

LEVELS = {"base": 0, "domain": 1, "settings": 2, "store": 2, "channel": 3, "casework": 3,
          "outbox": 4, "escalation": 4, "intake": 4, "ops": 4}
TOP = re.compile(r"daemon/(main|app(_\w+)?)\.[ch]$")
CLIENT_ROOMS = {"base", "domain", "astractl"}  # astractl is a program of its own

# headers of a room that only some others may include
FRIENDS = {
    "base/loop_native.h": {"base", "intake", "channel"},
    "base/tls_native.h": {"base", "intake", "channel"},
    "store/txn.h": {"store"},
}
ABI = "astrad_channel.h"
ABI_ROOMS = {"settings", "channel", "outbox"}  # settings checks option tables

# (header pattern, files that may include it)
LIBRARIES = [
    (r"event2/", r"daemon/(base|intake|channel)/"),
    (r"llhttp\.h", r"daemon/intake/"),
    (r"jansson\.h", r"daemon/(domain/\w+_json\.[ch]|(settings|intake|astractl)/)"),
    (r"yaml\.h", r"daemon/settings/"),
    (r"sqlite3(ext)?\.h|libpq-fe\.h", r"daemon/store/"),
    (r"curl/", r"daemon/(channel|astractl)/"),
    (r"dlfcn\.h", r"daemon/channel/"),
    (r"openssl/", r"daemon/base/(secret\w*\.c|tls_native\.[ch])"),
    (r"libxml/", r"daemon/domain/cap\w*\.c"),
    (r"geos_c\.h", r"daemon/domain/geo\w*\.c"),
    (r"unicode/", r"daemon/domain/text\w*\.c"),
    (r"pthread\.h|threads\.h", r"daemon/(base|store)/"),
]
TYPES = re.compile(r"\b(json_t|sqlite3\w*|CURLM?|curl_\w+|yaml_\w+|llhttp_\w+|EVP_\w+|SSL(_CTX)?|"
                   r"X509|xmlDoc\w*|GEOS\w+|PGconn|pthread_\w+|bufferevent|evbuffer|event_base)\b")
NATIVE = {"daemon/base/loop_native.h", "daemon/base/tls_native.h"}  # they exist to show a type

C_HEADERS = set("""assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp
signal stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath time
uchar wchar wctype""".split())
LIBC_HEADERS = C_HEADERS | set("""byteswap dirent endian fcntl fnmatch getopt glob grp iconv
langinfo libgen netdb poll pwd regex sched semaphore spawn strings sysexits syslog termios
unistd""".split())
LIBC_FOLDERS = ("sys/", "netinet/", "arpa/", "net/")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def includes(tree, name):
    for number, line in tree.lines(name):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1) == "<", match.group(2)


def room_of(path):
    parts = pathlib.PurePath(path).parts
    if parts[0] == "daemon" and len(parts) > 2:
        return parts[1]
    if parts[:2] == ("tests", "unit") and len(parts) > 3:
        return parts[2]
    return None


def is_libc(header):
    return header.removesuffix(".h") in LIBC_HEADERS or header.startswith(LIBC_FOLDERS)


def room_error(path, room, header):
    """What is wrong with room file `path` including our own "header", or None."""
    target = header.split("/")[0]
    if header == ABI:
        return None if room in ABI_ROOMS else f"{room} has no business with {ABI}"
    if header.endswith("_private.h") and target != room:
        return f"{header} is private to {target}"
    if header in FRIENDS and room not in FRIENDS[header]:
        return f"{header} is for {', '.join(sorted(FRIENDS[header]))} only"
    if "/" not in header:
        return None if path.startswith("tests/") else f'write "{room}/{header}", with its room'
    if target == room:
        return None
    if room == "astractl":
        return None if target in CLIENT_ROOMS else f"astractl may not see {target}"
    if target not in LEVELS:
        return f'"{header}" is in no room'
    if LEVELS[target] >= LEVELS[room]:
        return f"{room} (level {LEVELS[room]}) may not see {target} (level {LEVELS[target]})"
    return None


def library_error(path, header):
    for pattern, places in LIBRARIES:
        if re.match(pattern, header):
            return None if re.match(places, path) else f"<{header}> does not belong here"
    return None if is_libc(header) or header.startswith("linux/") else \
        f"<{header}> is in no table of the include law"


def public_headers(tree):
    """Headers of a room that a file of another room, or app, includes, directly or through one."""
    graph = {n: {f"daemon/{h}" for _, angled, h in includes(tree, n) if not angled}
             for n in tree.c_files("daemon")}
    public = {h for n, headers in graph.items() for h in headers
              if h in graph and room_of(n) != room_of(h)}
    todo = list(public)
    while todo:
        for header in graph.get(todo.pop(), ()):
            if header in graph and header not in public:
                public.add(header)
                todo.append(header)
    return public


def check_daemon(tree):
    for path in tree.c_files("daemon"):
        room = room_of(path)
        if room is None and not TOP.match(path):
            yield Finding(path, 1, "is in no room")
            continue
        if room and room not in LEVELS and room != "astractl":
            yield Finding(path, 1, f"room {room} is not in the plan of the house")
            continue
        for number, angled, header in includes(tree, path):
            error = library_error(path, header) if angled else \
                room and room_error(path, room, header)
            if error:
                yield Finding(path, number, error)


def check_public(tree):
    for path in sorted(public_headers(tree)):
        for number, angled, header in includes(tree, path):
            if angled and any(re.match(p, header) for p, _ in LIBRARIES):
                yield Finding(path, number, f"<{header}> in a header that other rooms see")
        if path in NATIVE:
            continue
        for number, line in tree.code_lines(path):
            match = TYPES.search(line)
            if match:
                yield Finding(path, number, f"{match.group(1)} in a header other rooms see")


def check_unit_tests(tree):
    for path in tree.c_files("tests/unit"):
        room = room_of(path)
        for number, angled, header in includes(tree, path):
            error = not angled and room in LEVELS and room_error(path, room, header)
            if error and header != ABI:
                yield Finding(path, number, error)


def check_plugins(tree):
    own = re.compile(r"^[\w.]+\.h$")
    for path in tree.c_files("plugins"):
        is_abi = path == f"plugins/{ABI}"
        is_test = pathlib.PurePath(path).name.startswith("test_")
        for number, angled, header in includes(tree, path):
            if is_abi:
                allowed = angled and header.removesuffix(".h") in C_HEADERS
            elif angled:
                allowed = is_libc(header) or (is_test and header == "cmocka.h")
            else:
                allowed = header == ABI or own.match(header)
            if not allowed:
                yield Finding(path, number, f"a plugin sees {ABI} and libc only, not {header}")


def check(tree, options):
    yield from check_daemon(tree)
    yield from check_public(tree)
    yield from check_unit_tests(tree)
    yield from check_plugins(tree)
