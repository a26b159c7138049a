// The channel to the host: a port of virtio-console that carries frames. src/agent/frames.ts has the other end.
#pragma once
#include "system.h"

enum { protocol_version = 1 };

enum frame_type {
	// both ways
	FRAME_HELLO = 1,
	FRAME_DATA = 2,
	FRAME_END = 3,
	FRAME_CREDIT = 4,
	// from the host
	FRAME_START = 16,
	FRAME_SIGNAL = 17,
	FRAME_RESIZE = 18,
	FRAME_ABANDON = 19,
	FRAME_MOUNT = 20,
	FRAME_NETWORK = 21,
	FRAME_POWER_OFF = 22,
	// from the agent
	FRAME_STARTED = 32,
	FRAME_FAILED = 33,
	FRAME_EXITED = 34,
	FRAME_REPLY = 35,
};

// Little-endian, as the processor.
struct frame_header {
	uint32_t length;
	uint32_t session;
	uint8_t type;
	uint8_t stream;
	uint16_t zero;
};

enum { most_data = 32768, most_payload = 1 << 20 };

extern int channel;

// Looks for the port, and opens it. Returns whether it is there.
int channel_open(void);
void send_frame(uint32_t session, enum frame_type type, uint8_t stream, const void *payload, uint32_t length);
// Reads what there is, and calls take_frame() for each frame that is complete. Returns 0 if the host has closed the port.
int channel_read(void);
// The payload has a zero behind it.
void take_frame(const struct frame_header *header, const char *payload);
