#include "channel.h"

static const char port_name[] = "manyhart.agent";
static const char ports[] = "/sys/class/virtio-ports";

int channel = -1;

struct directory_entry {
	uint64_t number;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

static int open_port(const char *name) {
	char path[128], found[64];
	if (!join(path, sizeof path, (const char *const[]){ports, "/", name, "/name", NULL})) return 0;
	int file = (int)open_file(path, O_RDONLY);
	if (file < 0) return 0;
	long length = CALL(__NR_read, file, found, sizeof found - 1);
	close_file(&file);
	if (length <= 0) return 0;
	found[found[length - 1] == '\n' ? length - 1 : length] = 0;
	if (!is_same(found, port_name)) return 0;
	if (!join(path, sizeof path, (const char *const[]){"/dev/", name, NULL})) return 0;
	channel = (int)open_file(path, O_RDWR);
	return channel >= 0;
}

int channel_open(void) {
	static char buffer[4096] __attribute__((aligned(8)));
	int folder = (int)open_file(ports, O_RDONLY | O_DIRECTORY);
	if (folder < 0) return 0;
	long length;
	while (channel < 0 && (length = CALL(__NR_getdents64, folder, buffer, sizeof buffer)) > 0)
		for (long at = 0; at < length && channel < 0;) {
			struct directory_entry *entry = (struct directory_entry *)(buffer + at);
			if (entry->name[0] != '.') open_port(entry->name);
			at += entry->length;
		}
	close_file(&folder);
	return channel >= 0;
}

void send_frame(uint32_t session, enum frame_type type, uint8_t stream, const void *payload, uint32_t length) {
	static char frame[sizeof(struct frame_header) + most_data] __attribute__((aligned(8)));
	struct frame_header header = {.length = length, .session = session, .type = (uint8_t)type, .stream = stream};
	memcpy(frame, &header, sizeof header);
	memcpy(frame + sizeof header, payload, length);
	// Waits while the host is slow: it takes frames in any case, whatever its readers do.
	write_all(channel, frame, sizeof header + length);
}

int channel_read(void) {
	static char input[sizeof(struct frame_header) + most_payload + 65536] __attribute__((aligned(8)));
	static size_t filled;
	long length = CALL(__NR_read, channel, input + filled, sizeof input - 1 - filled);
	if (length == -EINTR || length == -EAGAIN) return 1;
	if (length <= 0) return 0;
	filled += (size_t)length;
	size_t at = 0;
	struct frame_header header;
	while (filled - at >= sizeof header) {
		memcpy(&header, input + at, sizeof header);
		if (header.length > most_payload) return 0;
		if (filled - at < sizeof header + header.length) break;
		char *payload = input + at + sizeof header;
		char behind = payload[header.length];
		payload[header.length] = 0;
		take_frame(&header, payload);
		payload[header.length] = behind;
		at += sizeof header + header.length;
	}
	memmove(input, input + at, filled - at);
	filled -= at;
	return 1;
}
