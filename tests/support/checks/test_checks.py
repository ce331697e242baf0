"""Each check finds what it is for, and is silent on what is right."""
import argparse

import pytest
from checks import (calls, clang_format, columns, documents, headers, hooks, include_law, mutants,
                    notes, paths, plugins, shell, size, unit_tests)
from checks.tree import Exceptions, Finding, Tree

OPTIONS = argparse.Namespace(release="build/release", hooks="build/hooks")
GUARD = "#ifndef X_H\n#define X_H\n{}\n#endif\n"


@pytest.fixture
def found(tmp_path):
    """found(check, {path: text}) is what the check says of such a tree."""
    def run(check, files):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode() if isinstance(text, str) else text)
        return [str(f) for f in check.check(Tree(tmp_path), OPTIONS)]
    return run


@pytest.mark.parametrize("path, include", [
    ("daemon/domain/a.c", '"store/b.h"'),  # upwards
    ("daemon/store/a.c", '"settings/b.h"'),  # sideways
    ("daemon/intake/a.c", '"outbox/b.h"'),
    ("daemon/intake/a.c", '"nowhere/b.h"'),
    ("daemon/store/a.c", '"b.h"'),  # without its room
    ("daemon/casework/a.c", '"store/txn.h"'),  # implementers' header
    ("daemon/outbox/a.c", '"base/loop_native.h"'),
    ("daemon/intake/a.c", '"casework/casework_private.h"'),
    ("daemon/domain/a.c", '"astrad_channel.h"'),
    ("daemon/astractl/a.c", '"store/b.h"'),
    ("daemon/intake/a.c", "<sqlite3.h>"),
    ("daemon/outbox/a.c", "<curl/curl.h>"),
    ("daemon/domain/report.c", "<jansson.h>"),
    ("daemon/store/a.c", "<openssl/evp.h>"),
    ("daemon/intake/a.c", "<pthread.h>"),
    ("daemon/intake/a.c", "<boost.h>"),
    ("daemon/extra/a.c", "<stdio.h>"),  # a room out of the plan
    ("daemon/other.c", "<stdio.h>"),
    ("tests/unit/domain/test_a.c", '"store/b.h"'),
    ("plugins/webhook/a.c", '"base/buf.h"'),
    ("plugins/webhook/a.c", "<curl/curl.h>"),
    ("plugins/astrad_channel.h", "<unistd.h>"),
])
def test_include_law_refuses(found, path, include):
    assert found(include_law, {path: f"#include {include}\n"})


@pytest.mark.parametrize("path, include", [
    ("daemon/store/a.c", '"store/txn.h"'),
    ("daemon/store/a.c", "<sqlite3.h>"),
    ("daemon/intake/a.c", '"casework/b.h"'),
    ("daemon/intake/a.c", '"base/loop_native.h"'),
    ("daemon/domain/report_json.c", "<jansson.h>"),
    ("daemon/channel/a.c", '"astrad_channel.h"'),
    ("daemon/base/secret.c", "<openssl/evp.h>"),
    ("daemon/app.c", '"intake/b.h"'),
    ("daemon/app_run.c", '"intake/b.h"'),
    ("tests/unit/domain/test_a.c", "<cmocka.h>"),
    ("plugins/webhook/a.c", '"astrad_channel.h"'),
    ("plugins/webhook/a.c", "<sys/socket.h>"),
])
def test_include_law_accepts(found, path, include):
    assert found(include_law, {path: f"#include {include}\n"}) == []


def test_library_types_stay_out_of_public_headers(found):
    files = {"daemon/store/db.h": GUARD.format("struct db { sqlite3 *handle; };"),
             "daemon/store/db.c": '#include "store/db.h"\n'}
    assert found(include_law, files) == []  # private to its room
    files["daemon/store/store.h"] = GUARD.format('#include "store/db.h"')
    files["daemon/casework/a.c"] = '#include "store/store.h"\n'
    assert found(include_law, files) == ["daemon/store/db.h:3: sqlite3 in a header other rooms see"]
    files["daemon/store/db.h"] = GUARD.format("/* sqlite3 is behind it */\nstruct db;")
    assert found(include_law, files) == []


def test_headers_compile_alone(found):
    good = GUARD.format("#include <stdint.h>\nstruct a { uint32_t b; };")
    assert found(headers, {"daemon/base/a.h": good, "plugins/astrad_channel.h": good}) == []
    lacking = GUARD.format("struct a { uint32_t b; };")
    assert len(found(headers, {"daemon/base/a.h": lacking})) == 2  # gcc and clang
    twice = "struct a { int b; };\n"
    assert found(headers, {"daemon/base/a.h": twice})
    c17 = GUARD.format("struct a { struct { int b; }; };")
    assert found(headers, {"daemon/base/a.h": good, "plugins/astrad_channel.h": c17})


def function(lines, name="walk"):
    return f"int {name}(void)\n{{\n" + "\tx();\n" * (lines - 3) + "}\n"


def test_size(found):
    text = "static const int a[] = {\n" + "\t1,\n" * 150 + "};\n" + function(60)
    assert found(size, {"daemon/base/a.c": text}) == []
    assert found(size, {"daemon/base/a.c": function(61)}) == \
        ["daemon/base/a.c:1: note: walk: 61 lines"]
    text = "int x;\n\nstatic int\n" + function(102)[4:]
    assert found(size, {"daemon/base/a.c": text}) == ["daemon/base/a.c:3: walk: 103 lines"]
    assert found(size, {"daemon/base/a.c": "\n" * 801}) == ["daemon/base/a.c:1: 801 lines"]


def test_columns(found):
    assert found(columns, {"daemon/base/a.c": "\t" * 12 + "abcd\n", "x.md": "x" * 200 + "\n"}) == []
    assert found(columns, {"daemon/base/a.c": "\t" * 12 + "abcde\n"}) == \
        ["daemon/base/a.c:1: 101 columns"]


@pytest.mark.parametrize("path, text", [
    ("daemon/base/a.c", "strcpy(a, b);"),
    ("plugins/x/a.c", "n = atoi(s);"),
    ("tests/unit/base/test_a.c", "usleep(5);"),
    ("daemon/intake/a.c", "now = time(NULL);"),
    ("daemon/casework/a.c", "p = malloc(3);"),
    ("daemon/outbox/a.c", "pthread_create(&t, 0, f, 0);"),
    ("daemon/base/a.h", "typedef struct a a_t;"),
    ("daemon/intake/a.c", "#ifdef __linux__"),
    ("daemon/base/a.c", "int f(void)\n{\nagain:\n\tif (x) {\n\t\tgoto again;\n\t}\n}"),
])
def test_calls_refuses(found, path, text):
    assert found(calls, {path: text + "\n"})


@pytest.mark.parametrize("path, text", [
    ("daemon/base/a.c", "/* strcpy(a, b) is not used */"),
    ("daemon/base/a.c", 'log("system(x)");'),
    ("daemon/base/clock.c", "now = time(NULL);"),
    ("daemon/base/a.c", "mystrcpy(a); x->time(3); y.select(1);"),
    ("daemon/base/a.c", "int f(void)\n{\n\tif (x) {\n\t\tgoto fail;\n\t}\nfail:\n\treturn 1;\n}"),
])
def test_calls_accepts(found, path, text):
    assert found(calls, {path: text + "\n"}) == []


def test_notes(found):
    assert len(found(notes, {"daemon/base/a.c": "/* TO" "DO: later */\n"})) == 1
    assert found(notes, {"daemon/base/a.c": 'mkstemp("astrad.XXXXXX");\n'}) == []


@pytest.mark.parametrize("text", ["see /ho" "me/me/x\n", "cd /ro" "ot/src\n", "no newline",
                                  '"reso' 'lved": "https://x"\n'])
def test_paths_refuses(found, text):
    assert found(paths, {"a.md": text})


def test_paths_accepts(found):
    assert found(paths, {"a.md": "/run/astrad/x and http://x/work/y and ${TMPDIR:-/tmp}\n"}) == []


def test_unit_tests(found):
    files = {"daemon/base/buf.c": '#include "base/buf.h"\n',
             "daemon/base/arena.c": '#include "base/buf.h"\n',
             "daemon/base/pool.c": "\n"}
    assert len(found(unit_tests, files)) == 3
    files["tests/unit/base/test_buf.c"] = "/* Tests.\n * Covers heap.c,\n * pool.c and x.c. */\n"
    assert found(unit_tests, files) == ["tests/unit/base/test_buf.c:1: is not built by "
                                        "tests/unit/base/meson.build"]
    files["tests/unit/base/meson.build"] = "foreach name : ['buf']\n"
    assert found(unit_tests, files) == []  # arena.c implements buf.h too
    files["daemon/intake/thin.c"] = "int x;\n"
    assert len(found(unit_tests, files)) == 1
    said = '"""The API.\n\nCovers intake/other.c and intake/thin.c.\n"""\n'
    files["tests/api/test_thin.py"] = said
    assert found(unit_tests, files) == []


def test_plugins(found):
    files = {"plugins/sms/sms.c": "\n"}
    assert len(found(plugins, files)) == 3
    for name in ("meson.build", "README.md", "test_sms.c"):
        files[f"plugins/sms/{name}"] = "\n"
    assert found(plugins, files) == []


def test_shell(found):
    assert found(shell, {"tests/a.sh": "if\n"})
    assert found(shell, {"tests/a.sh": "true\n", "run": "#!/usr/bin/python3\ndef\n"})
    assert found(shell, {"run": "#!/usr/bin/python3\nx = 1\n", "b": "#!/bin/bash\ntrue\n"}) == []


MAP = "    daemon/base    words\n    daemon/store   words\n"
ROOMS = {"daemon/base/a.c": "\n", "daemon/store/b.c": "\n", "daemon/store/b.h": "\n"}


@pytest.mark.parametrize("path, text", [
    ("README.md", MAP + "    plugins        gone\n"),
    ("README.md", "    daemon/base    words\n"),  # a room that the map lacks
    ("README.md", MAP + "[there](daemon/README.md)\n"),
    ("daemon/README.md", "`store/c.c`\n"),
    ("daemon/README.md", "`c.h`\n"),
    ("daemon/README.md", "`*_json.c`\n"),
    ("daemon/README.md", "`tests/run`\n"),
])
def test_documents_names_what_is_gone(found, path, text):
    assert found(documents, {**ROOMS, path: text})


def test_documents_is_silent_about_what_is_there(found):
    text = "`store/b.c` `b.[ch]` `*.h` `daemon/base` `/readyz` `x*alloc` `503` `a and b.c`\n"
    assert found(documents, {**ROOMS, "README.md": MAP, "daemon/README.md":
                             text + "[up](../README.md) [far](https://example.org/x.c)\n"}) == []


def test_clang_format(found):
    style = "BasedOnStyle: LLVM\n"
    assert found(clang_format, {".clang-format": style, "daemon/base/a.c": "int   x;\n"})
    assert found(clang_format, {".clang-format": style, "daemon/base/a.c": "int x;\n"}) == []


def test_hooks(found):
    elf = b"\x7fELF"
    files = {"build/release/daemon/astrad": elf, "build/hooks/daemon/astrad": elf + b"hook_pass"}
    assert found(hooks, files) == []
    assert found(hooks, {**files, "build/release/daemon/astrad": elf + b"ASTRAD_CLOCK"})
    assert found(hooks, {**files, "build/release/daemon/x.o": b"hook_pass"})
    assert found(hooks, {**files, "build/hooks/daemon/astrad": elf})


def test_exceptions(tmp_path):
    path = tmp_path / "exceptions.txt"
    path.write_text("# why\nsize a.c:walk a table of cases\nsize b.c\nsize c.c old\nnotes x.c y\n")
    exceptions = Exceptions(path)
    assert exceptions.covers("size", Finding("a.c", 3, "long", subject="walk"))
    assert not exceptions.covers("size", Finding("a.c", 3, "long", subject="run"))
    assert not exceptions.covers("size", Finding("b.c", 3, "long"))
    assert not exceptions.covers("columns", Finding("a.c", 3, "long", subject="walk"))
    told = [f.text for f in exceptions.leftovers("size", "exceptions.txt")]
    assert told == ["exception for b.c gives no reason", "exception for c.c is not needed any more"]


MUTANT = """law: two is one more than one
test: unit base id
{}
diff --git a/a.c b/a.c
--- a/a.c
+++ b/a.c
@@ -1 +1 @@
-{}
+int two = 3;
"""


def test_mutants(found):
    files = {"a.c": "int two = 2;\n",
             "tests/mutants/good.patch": MUTANT.format("expect: test_two\n", "int two = 2;"),
             "tests/mutants/silent.patch": MUTANT.format("", "int two = 2;"),
             "tests/mutants/stale.patch": MUTANT.format("expect: test_two\n", "int two = 1;")}
    assert found(mutants, files) == [
        "tests/mutants/silent.patch:1: no expect:",
        "tests/mutants/stale.patch:1: note: does not apply any more"]
