#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""nova.py - vGPUs by libvirt's API, in the way a cloud's compute agent works

Usage: nova.py capabilities      what libvirt says of the types is what sysfs says
       nova.py cycle TYPE        define, create, count, delete
       nova.py transient TYPE    create from XML, delete
       nova.py external TYPE [UUID]  made and removed in sysfs, seen by libvirt
       nova.py fill TYPE         until no more is available

OpenStack Nova lists the devices with the capability mdev_types, takes from
their XML how many of a type are available, adds those that exist, and reports
the sum as its inventory. Status 1 and a message when something is not so.
"""

import os
import sys
import time
import uuid
from xml.etree import ElementTree

import libvirt

# Seconds; see scripts/patience.sh.
PATIENCE = int(os.environ["PATIENCE"])

GPUS = "/sys/class/mdev_bus"
MDEVS = "/sys/bus/mdev/devices"

MDEV = """<device>
  <parent>{parent}</parent>
  <capability type='mdev'>
    <type id='{kind}'/>
    {identity}
  </capability>
</device>"""


def require(condition, *message):
    if not condition:
        sys.exit(" ".join(str(word) for word in message))


def read(*path):
    with open(os.path.join(*path), encoding="ascii") as file:
        return file.read().strip()


def xml_of(connection, name):
    return ElementTree.fromstring(
        connection.nodeDeviceLookupByName(name).XMLDesc(0))


def node_of(address):
    """libvirt's name of a PCI device"""
    return "pci_" + address.replace(":", "_").replace(".", "_")


def look(connection):
    """What available() gives, as far as libvirt can tell just now"""
    try:
        return {name: {kind.get("id"): int(kind.findtext("availableInstances"))
                       for kind in xml_of(connection, name).iterfind(
                           "capability/capability[@type='mdev_types']/type")}
                for name in connection.listDevices("mdev_types", 0)}
    except libvirt.libvirtError as error:
        if error.get_error_code() == libvirt.VIR_ERR_NO_NODE_DEVICE:
            return {}
        raise


def available(connection):
    """{GPU: {type: how many can be created now}}. libvirt has none of a GPU at which it
    looks anew, as it does when a vGPU has come or gone: it is asked again then"""
    found = {}

    def is_complete():
        found.clear()
        found.update(look(connection))
        return {node_of(gpu) for gpu in os.listdir(GPUS)} <= set(found)

    wait_for(is_complete, "libvirt lacks one of", os.listdir(GPUS))
    return found


def vgpus(connection):
    """{UUID: (GPU, type)} of the vGPUs that there are"""
    found = {}
    for name in connection.listDevices("mdev", 0):
        try:
            device = connection.nodeDeviceLookupByName(name)
            # Those that are only defined are listed as well.
            if not device.isActive():
                continue
            xml = ElementTree.fromstring(device.XMLDesc(0))
        except libvirt.libvirtError as error:
            # It has gone since it was listed.
            if error.get_error_code() == libvirt.VIR_ERR_NO_NODE_DEVICE:
                continue
            raise
        mdev = xml.find("capability[@type='mdev']")
        require(mdev.find("iommuGroup") is not None, name, "has no IOMMU group")
        found[mdev.findtext("uuid")] = (xml.findtext("parent"),
                                        mdev.find("type").get("id"))
    return found


def inventory(connection, gpu, kind):
    """What placement is told: created ones and those still available"""
    created = list(vgpus(connection).values()).count((gpu, kind))
    return created, created + available(connection)[gpu][kind]


def can_migrate(connection):
    """What Nova asks of both hosts: libvirt 8.6.0 and QEMU 8.1.0, of a server with a
    vGPU that is to move while it runs"""
    return (connection.getType() == "QEMU" and
            connection.getLibVersion() >= 8006000 and
            connection.getVersion() >= 8001000)


def assigned(connection):
    """UUIDs of the vGPUs that VMs have"""
    return {address.get("uuid") for domain in connection.listAllDomains(0)
            for address in ElementTree.fromstring(domain.XMLDesc(0)).iterfind(
                "devices/hostdev[@type='mdev']/source/address")}


def kinds_of(connection, uuids):
    """{UUID: type} of these vGPUs"""
    return {identity: kind for identity, (_, kind) in vgpus(connection).items()
            if identity in uuids}


def targets_of(source, target):
    """{a vGPU that the VM has: the one that it will have}, of what kinds_of() says at
    both ends: each has another one, of its type"""
    found = {}
    for identity, kind in source.items():
        free = [other for other in target
                if target[other] == kind and other not in found.values()]
        require(free, "no target for", identity, "of type", kind)
        found[identity] = free[0]
    return found


def with_targets(xml, targets):
    """A VM's XML for the other host"""
    root = ElementTree.fromstring(xml)
    for address in root.iterfind("devices/hostdev[@type='mdev']/source/address"):
        require(address.get("uuid") in targets, "no target for", address.attrib)
        address.set("uuid", targets[address.get("uuid")])
    return ElementTree.tostring(root, encoding="unicode")


def downtimes(most, steps):
    """For how many ms a VM may stand: more and more, until it has moved"""
    first = most / steps
    return [int(first + (most - first) / steps * step) for step in range(steps + 1)]


def sole_gpu(connection):
    gpus = list(available(connection))
    require(len(gpus) == 1, "not one GPU:", gpus)
    return gpus[0]


def wait_for(condition, *message):
    """libvirt hears of what others do by udev, a moment later"""
    end = time.monotonic() + PATIENCE
    while not (found := condition()):
        require(time.monotonic() < end, *message)
        time.sleep(0.2)
    return found


def when_parent_is_known(make, xml):
    """A device by libvirt, which has no such GPU while it looks at it anew, as it does
    after each vGPU that comes or goes"""
    def attempt():
        try:
            return make(xml, 0)
        except libvirt.libvirtError as error:
            if "invalid parent device" not in str(error):
                raise
            return None

    return wait_for(attempt, "libvirt has no such GPU:", xml)


def path_of(connection, gpu):
    """In sysfs, from its XML, once libvirt has that"""
    def attempt():
        try:
            return xml_of(connection, gpu).findtext("path")
        except libvirt.libvirtError as error:
            if error.get_error_code() != libvirt.VIR_ERR_NO_NODE_DEVICE:
                raise
            return None

    return wait_for(attempt, "libvirt has no", gpu)


def create(connection, gpu, kind):
    """Defined and started; libvirt chooses the UUID"""
    device = when_parent_is_known(connection.nodeDeviceDefineXML,
                                  MDEV.format(parent=gpu, kind=kind, identity=""))
    try:
        device.create(0)
    except libvirt.libvirtError:
        device.undefine(0)
        raise
    mdev = ElementTree.fromstring(device.XMLDesc(0))
    return device, mdev.findtext("capability/uuid")


def delete(device):
    device.destroy()
    device.undefine(0)


def check_created(connection, gpu, kind, identity):
    wait_for(lambda: identity in vgpus(connection), identity, "is not listed")
    require(vgpus(connection)[identity] == (gpu, kind),
            identity, "is", vgpus(connection)[identity])
    require(os.path.exists(os.path.join(MDEVS, identity)),
            identity, "is not in sysfs")


def check_gone(connection, identity):
    wait_for(lambda: identity not in vgpus(connection),
             identity, "is still listed")
    require(not os.path.exists(os.path.join(MDEVS, identity)),
            identity, "is still in sysfs")


def capabilities(connection):
    said = available(connection)
    real = {}
    for address in os.listdir(GPUS):
        types = os.path.join(GPUS, address, "mdev_supported_types")
        real[node_of(address)] = {
            kind: int(read(types, kind, "available_instances"))
            for kind in os.listdir(types)}
    require(said == real, "libvirt says", said, "but it is", real)
    for gpu, kinds in said.items():
        require(len(kinds) >= 4, gpu, "has only", kinds)
        xml = xml_of(connection, gpu)
        for kind in xml.iter("type"):
            require(kind.findtext("deviceAPI") == "vfio-pci" and
                    kind.get("id").endswith(kind.findtext("name")),
                    ElementTree.tostring(kind))


def cycle(connection, kind):
    gpu = sole_gpu(connection)
    before = available(connection)[gpu][kind]
    created, total = inventory(connection, gpu, kind)
    device, identity = create(connection, gpu, kind)
    check_created(connection, gpu, kind, identity)
    require(available(connection)[gpu][kind] == before - 1,
            "available:", available(connection))
    require(inventory(connection, gpu, kind) == (created + 1, total),
            "inventory:", inventory(connection, gpu, kind))
    delete(device)
    check_gone(connection, identity)
    require(inventory(connection, gpu, kind) == (created, total),
            "inventory:", inventory(connection, gpu, kind))


def transient(connection, kind):
    gpu = sole_gpu(connection)
    identity = str(uuid.uuid4())
    device = when_parent_is_known(
        connection.nodeDeviceCreateXML,
        MDEV.format(parent=gpu, kind=kind, identity=f"<uuid>{identity}</uuid>"))
    check_created(connection, gpu, kind, identity)
    require(not device.isPersistent(), identity, "is persistent")
    device.destroy()
    check_gone(connection, identity)


def external(connection, kind, identity=None):
    """As Proxmox and KubeVirt do, and older releases of Nova"""
    gpu = sole_gpu(connection)
    identity = identity or str(uuid.uuid4())
    path = path_of(connection, gpu)
    with open(f"{path}/mdev_supported_types/{kind}/create", "w",
              encoding="ascii") as file:
        file.write(identity)
    check_created(connection, gpu, kind, identity)
    # KubeVirt finds the vGPUs that are there by the name of their type.
    address = os.path.basename(path)
    require(kind.endswith(read(GPUS, address, identity, "mdev_type/name")),
            "the name of", kind)
    with open(f"{MDEVS}/{identity}/remove", "w", encoding="ascii") as file:
        file.write("1")
    check_gone(connection, identity)


def fill(connection, kind):
    gpu = sole_gpu(connection)
    room = available(connection)[gpu][kind]
    total = inventory(connection, gpu, kind)[1]
    require(room > 1, "room for", room)
    devices = [create(connection, gpu, kind)[0] for _ in range(room)]
    require(available(connection)[gpu][kind] == 0, available(connection))
    try:
        create(connection, gpu, kind)
    except libvirt.libvirtError as error:
        print("refused as it should be:", error)
    else:
        require(False, "one more than", room, "could be created")
    wait_for(lambda: inventory(connection, gpu, kind) == (room, total),
             "inventory:", inventory(connection, gpu, kind))
    for device in devices:
        delete(device)
    wait_for(lambda: inventory(connection, gpu, kind) == (0, total),
             "inventory:", inventory(connection, gpu, kind))


def main(args):
    tests = {"capabilities": capabilities, "cycle": cycle,
             "transient": transient, "external": external, "fill": fill}
    if not args or args[0] not in tests:
        print(__doc__.strip())
        return args[:1] not in ([], ["--help"], ["-h"])
    # Errors come as exceptions; libvirt need not print them as well.
    libvirt.registerErrorHandler(lambda *_: None, None)
    connection = libvirt.open("qemu:///system")
    tests[args[0]](connection, *args[1:])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
