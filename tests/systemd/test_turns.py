"""No turn of the event loop is long, however large the configuration: the watchdog, operators and
stops wait for it. The loop measures itself; its processor time counts here, for a busy machine may
take the processor away from any turn."""
import re

import pytest
from harness import Client

LIMIT_US = 20_000
CHANNELS, RECIPIENTS = 500, 200_000
WAIT_S = 240  # for hundreds of commits on a disk that others use too


def longest_turn_us(astrad):
    text = Client(port=astrad.config.port).get("/metrics").expect(200).body.decode()
    return int(re.search(r"^astrad_loop_turn_cpu_max_microseconds (\d+)$", text,
                         re.MULTILINE).group(1))


def fill(config):
    """Channels, and policies over all of them."""
    names = [f"p{i:03d}" for i in range(CHANNELS)]
    for name in names:
        config.webhook_partner(name, f"http://127.0.0.1:9/{name}", areas=["RS"])
    config.journal("log")
    config.journal("crowd", recipients=1000)
    for number in range(5):
        rungs = [{"name": f"rung{i}", "after": f"{i}m", "channels": names[i::10]}
                 for i in range(10)]
        config.policy(f"policy{number}", rungs=rungs)


@pytest.mark.timeout(2 * WAIT_S)
def test_no_turn_is_long(config, astrad):
    """It was 25 to 80 ms at the start (the authorities), 26 ms at a reload (ids that stand
    twice)."""
    fill(config)
    astrad.init()
    astrad.start(wait=False)
    astrad.wait_notified("READY=1", timeout=WAIT_S)
    assert 0 < longest_turn_us(astrad) < LIMIT_US, "start"
    config.recipients_csv("crowd", RECIPIENTS)
    for name in list(config.channels)[::3]:
        config.channels[name]["limits"] = {"rate": 7}
    config.write()
    astrad.ctl("reload")
    astrad.wait_log("recipient list loaded channel=crowd generation=2", timeout=WAIT_S)
    assert longest_turn_us(astrad) < LIMIT_US, "reload"
