#include "setup.h"
#include <linux/mount.h>
#include <linux/reboot.h>
#include <linux/sockios.h>

// <linux/if.h> and <linux/route.h> need a C library's headers.
enum { INET = 2, DATAGRAM = 2, INTERFACE_UP = 1, ROUTE_UP = 1, ROUTE_GATEWAY = 2 };

struct inet_address {
	uint16_t family, port;
	uint32_t address;
	uint64_t zero;
};

struct interface_request {
	char name[16];
	union {
		struct inet_address address;
		int16_t flags;
		char all[24];
	};
};

struct route {
	uint64_t zero;
	struct inet_address to, gateway, mask;
	uint16_t flags;
	uint64_t more[7];
};

static void make_folder(const char *path) { CALL(__NR_mkdirat, AT_FDCWD, path, 0755); }

static long mount_at(const char *source, const char *path, const char *type, const char *options) {
	make_folder(path);
	return CALL(__NR_mount, source, path, type, 0, options);
}

static int exists(const char *path) { return CALL(__NR_faccessat, AT_FDCWD, path, 0) == 0; }

static void add_link(const char *target, const char *path) { CALL(__NR_symlinkat, target, AT_FDCWD, path); }

// Starts a program that the guest may have. Returns its process, or 0.
static long start_program(char **arguments) {
	if (!exists(arguments[0])) return 0;
	long pid = fork_process();
	if (pid != 0) return pid;
	char *const variables[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
	CALL(__NR_execve, arguments[0], arguments, variables);
	exit_process(127);
	return 0;
}

static void await(long pid) {
	if (pid > 0) CALL(__NR_wait4, pid, NULL, 0, NULL);
}

static void load_modules(char **names) {
	char *arguments[48] = {"/bin/busybox", "modprobe", "-qa"};
	size_t count = 3;
	if (!exists(arguments[0])) {
		arguments[0] = exists("/sbin/modprobe") ? "/sbin/modprobe" : "/usr/sbin/modprobe";
		arguments[1] = "-qa";
		count = 2;
	}
	while (*names && count + 1 < COUNT(arguments)) arguments[count++] = *names++;
	arguments[count] = NULL;
	await(start_program(arguments));
}

void load_drivers(void) {
	load_modules((char *[]){"virtio_mmio", "virtio_console", NULL});
	static char aliases[16][64], path[128];
	char *names[COUNT(aliases) + 1], number[12];
	size_t count = 0;
	for (uint32_t device = 0; device < COUNT(aliases); device++) {
		join(path, sizeof path, (const char *const[]){"/sys/bus/virtio/devices/virtio", decimal(number, device), "/modalias", NULL});
		int file = (int)open_file(path, O_RDONLY);
		long length = file < 0 ? 0 : CALL(__NR_read, file, aliases[count], sizeof aliases[count] - 1);
		close_file(&file);
		if (length <= 1) continue;
		aliases[count][length - 1] = 0;
		names[count] = aliases[count];
		count++;
	}
	names[count] = NULL;
	if (count > 0) load_modules(names);
}

void set_up_guest(void) {
	// The initramfs of a guest on a disk has brought it along.
	if (!exists("/proc/self")) mount_at("proc", "/proc", "proc", NULL);
	mount_at("sys", "/sys", "sysfs", NULL);
	mount_at("dev", "/dev", "devtmpfs", NULL);
	mount_at("pts", "/dev/pts", "devpts", "mode=620,ptmxmode=666");
	mount_at("shm", "/dev/shm", "tmpfs", NULL);
	// Its program may lie there.
	if (!exists("/run/manyhart-agent")) mount_at("run", "/run", "tmpfs", "mode=755");
	mount_at("tmp", "/tmp", "tmpfs", NULL);
	add_link("/proc/self/fd", "/dev/fd");
	add_link("/proc/self/fd/0", "/dev/stdin");
	add_link("/proc/self/fd/1", "/dev/stdout");
	add_link("/proc/self/fd/2", "/dev/stderr");
	static const char name[] = "manyhart";
	CALL(__NR_sethostname, name, sizeof name - 1);
	long install = exists("/bin/sh") ? 0 : start_program((char *[]){"/bin/busybox", "--install", "-s", NULL});
	load_drivers();
	await(install);
}

static int is_empty(const char *path) {
	static char entries[512] __attribute__((aligned(8)));
	int folder = (int)open_file(path, O_RDONLY | O_DIRECTORY);
	if (folder < 0) return 0;
	// Beside `.` and `..`, which take 24 bytes each.
	long length = 0, part;
	while ((part = CALL(__NR_getdents64, folder, entries, sizeof entries)) > 0) length += part;
	close_file(&folder);
	return length <= 48;
}

static void make_folders(const char *path) {
	static char part[4096];
	if (strlen(path) >= sizeof part) return;
	for (size_t at = 1; path[0] && path[at - 1]; at++)
		if (path[at] == '/' || !path[at]) {
			memcpy(part, path, at);
			part[at] = 0;
			make_folder(part);
		}
}

// cache=mmap: programs may map files and write to them; what is closed is on the host.
static const char share_options[] = "trans=virtio,version=9p2000.L,msize=512000,cache=mmap";

long mount_share(const char *tag, const char *path) {
	make_folders(path);
	if (!is_empty(path)) return -ENOTEMPTY;
	return CALL(__NR_mount, tag, path, "9p", 0, share_options);
}

static long change_interface(int socket, const char *name, unsigned request, uint32_t address) {
	struct interface_request interface = {0};
	join(interface.name, sizeof interface.name, (const char *const[]){name, NULL});
	if (request == SIOCSIFFLAGS) interface.flags = INTERFACE_UP;
	else interface.address = (struct inet_address){.family = INET, .address = address};
	return CALL(__NR_ioctl, socket, request, &interface);
}

static long add_gateway(int socket, uint32_t gateway) {
	struct route route = {.to.family = INET, .mask.family = INET, .flags = ROUTE_UP | ROUTE_GATEWAY};
	route.gateway = (struct inet_address){.family = INET, .address = gateway};
	return CALL(__NR_ioctl, socket, SIOCADDRT, &route);
}

// A link to what a service would write that does not run: makes the file that it leads to, in the file system that it is in.
static void make_target(const char *link, const char *folder, const char *file) {
	static char target[256], path[512];
	long length = CALL(__NR_readlinkat, AT_FDCWD, link, target, sizeof target - 1);
	if (length <= 0) return;
	target[length] = 0;
	if (!join(path, sizeof path, (const char *const[]){target[0] == '/' ? "" : folder, target, NULL})) return;
	size_t end = strlen(path);
	while (end > 1 && path[end - 1] != '/') end--;
	path[end - 1] = 0;
	make_folders(path);
	path[end - 1] = '/';
	add_link(file, path);
}

// In a file of our own over the guest's, which may be a link to what another program writes.
static void set_resolver(uint32_t address) {
	static const char own[] = "/run/manyhart-resolv.conf", used[] = "/etc/resolv.conf";
	char line[64], parts[4][12];
	for (int at = 0; at < 4; at++) decimal(parts[at], (address >> (8 * at)) & 0xff);
	join(line, sizeof line,
		 (const char *const[]){"nameserver ", parts[0], ".", parts[1], ".", parts[2], ".", parts[3], "\n", NULL});
	int file = (int)open_file(own, O_WRONLY | O_CREAT | O_TRUNC);
	write_all(file, line, strlen(line));
	close_file(&file);
	if (exists(used)) CALL(__NR_mount, own, used, NULL, MS_BIND, NULL);
	else if (CALL(__NR_symlinkat, own, AT_FDCWD, used) == -EEXIST) make_target(used, "/etc/", own);
}

long set_up_network(const struct network *network) {
	int socket = (int)CALL(__NR_socket, INET, DATAGRAM | O_CLOEXEC, 0);
	if (socket < 0) return socket;
	change_interface(socket, "lo", SIOCSIFFLAGS, 0);
	long error = 0;
	if (network->address) {
		const char name[] = "eth0";
		error = change_interface(socket, name, SIOCSIFADDR, network->address);
		if (error >= 0) error = change_interface(socket, name, SIOCSIFNETMASK, network->mask);
		if (error >= 0) error = change_interface(socket, name, SIOCSIFFLAGS, 0);
		if (error >= 0 && network->gateway) error = add_gateway(socket, network->gateway);
		if (error >= 0 && network->resolver) set_resolver(network->resolver);
	}
	close_file(&socket);
	return error;
}

void power_off(int is_alone) {
	enum { systemd_power_off = 34 + 4 };
	if (!is_alone && exists("/run/systemd/system")) {
		CALL(__NR_kill, 1, systemd_power_off);
		return;
	}
	CALL(__NR_sync);
	// Whatever else may write; not process 1, and not the caller.
	if (is_alone) CALL(__NR_kill, -1, SIGKILL);
	// Of a disk, so that it is clean.
	CALL(__NR_mount, NULL, "/", NULL, MS_REMOUNT | MS_RDONLY, NULL);
	CALL(__NR_sync);
	CALL(__NR_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_POWER_OFF, NULL);
}
