// What an init does first and last: file systems, modules, folders of the host, the network, power off.
#pragma once
#include "system.h"

// As process 1, in place of the guest's own init.
void set_up_guest(void);
void load_drivers(void);
// Mounts a folder of the host, by its tag, where nothing is. Returns 0 or -errno.
long mount_share(const char *tag, const char *path);

// Addresses are in network byte order.
struct network {
	uint32_t address, mask, gateway, resolver;
};
long set_up_network(const struct network *network);
void power_off(int is_alone);
