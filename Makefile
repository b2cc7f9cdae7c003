# SPDX-License-Identifier: GPL-2.0
# "make help" names every target.

KDIR ?= /lib/modules/$(shell uname -r)/build
PREFIX ?= /usr/local

.DEFAULT_GOAL := modules

##@ Kernel modules
.PHONY: modules
modules: have-headers ## build the modules against KDIR (default: the running kernel)
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

udev_rules := packaging/60-vgpu.rules packaging/mdevctl/61-vgpu-mdevctl.rules
unit_dir = $(DESTDIR)$(PREFIX)/lib/systemd/system

.PHONY: install uninstall install-modules install-host install-tools
install: install-modules install-host install-tools ## all of it, for systems without packages (PREFIX=/usr/local DESTDIR=)

# Where kbuild puts the modules. It does not run depmod: headers alone have no
# System.map.
release = $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' \
	$(KDIR)/include/generated/utsrelease.h)
module_dir = $(DESTDIR)/lib/modules/$(release)/updates/drivers
uninstall: have-headers ## remove what install has put there
	rm -f $(module_dir)/vgpu/vgpu.ko* $(module_dir)/rv100/vgpu-rv100.ko* \
		$(module_dir)/soft/vgpu-soft.ko*
	-rmdir $(module_dir)/vgpu $(module_dir)/rv100 $(module_dir)/soft $(module_dir)
	depmod -b $(DESTDIR)/ $(release)
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/lib/udev/rules.d/,$(notdir $(udev_rules))) \
		$(DESTDIR)$(PREFIX)/lib/modules-load.d/vgpu.conf \
		$(DESTDIR)$(PREFIX)/libexec/vgpu-ready \
		$(unit_dir)/vgpu-ready.service \
		$(unit_dir)/multi-user.target.wants/vgpu-ready.service
	$(MAKE) -C tools uninstall DESTDIR=$(DESTDIR) PREFIX=$(PREFIX)

install-modules: modules ## the modules, for the kernel of KDIR
	$(MAKE) -C $(KDIR) M=$(CURDIR) INSTALL_MOD_PATH=$(DESTDIR) \
		INSTALL_MOD_DIR=updates modules_install
	depmod -b $(DESTDIR)/ $(release)

# What the modules want of the host: who may open a vGPU, loading at boot, and a
# unit that those wait for who start VMs at boot; it is enabled by being there.
install-host:
	install -d $(DESTDIR)$(PREFIX)/lib/udev/rules.d \
		$(DESTDIR)$(PREFIX)/libexec $(unit_dir)/multi-user.target.wants
	install -m 644 $(udev_rules) $(DESTDIR)$(PREFIX)/lib/udev/rules.d
	install -D -m 644 packaging/vgpu.conf \
		$(DESTDIR)$(PREFIX)/lib/modules-load.d/vgpu.conf
	install -m 755 packaging/vgpu-ready $(DESTDIR)$(PREFIX)/libexec
	sed 's,@LIBEXECDIR@,$(PREFIX)/libexec,' packaging/vgpu-ready.service.in \
		> $(unit_dir)/vgpu-ready.service
	chmod 644 $(unit_dir)/vgpu-ready.service
	ln -sf ../vgpu-ready.service $(unit_dir)/multi-user.target.wants

install-tools:
	$(MAKE) -C tools install DESTDIR=$(DESTDIR) PREFIX=$(PREFIX)

.PHONY: have-headers
have-headers:
	@[ -e $(KDIR)/Makefile ] || { \
		echo "No kernel headers in $(KDIR)."; \
		echo "Install those of the running kernel ($(shell uname -r));" \
			"on Debian: apt install linux-headers-amd64 make gcc"; \
		echo "or name others: make KDIR=/path/to/linux-headers"; \
		echo "or build in the testbed, which brings its own:" \
			"sudo make vm-modules"; \
		exit 1; } >&2

##@ Packages (as root, on Debian 12 or 13)
.PHONY: deb
deb: ## vgpu-dkms and vgpu-tools for Debian: build/deb/
	scripts/make-deb

##@ Testbed (as root, on Debian 12 or 13; needs neither a GPU nor KVM)
.PHONY: setup
setup: ## install what is needed and make the host VM's tree (once)
	scripts/setup

.PHONY: vm-modules
vm-modules: ## build the modules for the host VM (KERNEL=6.12, 6.1 or 7.2)
	scripts/build-modules --kernel $(or $(KERNEL),6.12)

.PHONY: demo
demo: ## guests share one GPU (GUESTS=2 POLICY=best_effort, or GPU=soft; KERNEL=): build/demo/
	scripts/demo $(if $(GPU),--gpu $(GPU)) $(if $(GUESTS),--guests $(GUESTS)) \
		$(if $(POLICY),--policy $(POLICY)) $(if $(KERNEL),--kernel $(KERNEL))

.PHONY: shell
shell: vm-modules ## a shell in the host VM, with the GPU
	scripts/hostvm shell

##@ Tests
.PHONY: check
check: ## the tiers below, but for some that take long (KERNEL=6.12, 6.1 or 7.2)
	scripts/check $(if $(KERNEL),--kernel $(KERNEL))

.PHONY: check-full
check-full: ## every tier (six hours and more)
	scripts/check $(if $(KERNEL),--kernel $(KERNEL)) --full

.PHONY: check-fast
check-fast: ## lint, build and kunit
	scripts/check lint build kunit

tiers := lint build analyse kunit sim fuzz vfio vfio-soft e2e tools ops monitoring domains agents reboots incus soft compute displays matrix matrixfull \
	kernels packages migrate moves suspend demo shares quickstart system debug \
	faults races
.PHONY: $(tiers:%=check-%)
check-lint: ## one tier: style and static checks
check-build: ## one tier: modules for every supported kernel, W=1 and sparse
check-analyse: ## one tier: what Coccinelle, clang and gcc's analyser say of the modules
check-kunit: ## one tier: KUnit suites under UML
check-sim: ## one tier: the scheduling policies, simulated
check-fuzz: ## one tier: the fuzzers of what needs no kernel, in short
check-vfio: ## one tier: VFIO client programs in the host VM
check-e2e: ## one tier: guests with the stock driver
check-tools: ## one tier: vgpu-top and vgpu-exporter
check-ops: ## one tier: mdevctl and libvirt, over a reboot
check-soft: ## one tier: guests with vGPUs of a soft GPU
check-migrate: ## one tier: guests that move to a file and over TCP
check-kernels: ## one tier: VFIO and guests, in short, on the other kernels
check-packages: ## not in check: Debian packages, make install, who gets the card (3 min)
check-domains: ## not in check: VMs of libvirt, hot-plug and all (7 min)
check-agents: ## not in check: what clouds do, on the soft GPUs of docs/ci.md (5 min)
check-reboots: ## not in check: VMs of virsh autostart over ten reboots (10 min)
check-incus: ## not in check: a VM of Incus (2 min)
check-vfio-soft: ## not in check: all VFIO programs that know no card, on a soft GPU (10 min)
check-monitoring: ## not in check: Prometheus, its rules and the dashboard (3 min)
check-compute: ## not in check: guests that compute on a soft GPU, by OpenCL (10 min)
check-displays: ## not in check: firmware, ramfb, VNC, desktops on a soft GPU's vGPU (13 min)
check-moves: ## not in check: moves that fail, by libvirt, between two hosts (70 min)
check-suspend: ## not in check: the host sleeps under vGPUs and guests (10 min)
check-matrix: ## not in check: QEMU versions, machines, firmware, guests (7 min)
check-matrixfull: ## not in check: all pairs of these (17 min)
check-demo: ## not in check: the demos: four guests, and two without a card (6 min)
check-shares: ## not in check: the benchmark's targets (2 min; idle machine)
check-quickstart: ## not in check: the first page, followed on a clean Debian (8 min)
check-system: ## not in check: the user guide, followed on a clean Debian (20 min)
check-debug: ## not in check: KASAN, lockdep, hangs (15 min; builds a kernel first)
check-faults: ## not in check: cards pulled, VMMs killed, memory that fails (over an hour; builds a kernel first)
check-races: ## not in check: data races, by KCSAN (20 min; builds a kernel first)
$(tiers:%=check-%): check-%:
	scripts/check $(if $(KERNEL),--kernel $(KERNEL)) $(if $(QEMU),--qemu $(QEMU)) $*

.PHONY: fuzz
fuzz: ## fuzz for TIME=seconds (600): what needs no kernel (TARGET=...), or a vGPU (GPU=rv100|soft, KERNEL=debug: by coverage)
	scripts/fuzz --time $(or $(TIME),600) $(if $(GPU),--gpu $(GPU)) $(if $(KERNEL),--kernel $(KERNEL)) $(TARGET)

.PHONY: soak
soak: ## 256 vGPUs, all busy for TIME=seconds (1800)
	scripts/soak $(if $(TIME),--time $(TIME))

.PHONY: lint
lint: check-lint ## same as check-lint

##@ Benchmark
.PHONY: bench
bench: ## what a vGPU costs, how exactly the GPU is shared (KERNEL=): build/bench/run/
	scripts/bench $(if $(KERNEL),--kernel $(KERNEL))

##@ Other
.PHONY: clean
clean: ## remove build/ and what a build in place left; the cache stays
	rm -rf --one-file-system build
	find Kbuild drivers -name '*.ko' -o -name '*.o' -o -name '*.mod' \
		-o -name '*.mod.c' -o -name '.*.cmd' -o -name 'modules.order' \
		-o -name 'Module.symvers' | xargs -r rm -f
	rm -rf modules.order Module.symvers .*.cmd .module-common.o .tmp_versions

.PHONY: help
help: ## this list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z0-9-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' Makefile
