#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""examples.py - does docs/orchestrators.md name what the driver offers?

Usage: examples.py DOCUMENT GPU    GPU: its directory in /sys/bus/pci/devices

Types, their names and the GPU's address in the examples for Nova, KubeVirt and
Proxmox are looked up in sysfs, those for libvirt in the files of
qemu-configs/libvirt/, which tests use. Status 1 and a message when one is not
there.
"""

import configparser
import glob
import os
import re
import sys


def require(condition, *message):
    if not condition:
        sys.exit(" ".join(str(word) for word in message))


def blocks(text, language):
    found = re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)
    require(found, "no example in", language)
    return found


def check_libvirt(text):
    here = os.path.dirname(os.path.abspath(__file__))
    files = []
    for path in glob.glob(here + "/../../qemu-configs/libvirt/*.xml"):
        with open(path, encoding="utf-8") as file:
            files.append(file.read())
    for xml in blocks(text, "xml"):
        require(any(xml in file for file in files),
                "libvirt: in no file:\n" + xml)


def check_nova(text, ids, address):
    conf = configparser.ConfigParser()
    conf.read_string("\n".join(blocks(text, "ini")))
    enabled = [kind.strip() for kind in
               conf["devices"]["enabled_mdev_types"].split(",")]
    for kind in enabled:
        require(kind in ids, "nova.conf:", kind, "is none of", ids)
        addresses = conf["mdev_" + kind]["device_addresses"].split(",")
        require(address in addresses, "nova.conf:", addresses)
    groups = {group for group in conf.sections() if group.startswith("mdev_")}
    require(groups == {"mdev_" + kind for kind in enabled},
            "nova.conf: groups", groups)


def check_kubevirt(text, ids, names):
    yaml = "\n".join(blocks(text, "yaml"))
    listed = re.search(r"mediatedDeviceTypes:\n((?:\s+- .*\n)+)", yaml)
    for kind in re.findall(r"- (\S+)", listed.group(1)):
        require(kind in ids, "KubeVirt:", kind, "is none of", ids)
    selectors = re.findall(r"mdevNameSelector: (\S+)", yaml)
    require(selectors and set(selectors) <= names, "KubeVirt:", selectors,
            "and", names)
    offered = set(re.findall(r"resourceName: (\S+)", yaml))
    wanted = set(re.findall(r"deviceName: (\S+)", yaml))
    require(wanted and wanted <= offered, "KubeVirt:", wanted, "and", offered)


def check_proxmox(text, ids, address):
    found = re.findall(r"^qm set \d+ -hostpci0 ([0-9a-f:.]+),mdev=(\S+)$",
                       text, re.M)
    require(found, "no example for Proxmox")
    for where, kind in found:
        require(where == address and kind in ids, "Proxmox:", where, kind)


def main(args):
    if len(args) != 2:
        print(__doc__.strip())
        return 1
    with open(args[0], encoding="utf-8") as file:
        text = file.read()
    types = os.path.join(args[1], "mdev_supported_types")
    ids = set(os.listdir(types))
    names = set()
    for kind in ids:
        with open(os.path.join(types, kind, "name"), encoding="ascii") as file:
            names.add(file.read().strip())
    address = os.path.basename(args[1])
    check_libvirt(text)
    check_nova(text, ids, address)
    check_kubevirt(text, ids, names)
    check_proxmox(text, ids, address)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
