#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""figures - what the demo and the benchmark have left, as TAP

Usage: tests/figures.py demo DIR GUESTS
       tests/figures.py demo-soft DIR
       tests/figures.py shares DIR

demo: the report and the chart of guests under equal_share agree with each
other and with what was asked for. demo-soft: in each phase of the demo without a
card the guests had what they were to have, and the Mandelbrot set is on the screen of
the one that draws it. shares: each of the benchmark's targets is met.
"""

import json
import os
import re
import sys

tests = 0
failed = 0


def check(name, good, said=""):
    global tests, failed
    tests += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {tests} - {name}")
    if said and not good:
        print(f"# {said}")


def load(*path):
    with open(os.path.join(*path), encoding="utf-8") as f:
        return json.load(f)


def curves(*path):
    """How many points each curve of a chart has."""
    with open(os.path.join(*path), encoding="utf-8") as f:
        return [len(re.findall("[ML]", points))
                for points in re.findall(r'<path d="([^"]*)"', f.read())]


def demo(where, guests):
    report = load(where, "report.json")
    vgpus = report["vgpus"]

    check("the policy is equal_share",
          report["gpu"]["policy"] == "equal_share", report["gpu"]["policy"])
    check(f"there are {guests} guests", len(vgpus) == guests)
    check("of more than one type", len({v["type"] for v in vgpus}) > 1)
    check("a curve for each in the chart",
          len(curves(where, "shares.svg")) == guests)
    for v in vgpus:
        name = v["guest"]
        picture = os.path.join(where, v["screen"])
        check(f"{name} drew, and nothing was dropped",
              v["ops"] > 0 and v["dropped"] == 0, str(v))
        check(f"{name} has a picture", os.path.getsize(picture) > 1000)
        check(f"{name} had its share and no more",
              0 < v["share"] and v["limit"] == round(100 / guests, 2),
              f"limit {v['limit']}, share {v['share']}")
    check("the shares add up", abs(sum(v["share"] for v in vgpus) - 1) < 0.01)


def demo_soft(where):
    # It needs numpy, and nothing else here does.
    from mandelbrot import part_right

    report = load(where, "report.json")
    phases = [p["guests"] for p in report["phases"]]
    victim = report["phases"][2]["phase"].split()[0]
    (other,) = set(phases[0]) - {victim}

    check("there are four phases", len(phases) == 4)
    for name in phases[0]:
        for number in (0, 3):
            had = phases[number][name]
            check(f"{name} computes in phase {number + 1}",
                  had["dispatches"] > 0 and had["share"] > 0, str(had))
    picture = os.path.join(where, "guest1.png")
    check("guest1 has a picture", os.path.getsize(picture) > 1000)
    right = part_right(os.path.join(where, "guest2.png"))
    check("guest2 has drawn the Mandelbrot set", right >= 0.99,
          f"{100 * right:.2f} % of the pixels are right")
    capped = phases[1]["guest2"]
    check("who is capped has no more", 0 < capped["share"] < 0.12, str(capped))
    check("who is faulted has nothing",
          phases[2][victim]["dispatches"] == 0, str(phases[2]))
    check("the other goes on", phases[2][other]["dispatches"] > 0, str(phases[2]))
    check("who computes beside another waits now and then",
          all(had["mean_wait_ms"] > 0 for had in phases[0].values()), str(phases[0]))
    demo_soft_charts(where, list(phases[0]).index(victim))


def demo_soft_charts(where, victim):
    """Of a share there is always something to say, of waits where there are turns."""
    share, wait = curves(where, "shares.svg"), curves(where, "waits.svg")
    check("a curve for each in the chart of shares",
          len(share) == 2 and share[0] == share[1] > 1, str(share))
    check("a curve for each in the chart of waits",
          len(wait) == 2 and min(wait) > 1, str(wait))
    check("with nothing of who is faulted, who has no turns",
          len(wait) == 2 and wait[victim] < wait[1 - victim], str(wait))


def shares(where):
    for t in load(where, "bench.json")["targets"]:
        check(t["what"], t["met"],
              f"{t['worst_error']} {t['unit']}, allowed {t['allowed']}"
              + ("" if t["undisturbed"] else "; something disturbed the run"))


def main(args):
    if args[:1] == ["demo"] and len(args) == 3:
        demo(args[1], int(args[2]))
    elif args[:1] == ["demo-soft"] and len(args) == 2:
        demo_soft(args[1])
    elif args[:1] == ["shares"] and len(args) == 2:
        shares(args[1])
    else:
        print(__doc__.strip())
        return 2
    print(f"1..{tests}")
    return 1 if failed else 0


sys.exit(main(sys.argv[1:]))
