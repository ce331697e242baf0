"""Calls and constructs that the house does not use, each with what to use instead."""
import re

from checks.tree import Finding

EVERYWHERE = {
    "strcpy strcat strncat sprintf vsprintf gets stpcpy": "base/buf.h or snprintf",
    "strtok strtok_r": "a parser that keeps its input",
    "atoi atol atoll atof": "strtoll with errno and end checked",
    "system popen": "base/child.h",
    "alloca": "the heap",
    "setjmp longjmp": "an error returned",
    "rand srand random srandom drand48": "base/clock.h's rng, or secret_random for keys and ids",
    "sleep usleep nanosleep": "a deadline in the run queue",
    "select": "base/loop.h",
}
# in the daemon's own code, beyond the folders named
OUTSIDE = {
    "time gettimeofday clock_gettime timespec_get localtime gmtime localtime_r mktime":
        (("daemon/base/",), "base/clock.h"),
    "fork vfork posix_spawn posix_spawnp execv execve execvp": (("daemon/base/",), "base/child.h"),
    "pthread_create thrd_create": (("daemon/store/",), "the loop: only the store has threads"),
    "dlopen dlsym": (("daemon/channel/",), "the plugin host"),
    "malloc calloc realloc strdup strndup asprintf vasprintf":
        (("daemon/base/", "plugins/"), "base/alloc.h"),
}
TYPEDEF_STRUCT = re.compile(r"\btypedef\s+(struct|union)\b")
PLATFORM_IF = re.compile(r"^\s*#\s*(?:if|ifdef|elif)\b.*\b(__linux__|__APPLE__|__FreeBSD__|_WIN32)")
GOTO = re.compile(r"\bgoto\s+(\w+)\s*;")


def call_pattern(names):
    return re.compile(r"(?<![\w.>])(" + "|".join(names.split()) + r")\s*\(")


def check_calls(tree, paths, names, instead):
    pattern = call_pattern(names)
    for path in paths:
        for number, line in tree.code_lines(path):
            match = pattern.search(line)
            if match:
                yield Finding(path, number, f"{match.group(1)}: use {instead}",
                              subject=match.group(1))


def check_gotos(tree, path):
    lines = tree.code(path).split("\n")
    for function in tree.functions(path):
        labels = {}
        for number in range(function.line, function.last + 1):
            label = re.match(r"\s*(\w+):\s*$", lines[number - 1])
            if label:
                labels[label.group(1)] = number
            jump = GOTO.search(lines[number - 1])
            if jump and jump.group(1) in labels:
                yield Finding(path, number, f"goto {jump.group(1)} jumps backwards")


def check(tree, options):
    everything = tree.c_files("daemon", "plugins", "tests")
    daemon = tree.c_files("daemon", "plugins")
    for names, instead in EVERYWHERE.items():
        yield from check_calls(tree, everything, names, instead)
    for names, (folders, instead) in OUTSIDE.items():
        paths = [p for p in daemon if not p.startswith(folders)]
        yield from check_calls(tree, paths, names, instead)
    for path in daemon:
        for number, line in tree.code_lines(path):
            if TYPEDEF_STRUCT.search(line):
                yield Finding(path, number, "structs are not typedef'd")
            if PLATFORM_IF.search(line) and not path.startswith("daemon/base/"):
                yield Finding(path, number, "platform #if outside base")
    for path in everything:
        yield from check_gotos(tree, path)
