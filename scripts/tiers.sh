# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# What each tier of scripts/check does: tier_TIER, which leaves $results/TIER.tap.
# Sourced by it, with $results, $kernels and $TESSERA_KERNEL.

tier_lint() {
	local out=$results/patience status=0

	scripts/lint || status=$?
	mkdir -p "$out"
	OUT=$out tests/lint/patience.sh || status=$?
	cat "$out/tests.tap" >> "$results/lint.tap"
	return "$status"
}

tier_build() {
	local kernel i status=0

	# The newest first: whoever wants modules of it next to this finds them built.
	for ((i = ${#kernels[@]} - 1; i >= 0; i--)); do
		kernel=${kernels[i]}
		if scripts/build-modules --check --kernel "$kernel"; then
			echo "ok - modules for $kernel, W=1 and sparse"
		else
			echo "not ok - modules for $kernel, W=1 and sparse"
			status=1
		fi
	done >> "$results/build.tap"
	return "$status"
}

tier_analyse() {
	local verdict='ok' status=0

	scripts/analyse || status=$?
	[ "$status" = 0 ] || verdict='not ok'
	echo "$verdict - modules by Coccinelle, clang and gcc's analyser" > "$results/analyse.tap"
	return "$status"
}

tier_kunit() { scripts/kunit; }

tier_sim() {
	say "building tests/sim"
	scripts/in-tree make -s -C /repo/tests/sim O=/build/sim all
	scripts/in-tree /build/sim/sim --tap > "$results/sim.tap"
}

tier_fuzz() {
	local status=0

	scripts/fuzz || status=$?
	cp "$build/fuzz/fuzz.tap" "$results/fuzz.tap"
	return "$status"
}

# QEMU of the tree $guest_qemu, which is in vm_options then, is for the guests; without
# one the host's own.
guest_qemu='' newer_qemu=trixie-backports-qemu
host_vm() {
	local out=$1

	shift
	rm -f "$out/tests.tap" "$out.img" "$out"/*.console
	scripts/hostvm run --kernel "$TESSERA_KERNEL" \
		--out "$out" "${vm_options[@]}" -- env "GUEST_QEMU=$guest_qemu" "$@"
}

# With a second one beside it, at the other end of a cable, that is there as long; of
# the kernel $kernel_there, or the same.
kernel_there=''
two_host_vms() {
	local out=$1 there status=0 options=("${vm_options[@]}") vm_options

	rm -f "$out-there/over"
	vm_options=("${options[@]}" --cable "$out.cable:b" --quiet)
	TESSERA_KERNEL=${kernel_there:-$TESSERA_KERNEL} \
		host_vm "$out-there" /repo/tests/moves/run.sh --other &
	there=$!
	vm_options=("${options[@]}" --cable "$out.cable:a")
	host_vm "$@" || status=$?
	: > "$out-there/over"
	wait "$there" || status=$((status ? status : $?))
	rm -f "$out".cable.[ab]
	return "$status"
}

# By what it leaves behind: a guest's triple fault; a host that ran down its stack in
# the entry code, where it had the guest's GS base, or a guest, where it had that of its
# user; the host's own triple fault, which resets it (status 125) without a word on its
# console; or a host that stands still (124), and was not in our code.
vm_was_lost() {
	local file

	for file in "$1"{,-there}/{.hostvm/lost,console.log}; do
		grep -as -e 'reason shutdown' -e 'corrupted stack end detected' "$file" &&
			return
	done
	grep -asm 1 '</ENTRY_TRAMPOLINE>' "$1"/*.console && return
	case $2 in
	124) [ ! -s "$1/.hostvm/status" ] && ! in_our_code "$1/console.log" ;;
	125) ! complains "$1/console.log" ;;
	*) return 1 ;;
	esac
}

complains() { grep -aqE 'Kernel panic|BUG:|Oops' "$1"; }

# Was a VM that hung, and was interrupted for that (see hostvm), in a function of the
# modules, but for an engine's thread that rests? Or had it complained before?
in_our_code() {
	sed '/NMI received/,$d' "$1" | grep -aqE "Kernel panic|$complaints" ||
		grep -a '\[vgpu' "$1" | grep -qvE ' (engine_(thread|sleep)|\? .*)\+0x'
}

# The tasks of a machine that was interrupted because it hung (see hostvm), a line
# each: those of user space, and the engines' threads.
tasks_of() {
	awk '/task:/ {
			shown = !/ppid:[02] / || /task:vgpu/; calls = 0; line = ""
			sub(/.*task:/, ""); name = $1; sub(/.*state:/, "")
			state = substr($0, 1, 1)
		}
		!/\?/ && /\+0x[0-9a-f]+\/0x/ && calls < 8 {
			sub(/.*\] +/, ""); sub(/\+.*/, ""); calls++
			line = line " " $0
		}
		/<\/TASK>/ && shown { print "# " name " (" state "):" line }' "$1"
}

# What there is to say of a host VM that hung: the end of a log may be all that is
# seen of a test run.
tell_of_hang() {
	local tier=$1 out=$2

	echo "not ok - $tier: the host VM hung after" \
		"'$(grep -aE '^(not )?ok' "$out/tests.tap" | tail -n 1)'"
	tasks_of "$out/console.log" | grep -vE 'do_nanosleep|do_wait' |
		sort -u | head -n 12
}

# Another lane may want the same programs.
build_alone() { flock "$results/.build.lock" "$@"; }

# in_host_vm TIER "DIR..." SCRIPT [ARG...]: builds the programs of the directories
# and runs the script, which leaves tests.tap, in the host VM, with vm_options. One
# CPU: with two, the emulation loses guests. Where none run, two are the harder test.
vm_options=(--cpus 1) machines=host_vm
in_host_vm() {
	local tier=$1 out=$results/$1 dirs=$2 dir status=0

	shift 2
	rm -f "$results/$tier.tap"
	scripts/build-modules --kernel "$TESSERA_KERNEL"
	for dir in $dirs; do
		say "building $dir"
		build_alone scripts/in-tree make -s -C "/repo/$dir" "O=/build/${dir##*/}"
	done
	"$machines" "$out" "$@" || status=$?
	if vm_was_lost "$out" "$status"; then
		[ "$status" != 124 ] || tell_of_hang "$tier" "$out" >&2
		say "$tier: the emulated CPU has lost a virtual machine" \
			"(see docs/compatibility.md): once more"
		status=0
		"$machines" "$out" "$@" || status=$?
	fi
	[ ! -e "$out/tests.tap" ] || cp "$out/tests.tap" "$results/$tier.tap"
	[ "$status" != 124 ] || tell_of_hang "$tier" "$out" >> "$results/$tier.tap"
	clean_log "$out/dmesg.txt" >> "$results/$tier.tap"
	return "$status"
}

tier_vfio() {
	vm_options=()
	in_host_vm vfio tests/vfio /repo/tests/vfio/run.sh
}

# What runs in the host VM and is built elsewhere.
build_tools() {
	build_alone scripts/in-tree --suite trixie-tools make -s -C /repo/tools O=/build/tools
}

tier_vfio-soft() {
	build_tools
	vm_options=()
	in_host_vm vfio-soft tests/vfio /repo/tests/vfio/run.sh --gpu soft
}

tier_e2e() { in_host_vm e2e "guest tests/e2e" /repo/tests/e2e/run.sh; }

tier_compute() {
	scripts/opencl
	build_tools
	vm_options+=(--mount trixie-tools)
	in_host_vm compute guest /repo/tests/guests/run.sh \
		test_compute.py test_programs.py test_remote.py
}

tier_displays() {
	scripts/in-tree make -s -C /repo/guest O=/build/guest
	scripts/guest-image --quiet --kernel 7.2
	vm_options+=(--mount trixie-desktop)
	in_host_vm displays "guest tests/e2e" /repo/tests/guests/run.sh \
		test_displays.py test_desktops.py
}

tier_migrate() {
	in_host_vm migrate "guest tests/e2e" /repo/tests/guests/run.sh test_migrate.py
}

# The longer ones, each in a machine of its own, or two.
tier_moves() {
	local status=0 other=7.2 own='' part system=("${vm_options[@]}" --system)
	local newer_system=("${system[@]}" --tree trixie-backports-system)

	[ "$TESSERA_KERNEL" != "$other" ] || other=6.12
	if [ "${TESSERA_QEMU:-10}" != 10 ]; then
		own=$newer_qemu system=("${newer_system[@]}")
	fi
	vm_options+=(--mount "$newer_qemu")
	guest_qemu=$own
	in_host_vm moves-failing "guest tests/e2e" \
		/repo/tests/guests/run.sh test_moves.py || status=$?
	guest_qemu=$newer_qemu
	in_host_vm moves-qemu11 "guest tests/e2e" \
		/repo/tests/guests/run.sh test_migrate.py || status=$?
	guest_qemu='' vm_options=("${system[@]}")
	make_install "$TESSERA_KERNEL" "$other"
	in_host_vm moves-libvirt "guest tests/e2e" \
		/repo/tests/moves/run.sh test_libvirt.py || status=$?
	machines=two_host_vms
	in_host_vm moves-hosts "guest tests/e2e" \
		/repo/tests/moves/run.sh test_hosts.py || status=$?
	kernel_there=$other vm_options=("${newer_system[@]}")
	in_host_vm moves-kernels "guest tests/e2e tests/bench" \
		/repo/tests/moves/run.sh test_back_and_forth.py || status=$?
	for part in hosts kernels; do
		clean_log "$results/moves-$part-there/dmesg.txt" \
			>> "$results/moves-$part.tap"
	done
	cat "$results"/moves-{failing,qemu11,libvirt,hosts,kernels}.tap \
		>> "$results/moves.tap"
	return "$status"
}

tier_soft() { in_host_vm soft "guest tests/e2e" /repo/tests/e2e/soft.sh; }

# Four machines: see in_host_vm() for their CPUs.
tier_suspend() {
	local status=0 part

	scripts/build-modules --test --kernel "$TESSERA_KERNEL"
	scripts/opencl
	build_tools
	# What is whose is written down, and counted.
	vm_options=(--append slub_debug=U)
	in_host_vm suspend-vfio "tests/vfio tests/e2e guest" \
		/repo/tests/suspend/run.sh vfio || status=$?
	vm_options=(--cpus 1)
	for part in guest soft; do
		in_host_vm "suspend-$part" "tests/vfio tests/e2e guest" \
			/repo/tests/suspend/run.sh "$part" || status=$?
	done
	scripts/in-tree make -s -C /repo/tests/tools O=/build/tests-tools
	vm_options=(--kexec)
	in_host_vm suspend-kexec tests/suspend /repo/tests/suspend/kexec.sh || status=$?
	cat "$results"/suspend-{vfio,guest,soft,kexec}.tap >> "$results/suspend.tap"
	return "$status"
}

# Each time on a machine as installed.
ops_tier() {
	disk=$results/$1.img
	vm_options+=(--system --disk "$disk")
	trap 'rm -f "$disk"' EXIT
	make_install
	in_host_vm "$1" guest /repo/tests/ops/run.sh "${@:2}"
}

tier_ops() { ops_tier ops persist; }
tier_reboots() { ops_tier reboots reboots 10; }

# What make install brings, in build/ops-install; for kernels V..., or the one.
make_install() {
	local kernel tree

	rm -rf "$build/ops-install"
	for kernel in "${@:-$TESSERA_KERNEL}"; do
		scripts/build-modules --kernel "$kernel"
		tree=$(require_kernel "$kernel")
		scripts/in-tree tests/ops/depmod.sh \
			"/cache/${tree##*/}/usr/lib/modules/$(tree_release "$tree")" \
			"/build/modules/$kernel" /build/ops-install
	done
	build_alone scripts/in-tree --suite trixie-tools \
		make -s install-host install-tools \
		O=/build/tools DESTDIR=/build/ops-install
}

tier_agents() {
	vm_options+=(--system --no-gpu)
	make_install
	in_host_vm agents guest /repo/tests/agents/run.sh
}

# On two hosts.
tier_domains() {
	local status=0

	vm_options+=(--system)
	make_install
	in_host_vm domains "guest tests/e2e" /repo/tests/ops/run.sh domains || status=$?
	vm_options+=(--no-iommu)
	in_host_vm plug "guest tests/e2e" /repo/tests/ops/run.sh plug || status=$?
	cat "$results/plug.tap" >> "$results/domains.tap"
	return "$status"
}

tier_incus() {
	vm_options+=(--system --tree trixie-incus)
	in_host_vm incus "guest tests/e2e" /repo/tests/ops/run.sh incus_vm
}

make_tools() {
	say "building tools"
	rm -rf "$build/tools-install"
	build_alone scripts/in-tree --suite trixie-tools make -s -C /repo/tools \
		O=/build/tools CFLAGS='-O2 -g -Werror' \
		all install DESTDIR=/build/tools-install PREFIX=/usr
	scripts/in-tree make -s -C /repo/tests/tools O=/build/tests-tools
	scripts/in-tree --suite trixie-tools \
		make -s -C /repo/tests/executor O=/build/tests-executor
}

# Each script has a plan of its own, which judge() adds up.
tools_in_host_vm() {
	# The tests start the services that they need.
	vm_options+=(--system --tree trixie-tools --append
		"systemd.mask=prometheus.service systemd.mask=prometheus-node-exporter.service")
	in_host_vm "$1" guest /repo/tests/tools/run.sh "${@:2}"
}

tier_monitoring() {
	make_tools
	tools_in_host_vm monitoring prometheus
}

# In the tree, under sanitizers, with machines that are made up.
tools_in_tree() {
	local script status=0

	rm -rf "$results/made-up"
	mkdir -p "$results/made-up"
	for script in made_up moved screens documents edid nodes kernels programs poclbin; do
		scripts/in-tree --suite trixie-tools \
			env BIN=/build/tools-asan PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=/repo/tests \
			python3 "/repo/tests/tools/$script.py" \
			/build/check/made-up || status=$?
	done
	# As on a device that an operator has chosen.
	scripts/in-tree --suite trixie-tools \
		env BIN=/build/tools PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=/repo/tests \
		DEVICE=llvmpipe python3 /repo/tests/tools/programs.py \
		/build/check/made-up/device || status=$?
	return "$status"
}

# Beside each other: either waits most of the time.
tier_tools() {
	local sanitize status=0 in_tree

	make_tools
	sanitize='-O1 -g -Werror -fsanitize=address,undefined -fno-sanitize-recover=all'
	scripts/in-tree --suite trixie-tools make -s -C /repo/tools \
		O=/build/tools-asan "CFLAGS=$sanitize"
	tools_in_tree &
	in_tree=$!
	# By which the OOM killer, which is made to do its work, says what memory there was.
	local complaints=${complaints/|Call Trace:/}
	tools_in_host_vm tools || status=$?
	wait "$in_tree" || status=$?
	cat "$results"/made-up/{,device/}tests.tap >> "$results/tools.tap"
	return "$status"
}

run_matrix() {
	local kernel

	scripts/in-tree make -s -C /repo/guest O=/build/guest
	for kernel in "${kernels[@]}"; do
		scripts/guest-image --quiet --kernel "$kernel"
	done
	vm_options+=(--mount bookworm-qemu --mount "$newer_qemu"
		--mount trixie-desktop)
	in_host_vm "$1" "guest tests/e2e tests/matrix" \
		/repo/tests/matrix/run.sh "${@:2}"
}

tier_matrix() { run_matrix matrix; }
tier_matrixfull() { run_matrix matrixfull full; }

# What depends on the host's kernel: each kind of VFIO call once, and guests.
# As in the tiers of their own, only the former have two CPUs: with one, no engine is
# ever seen at work.
tier_kernels() {
	local main=$TESSERA_KERNEL kernel part status=0

	for kernel in "${kernels[@]}"; do
		[ "$kernel" != "$main" ] || continue
		TESSERA_KERNEL=$kernel
		vm_options=()
		in_host_vm "vfio-$kernel" tests/vfio /repo/tests/vfio/run.sh \
			info config regs irq reset lifetime sched \
			soft/{info,irq,reset} || status=$?
		vm_options=(--cpus 1)
		in_host_vm "both-$kernel" "guest tests/e2e" \
			/repo/tests/e2e/both.sh || status=$?
		for part in vfio both; do
			sed "s/ - / - $kernel: /" "$results/$part-$kernel.tap" \
				>> "$results/kernels.tap"
		done
	done
	return "$status"
}

tier_packages() {
	local status=0

	tests/packages/run.sh || status=$?
	in_host_vm claim "" /repo/tests/packages/claim.sh || status=$?
	vm_options+=(--no-gpu --system --tree trixie-clean)
	in_host_vm executor "" /repo/tests/packages/executor.sh || status=$?
	cat "$results"/packages/tests.tap "$results"/{claim,executor}.tap \
		> "$results/packages.tap"
	return "$status"
}

# follow TIER PAGE OPTIONS...: a page of docs/ on one disk, from one of its reboots
# to the next with hostvm's OPTIONS, which are words.
follow() {
	local tier=$1 page=$2 out=$results/$1 options status=0

	shift 2
	scripts/make-deb
	scripts/in-tree make -s -C /repo/guest O=/build/guest
	rm -rf "$out"
	mkdir -p "$out"
	for options; do
		# shellcheck disable=SC2086	# words
		scripts/hostvm run --cpus 1 --system --tree trixie-clean $options \
			--disk "$out/disk.img" --out "$out" \
			-- /repo/tests/packages/guide.sh "$page" || status=$?
		cat "$out/tests.tap" >> "$results/$tier.tap"
		clean_log "$out/dmesg.txt" >> "$results/$tier.tap"
		[ "$status" = 0 ] || break
	done
	rm -f "$out/disk.img"
	return "$status"
}

# At last into the kernel that the guide has installed.
tier_system() {
	follow system user-guide "" "" "--kernel $(require_tree trixie-clean)/srv/kernel"
}

tier_quickstart() { follow quickstart quickstart --no-gpu --no-gpu; }

# All VFIO programs, and that of calls by chance again where memory that nobody has set is
# filled; a guest under which the engine hangs, guests by iommufd and of a soft GPU.
tier_debug() {
	local part gpu status=0

	TESSERA_KERNEL=debug
	vm_options=()
	build_tools
	in_host_vm debug-vfio tests/vfio /repo/tests/vfio/run.sh --all || status=$?
	vm_options=(--cpus 1)
	for part in hang iommufd soft; do
		in_host_vm "debug-$part" "guest tests/e2e" "/repo/tests/e2e/$part.sh" ||
			status=$?
	done
	cat "$results"/debug-{vfio,hang,iommufd,soft}.tap >> "$results/debug.tap"
	for gpu in rv100 soft; do
		scripts/fuzz --gpu "$gpu" --kernel debug --seed 1 || status=$?
		cat "$build/fuzz/$gpu/tests.tap" >> "$results/debug.tap"
	done
	return "$status"
}

# What becomes of the host: cards that are pulled; VMMs that are killed, with what is
# whose written down; and where memory fails, and what is lost is found, the same again,
# and GPUs that come and go.
tier_faults() {
	# What is refused is told, hundreds of times, and looked for in the end.
	local part status=0 kernel=$TESSERA_KERNEL log=log_buf_len=64M
	local thorough=(env THOROUGH=1 /repo/tests/vfio/run.sh {,soft/}campaign)

	build_tools
	vm_options=(--slots 5)
	in_host_vm faults-pulled tests/vfio /repo/tests/vfio/run.sh pulled || status=$?
	vm_options=(--append "slub_debug=U $log")
	in_host_vm faults-killed tests/vfio "${thorough[@]}" \
		soft/{unruly,supervisors,executors} || status=$?
	TESSERA_KERNEL=debug
	vm_options=(--append "kmemleak=on $log")
	# By which vmalloc() says that it got nothing; what is wrong says more.
	local complaints=${complaints/|Call Trace:/}
	in_host_vm faults-memory tests/vfio env CAMPAIGN_KILLS=24 "${thorough[@]}" \
		soft/gpus {,soft/}nomem{,_host} soft/by-cdev/nomem || status=$?
	TESSERA_KERNEL=$kernel
	cat "$results"/faults-{pulled,killed,memory}.tap >> "$results/faults.tap"
	return "$status"
}

tier_races() {
	TESSERA_KERNEL=races
	# Those that do several things at once: all is slow there (see hostvm).
	vm_options=()
	build_tools
	in_host_vm races tests/vfio /repo/tests/vfio/run.sh \
		{,soft/}{race,lifetime,migrate,fuzz} soft/almaif
}

# What "make demo" and "make bench" print and leave is for people; here it is held
# against what they promise.
tier_demo() {
	scripts/demo --kernel "$TESSERA_KERNEL" --guests 4 --policy equal_share
	scripts/in-tree python3 /repo/tests/figures.py demo /build/demo 4 \
		> "$results/demo.tap"
	scripts/demo --kernel "$TESSERA_KERNEL" --gpu soft
	scripts/in-tree --suite trixie-tools \
		python3 /repo/tests/figures.py demo-soft /build/demo >> "$results/demo.tap"
}

tier_shares() {
	scripts/bench --kernel "$TESSERA_KERNEL" shares
	scripts/in-tree python3 /repo/tests/figures.py shares /build/bench/run \
		> "$results/shares.tap"
}

# The kernel that carried the tests has nothing to complain of.
complaints='WARNING:|\bBUG:|Oops|Call Trace:|UBSAN:|KASAN:|INFO: task|detected stall|lockup'
clean_log() {
	if [ -s "$1" ] && ! grep -aE "$complaints" "$1" >&2; then
		echo "ok - host kernel log is free of warnings"
	else
		echo "not ok - host kernel log is free of warnings"
	fi
}
