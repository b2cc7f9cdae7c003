#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# In a guest: Debian's X server and a few clients, from the tree that the host VM
# exports, on the vGPU's framebuffer. tests/matrix/run.sh knows the colours.
new=/new
p9=trans=virtio,version=9p2000.L,msize=262144,cache=loose

mount -t 9p -o ro,$p9 root $new || exit 1
mount -t devtmpfs devtmpfs $new/dev
mkdir -p $new/dev/pts
mount -t devpts devpts $new/dev/pts
mount -t proc proc $new/proc
mount -t sysfs sysfs $new/sys
mount -t tmpfs tmpfs $new/tmp
mount -t tmpfs tmpfs $new/run
cp /test/xorg.conf /test/twmrc $new/tmp/

in_new() {
	HOME=/tmp DISPLAY=:0 LC_ALL=C.UTF-8 \
		PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot $new "$@"
}

{
	in_new Xorg :0 vt2 -config /tmp/xorg.conf -logfile /tmp/Xorg.log \
		-nolisten tcp -noreset > $new/tmp/Xorg.out 2>&1
	touch $new/tmp/Xorg.ended
} &
until [ -S $new/tmp/.X11-unix/X0 ] || [ -e $new/tmp/Xorg.ended ]; do
	sleep 0.2
done
in_new xsetroot -solid '#2f5d73' || {
	tail -n 20 $new/tmp/Xorg.out $new/tmp/Xorg.log
	exit 1
}
in_new twm -f /tmp/twmrc &
in_new xterm -geometry 76x20+40+60 -bg '#10202c' -fg '#e8f0f0' -title 'A guest' \
	-e sh -c 'uname -srm; cat /proc/fb; grep -E "Kernel driver|fbdev: driver|Depth 24" /tmp/Xorg.log; sleep 9999' &
in_new xterm -geometry 36x14+720+60 -bg '#f4e8c8' -fg '#302010' -fn fixed \
	-title Debian -e sh -c 'head -n 5 /etc/os-release | cut -c 1-35; sleep 9999' &
in_new xeyes -geometry 220x150+720+340 -center '#f0d890' &
in_new xlogo -geometry 220x150+720+560 -bg '#ffffff' &
exit 0
