/* The board's random number device, one byte at a time. Virtio 1.2, "Virtio Over MMIO" and its legacy interface, "Entropy Device". */
#ifndef RANDOM_H
#define RANDOM_H
#include "parameters.h"

enum { QUEUE_SIZE = 8, VIRTIO_SLOTS = 8, DEVICE_WRITES = 2, ENTROPY = 4, VIRTIO_MAGIC = 0x74726976 };
enum {
	MAGIC = 0x00, VERSION = 0x04, DEVICE = 0x08, DRIVER_FEATURES = 0x20, FEATURES_SELECT = 0x24, GUEST_PAGE_SIZE = 0x28,
	QUEUE = 0x38, QUEUE_ALIGN = 0x3c, QUEUE_PAGE = 0x40, QUEUE_READY = 0x44, NOTIFY = 0x50, STATUS = 0x70,
	DESCRIPTORS = 0x80, AVAILABLE = 0x90, USED = 0xa0,
};

/* Laid out as the legacy interface demands; the modern one takes any place. */
static struct {
	struct {
		uint64_t address;
		uint32_t length;
		uint16_t flags, next;
	} descriptors[QUEUE_SIZE];
	volatile struct {
		uint16_t flags, index, ring[QUEUE_SIZE];
	} available;
	volatile struct {
		uint16_t flags, index;
		struct {
			uint32_t id, length;
		} ring[QUEUE_SIZE];
	} used __attribute__((aligned(PAGE_BYTES)));
} random_queue __attribute__((aligned(PAGE_BYTES)));
static volatile uint32_t *random_device;

static void put_register(int offset, uint64_t value) { random_device[offset / 4] = (uint32_t)value; }
static void put_address(int offset, const volatile void *address)
{
	put_register(offset, (uint64_t)address);
	put_register(offset + 4, (uint64_t)address >> 32);
}

static bool open_random(void)
{
	for (uint64_t slot = 0; slot < VIRTIO_SLOTS && !random_device; slot++) {
		volatile uint32_t *device = (uint32_t *)(0x10001000 + 0x1000 * slot);
		if (device[MAGIC / 4] == VIRTIO_MAGIC && device[DEVICE / 4] == ENTROPY) random_device = device;
	}
	if (!random_device) return false;
	bool legacy = random_device[VERSION / 4] == 1;
	put_register(STATUS, 0);
	put_register(STATUS, 3); /* acknowledge, driver */
	put_register(FEATURES_SELECT, 1);
	put_register(DRIVER_FEATURES, legacy ? 0 : 1); /* VIRTIO_F_VERSION_1 */
	if (!legacy) put_register(STATUS, 11);	       /* features ok */
	if (legacy) put_register(GUEST_PAGE_SIZE, PAGE_BYTES);
	put_register(0x30, 0);
	put_register(QUEUE, QUEUE_SIZE);
	if (legacy) {
		put_register(QUEUE_ALIGN, PAGE_BYTES);
		put_register(QUEUE_PAGE, (uint64_t)&random_queue / PAGE_BYTES);
	} else {
		put_address(DESCRIPTORS, random_queue.descriptors);
		put_address(AVAILABLE, &random_queue.available);
		put_address(USED, &random_queue.used);
		put_register(QUEUE_READY, 1);
	}
	put_register(STATUS, legacy ? 7 : 15); /* driver ok */
	return true;
}

/* Has the device write one byte there. */
static void read_random(uint8_t *to)
{
	uint16_t index = random_queue.available.index;
	random_queue.descriptors[0].address = (uint64_t)to;
	random_queue.descriptors[0].length = 1;
	random_queue.descriptors[0].flags = DEVICE_WRITES;
	random_queue.available.ring[index % QUEUE_SIZE] = 0;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	random_queue.available.index = (uint16_t)(index + 1);
	__asm__ volatile("fence iorw, iorw" ::: "memory");
	put_register(NOTIFY, 0);
	while (random_queue.used.index != (uint16_t)(index + 1)) pause();
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}
#endif
