# SPDX-License-Identifier: GPL-2.0
# "make help" names every target.

KDIR ?= /lib/modules/$(shell uname -r)/build

.DEFAULT_GOAL := modules

##@ Kernel modules
.PHONY: modules
modules: have-headers ## build the modules against KDIR (default: the running kernel)
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

.PHONY: install
install: have-headers ## install the modules built against KDIR
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules_install

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

##@ Testbed (as root, on Debian 12 or 13; needs neither a GPU nor KVM)
.PHONY: setup
setup: ## install what is needed and make the host VM's tree (once)
	scripts/setup

.PHONY: vm-modules
vm-modules: ## build the modules for the host VM (KERNEL=6.12 or 6.1)
	scripts/build-modules --kernel $(or $(KERNEL),6.12)

.PHONY: demo
demo: ## guests share one GPU (GUESTS=2 POLICY=best_effort): build/demo/
	scripts/demo $(if $(GUESTS),--guests $(GUESTS)) \
		$(if $(POLICY),--policy $(POLICY))

.PHONY: shell
shell: vm-modules ## a shell in the host VM, with the GPU
	scripts/hostvm shell

##@ Tests
.PHONY: check
check: ## every tier
	scripts/check

.PHONY: check-fast
check-fast: ## lint, build and kunit
	scripts/check lint build kunit

tiers := lint build kunit sim vfio e2e tools ops domains matrix matrixfull debug
.PHONY: $(tiers:%=check-%)
check-lint: ## one tier: style and static checks
check-build: ## one tier: modules for every supported kernel, W=1 and sparse
check-kunit: ## one tier: KUnit suites under UML
check-sim: ## one tier: the scheduling policies, simulated
check-vfio: ## one tier: VFIO client programs in the host VM
check-e2e: ## one tier: guests with the stock driver
check-tools: ## one tier: vgpu-top and vgpu-exporter
check-ops: ## one tier: mdevctl and libvirt, over a reboot
check-domains: ## not in check: VMs of libvirt, hot-plug and all
check-matrix: ## one tier: QEMU versions, machines, firmware, guests
check-matrixfull: ## not in check: all pairs of these
check-debug: ## not in check: injected hangs, and more, under KASAN and lockdep
$(tiers:%=check-%): check-%:
	scripts/check $*

.PHONY: lint
lint: check-lint ## same as check-lint

##@ Benchmark
.PHONY: bench
bench: ## what a vGPU costs, how exactly the GPU is shared: build/bench/run/
	scripts/bench

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
		/^[a-z0-9-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' Makefile
