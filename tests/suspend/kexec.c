// SPDX-License-Identifier: GPL-2.0
/* Starts another kernel, at once, with the arguments of this one: kexec KERNEL INITRD */
#include <err.h>
#include <fcntl.h>
#include <linux/reboot.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_file(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

int main(int argc, char **argv)
{
	FILE *file = fopen("/proc/cmdline", "r");
	char arguments[4096];

	if (argc != 3 || !file || !fgets(arguments, sizeof(arguments), file))
		errx(2, "usage: kexec KERNEL INITRD");
	arguments[strcspn(arguments, "\n")] = 0;
	if (syscall(SYS_kexec_file_load, open_file(argv[1]), open_file(argv[2]),
		    strlen(arguments) + 1, arguments, 0ul))
		err(1, "kexec_file_load");
	syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
		LINUX_REBOOT_CMD_KEXEC, NULL);
	err(1, "reboot");
}
