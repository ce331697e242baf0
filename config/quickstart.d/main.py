#!/usr/bin/python3
"""What config/quickstart runs once astrad is built: `run [--once]` or `stop`, see there."""
import argparse
import pathlib
import signal
import sys

import town
from processes import Processes, Trouble
from story import Story

GO_ON = """
It keeps running, so that you can go on by hand (the four partners listen, too):

    cd {folder}
    export PATH=$PWD/bin:$PATH
    astractl --socket control.sock status
    astractl --socket control.sock --token-file tokens/vera-operator case show {case}
    astractl --socket control.sock --token-file tokens/vera-operator report create report.json
    astractl                                  lists everything that it can do
    curl -s {base}/metrics | grep ^astrad
    tail -f partners/mup-ns/ledger.jsonl      what a partner got

    configuration  change astrad.yaml, partners.d, channels.d or policies.d there, then
                   astrad --check --config astrad.yaml, then astractl --socket control.sock reload
    log            {folder}/log/astrad.log
    pid file       {folder}/run/astrad.pid
    stop it        {top}/config/quickstart --stop
"""


def stop(folder):
    stopped = Processes(folder).stop_all()
    town.close_way(folder)
    print(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")


def tell_story(folder):
    town.make(folder)
    opened = town.open_way(folder)
    for path in opened:
        print(f"User astrad may now pass through {path}, which is closed to others; stopping takes "
              f"that back.")
    story = Story(Processes(folder))
    story.run()
    return story


def run(folder, once):
    try:
        story = tell_story(folder)
    except (Trouble, OSError, KeyboardInterrupt) as error:
        print(f"\nTHIS IS NOT AS IT SHOULD BE: {str(error) or 'interrupted'}\n"
              f"Everything is stopped. The logs are in {folder}/log, the partners' books in "
              f"{folder}/partners.", file=sys.stderr, flush=True)
        stop(folder)
        return 1
    if once:
        print()
        stop(folder)
    else:
        print(GO_ON.format(folder=folder, top=town.TOP, base=story.base, case=story.case))
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("what", choices=("run", "stop"))
    parser.add_argument("--once", action="store_true")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # also then nothing stays behind
    if options.what == "stop":
        stop(options.folder)
        return 0
    return run(options.folder, options.once)


if __name__ == "__main__":
    sys.exit(main())
