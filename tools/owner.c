// SPDX-License-Identifier: GPL-2.0
/*
 * Who uses a vGPU: the process that has its VFIO group, or its character
 * device, open. If that is QEMU, its arguments say how the VM is called:
 * libvirt starts it with "-name guest=NAME,..." and "-uuid UUID", Proxmox with
 * "-id VMID", "-name NAME,..." and "-smbios type=1,uuid=UUID,...".
 *
 * Anybody may give a process such arguments, and whoever has a vGPU open may have any:
 * they are as true as who was let to open it.
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reader.h"

/* What says who it is comes before the devices; what is behind is not needed. */
#define CMDLINE_LEN	65536

#define NODES	"/dev/vfio/"
#define CDEVS	"devices/"

/* Where a vGPU is that this file descriptor's link stands for, or NULL. */
static struct vgpu *vgpu_of_link(struct machine *m, const char *path)
{
	bool cdev;
	uint64_t group = 0;
	size_t i, j;

	if (strncmp(path, NODES, strlen(NODES)))
		return NULL;
	path += strlen(NODES);
	cdev = !strncmp(path, CDEVS, strlen(CDEVS));
	if (cdev)
		path += strlen(CDEVS);
	else if (!parse_number(path, 0, &group))
		return NULL;
	for (i = 0; i < m->nr_gpus; i++) {
		for (j = 0; j < m->gpus[i].nr_vgpus; j++) {
			struct vgpu *v = &m->gpus[i].vgpus[j];

			if (cdev ? *v->cdev && !strcmp(v->cdev, path) :
			    v->group >= 0 && (uint64_t)v->group == group)
				return v;
		}
	}
	return NULL;
}

/* QEMU takes ",," for a comma in a value. */
static void take_value(const char *from, char *name, size_t size)
{
	char value[NAME_LEN * 2];
	size_t len = 0;

	for (; *from && len < sizeof(value) - 1; from++) {
		if (*from == ',' && *++from != ',')
			break;
		value[len++] = *from;
	}
	value[len] = 0;
	copy_text(name, size, value);
}

/* Behind the next comma that is not a doubled one; NULL if there is none. */
static const char *next_option(const char *list)
{
	for (list = strchr(list, ','); list && list[1] == ','; )
		list = strchr(list + 2, ',');
	return list ? list + 1 : NULL;
}

/* Where the value of this key begins in "key=value,...": the last one counts. */
static const char *find_value(const char *list, const char *key)
{
	const char *found = NULL;
	size_t len = strlen(key);

	for (; list; list = next_option(list))
		if (!strncmp(list, key, len) && list[len] == '=')
			found = list + len + 1;
	return found;
}

/* "guest=NAME,debug-threads=on", in any order, or just "NAME,...". */
static void take_name(const char *arg, struct owner *o)
{
	const char *guest = find_value(arg, "guest");

	if (guest)
		take_value(guest, o->name, sizeof(o->name));
	else if (!strchr(arg, '=') || strcspn(arg, ",") < strcspn(arg, "="))
		take_value(arg, o->name, sizeof(o->name));
}

/* In lower case, as libvirt has it. The one of zeros only is none. */
static void take_uuid(const char *uuid, struct owner *o)
{
	size_t i;

	if (!is_uuid(uuid) || strspn(uuid, "0-") == UUID_LEN - 1)
		return;
	for (i = 0; i < UUID_LEN; i++)
		o->uuid[i] = tolower((unsigned char)uuid[i]);
}

/* "type=1,uuid=UUID,...", in any order; other types have no UUID. */
static void take_smbios(const char *arg, struct owner *o)
{
	const char *type = find_value(arg, "type");
	const char *uuid = find_value(arg, "uuid");
	char value[UUID_LEN + 1], *end;

	if (!type || !uuid || strtoul(type, &end, 0) != 1 ||
	    (*end && *end != ','))
		return;
	take_value(uuid, value, sizeof(value));
	take_uuid(value, o);
}

static void take_vmid(const char *arg, struct owner *o)
{
	uint64_t vmid;

	if (parse_number(arg, 0, &vmid))
		snprintf(o->vmid, sizeof(o->vmid), "%llu",
			 (unsigned long long)vmid);
}

/* As in QEMU, "--" is as good as "-", and what comes last counts. */
static void take_option(const char *option, const char *value,
			struct owner *o)
{
	option += !strncmp(option, "--", 2);
	if (!strcmp(option, "-name"))
		take_name(value, o);
	else if (!strcmp(option, "-uuid"))
		take_uuid(value, o);
	else if (!strcmp(option, "-smbios"))
		take_smbios(value, o);
	else if (!strcmp(option, "-id"))
		take_vmid(value, o);
}

static void take_cmdline(int proc, struct owner *o)
{
	int fd = openat(proc, "cmdline", O_RDONLY | O_CLOEXEC);
	char *buf = malloc(CMDLINE_LEN + 1), *arg, *value;
	ssize_t len = 0, n = 0;

	if (fd >= 0 && buf) {
		do {
			n = read(fd, buf + len, CMDLINE_LEN - len);
			len += n > 0 ? n : 0;
		} while (n > 0 && len < CMDLINE_LEN);
		buf[len] = 0;
		for (arg = buf; arg < buf + len; arg = value) {
			value = arg + strlen(arg) + 1;
			if (value >= buf + len)
				break;
			take_option(arg, value, o);
		}
	}
	free(buf);
	if (fd >= 0)
		close(fd);
}

static void take_comm(int proc, struct owner *o)
{
	int fd = openat(proc, "comm", O_RDONLY | O_CLOEXEC);
	char buf[WORD_LEN];
	ssize_t len;

	if (fd < 0)
		return;
	len = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	buf[len > 0 ? len : 0] = 0;
	copy_text(o->comm, sizeof(o->comm), buf);
}

/* The number of this device file of VFIO, as sysfs has it. */
static bool node_number(const char *path, unsigned int *major,
			unsigned int *minor)
{
	bool cdev = !strncmp(path + strlen(NODES), CDEVS, strlen(CDEVS));
	char name[64], buf[WORD_LEN];
	ssize_t len = -1;
	int dir, fd;

	snprintf(name, sizeof(name), "sys/class/%s/%s", cdev ? "vfio-dev" : "vfio",
		 strrchr(path, '/') + 1);
	dir = open_root(name);
	if (dir < 0)
		return false;
	fd = openat(dir, "dev", O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		len = read(fd, buf, sizeof(buf) - 1);
		close(fd);
	}
	close(dir);
	buf[len > 0 ? len : 0] = 0;
	return sscanf(buf, "%u:%u", major, minor) == 2;
}

/*
 * Is what a process has there the device, open to be used? For everybody can have its
 * name in a link: by O_PATH without being let to open it, or by a file of that name in
 * a file system of his own. A machine that is made up for tests has no devices.
 */
static bool is_used(int fds, const char *fd, const char *path)
{
	unsigned int major, minor;
	struct statx st;
	struct stat link;

	if (fstatat(fds, fd, &link, AT_SYMLINK_NOFOLLOW) ||
	    !(link.st_mode & 0400) || !(link.st_mode & 0200))
		return false;
	if (getenv("VGPU_ROOT"))
		return true;
	return !statx(fds, fd, AT_STATX_DONT_SYNC, STATX_TYPE, &st) &&
	       S_ISCHR(st.stx_mode) && node_number(path, &major, &minor) &&
	       st.stx_rdev_major == major && st.stx_rdev_minor == minor;
}

/* A process that shares a VM's open files with it is not told from it. */
static void look_at_process(struct machine *m, int proc, pid_t pid)
{
	int fd = openat(proc, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	char path[64];

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(dir))) {
		ssize_t len = readlinkat(fd, entry->d_name, path,
					 sizeof(path) - 1);
		struct vgpu *v;

		if (len <= 0)
			continue;
		path[len] = 0;
		v = vgpu_of_link(m, path);
		if (!v || (v->owner.pid && v->owner.pid <= pid) ||
		    !is_used(fd, entry->d_name, path))
			continue;
		v->owner = (struct owner){ .pid = pid };
		take_comm(proc, &v->owner);
		take_cmdline(proc, &v->owner);
	}
	closedir(dir);
}

/**
 * owners_find() - fill in who uses each vGPU
 * @m: what was read of sysfs
 *
 * Needs to be root, or CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH, for others'
 * processes; whoever may not see them sees no owner.
 */
void owners_find(struct machine *m)
{
	struct dirent *entry;
	int fd, proc;
	DIR *dir;

	if (!machine_nr_vgpus(m))
		return;
	fd = open_root("proc");
	dir = fd >= 0 ? fdopendir(fd) : NULL;
	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(dir))) {
		uint64_t pid;

		if (!parse_number(entry->d_name, 0, &pid) || !pid ||
		    pid > INT32_MAX)
			continue;
		proc = openat(fd, entry->d_name,
			      O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (proc < 0)
			continue;
		look_at_process(m, proc, pid);
		close(proc);
	}
	closedir(dir);
}
