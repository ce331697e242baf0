"""What must be true in the end, read from the partners' own ledgers. Pure: entries in, complaints
out; no complaint is the only good answer."""
import json

GOT = {"mup-ns", "granica-ho"}  # who was reached before the acknowledgement
DOWN = {"bolnica-ns"}
SPARED = {"aerodrom-bg"}  # whose turn had not come
MAY_COME = {"exercise.alert.acknowledged", "exercise.alert.ack_expiring"}
TRIES = 3


def believed(entries):
    return [entry for entry in entries if entry["result"] in ("kept", "noted", "older", "ignored")]


def of_type(entries, kind):
    return [entry for entry in believed(entries) if entry["type"] == f"exercise.{kind}"]


def judge_reached(name, entries, ref):
    issued, ended = of_type(entries, "alert.issued"), of_type(entries, "alert.ended")
    for kind, found in (("alert", issued), ("end", ended)):
        if len(found) != 1:
            yield f"{name} should have the {kind} once and has it {len(found)} times"
    for entry in believed(entries):
        if entry["result"] in ("older", "ignored"):
            yield f"{name} had no use for {entry['type']} ({entry['result']})"
        if entry["type"] not in MAY_COME | {"exercise.alert.issued", "exercise.alert.ended"}:
            yield f"{name} got {entry['type']}, which was not sent for"
        if entry["body"]["data"].get("ref") != ref:
            yield f"{name} got a message about {entry['body']['data'].get('ref')}, not {ref}"
    if len(issued) == 1 and len(ended) == 1:
        if entries.index(issued[0]) > entries.index(ended[0]):
            yield f"{name} got the end before the alert"
        yield from judge_pair(name, issued[0], ended[0])


def judge_pair(name, issued, ended):
    first, last = issued["body"]["data"], ended["body"]["data"]
    if last["version"] <= first["version"]:
        yield f"{name} got an end that is not newer than the alert"
    reason = (last.get("end") or {}).get("reason")
    if (last["state"], reason) != ("ended", "resolved"):
        yield f"{name} was not told that the alert is resolved"
    if issued["id"] == ended["id"]:
        yield f"{name} got two messages under one id"


def judge_down(name, entries):
    if believed(entries):
        yield f"{name} was down all the time and yet got {len(believed(entries))} messages"
    tries = [entry for entry in entries if entry["result"] == "failed" and
             entry["type"] == "exercise.alert.issued"]
    if len(tries) < TRIES:
        yield f"{name} was down and was tried {len(tries)} times, not {TRIES} or more"
    if len({entry["id"] for entry in tries}) > 1:
        yield f"{name} was tried under different ids: it could not know a duplicate"


def judge_spared(name, entries):
    if entries:
        yield f"{name} should have heard nothing and heard {len(entries)} times"


def judge_refused(name, entries, forged):
    refused = sum(entry["result"] == "refused" for entry in entries)
    if refused != forged:
        yield f"{name} refused {refused} messages as not signed by astrad, {forged} were forged"


def judge_privacy(name, entries, private):
    told = json.dumps(entries, ensure_ascii=False)
    for words in private:
        if words in told:
            yield f"{name} was told what never leaves the hotline: {words}"


def judge(ledgers, ref, private, forged):
    """ledgers: {partner: entries}; ref: the alert's; private: texts that no partner may see;
    forged: {partner: forgeries it was sent}. The complaints."""
    complaints = []
    for name, entries in ledgers.items():
        complaints += judge_refused(name, entries, forged.get(name, 0))
        complaints += judge_privacy(name, entries, private)
        genuine = [entry for entry in entries if entry["result"] != "refused"]
        if name in GOT:
            complaints += judge_reached(name, genuine, ref)
        elif name in DOWN:
            complaints += judge_down(name, genuine)
        elif name in SPARED:
            complaints += judge_spared(name, genuine)
    for name in sorted((GOT | DOWN | SPARED) - set(ledgers)):
        complaints.append(f"{name} has no ledger")
    return complaints
