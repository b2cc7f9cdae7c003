# SPDX-License-Identifier: GPL-2.0
# For Makefiles of other directories beside this one, whose programs are VFIO clients as
# the tests here are: $(client) is what they are linked with, and $(client_libs).
CFLAGS ?= -O2 -g
vfio := ../vfio
override CFLAGS += -std=gnu11 -Wall -Wextra -D_GNU_SOURCE -I$(vfio)/lib -I$(vfio)/drivers \
	$(shell pkg-config --cflags pixman-1)
client_libs := $(shell pkg-config --libs pixman-1) -lpthread

client := $(wildcard $(vfio)/lib/*.c $(vfio)/drivers/*.c)
client := $(client:$(vfio)/%.c=$(O)/%.o)

$(O)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

$(O)/%.o: $(vfio)/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(wildcard $(O)/*.d $(O)/*/*.d)
