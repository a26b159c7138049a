// The agent in the guest: runs commands for the host. Arguments:
//   alone    as process 1, in place of the guest's init: `manyhart exec`
//   beside   as process 1: starts itself beside the guest's init, /init, and becomes that
//   serve    beside an init that runs: on the root of a disk
#include "session.h"
#include "setup.h"
#include <linux/wait.h>

enum { open_attempts = 6000, attempt_milliseconds = 10 };

static int is_alone;

static void reply(uint32_t session, long error) {
	uint32_t value = (uint32_t)-error;
	send_frame(session, FRAME_REPLY, 0, &value, sizeof value);
}

void take_frame(const struct frame_header *header, const char *payload) {
	struct network network = {0};
	switch (header->type) {
	case FRAME_HELLO:
		// Its version is ours, or it would not go on.
		break;
	case FRAME_MOUNT:
		// Two texts; there is a zero behind the payload.
		reply(header->session, mount_share(payload, payload + strlen(payload) + 1));
		break;
	case FRAME_NETWORK:
		memcpy(&network, payload, header->length < sizeof network ? header->length : sizeof network);
		reply(header->session, set_up_network(&network));
		break;
	case FRAME_POWER_OFF:
		power_off(is_alone);
		break;
	default:
		session_frame(header, payload);
	}
}

static void reap(void) {
	int status;
	long pid;
	while ((pid = CALL(__NR_wait4, -1, &status, WNOHANG, NULL)) > 0) sessions_reaped((int)pid, status);
}

static void serve(int signals) {
	static struct pollfd entries[2 + 3 * most_sessions];
	uint32_t version = protocol_version;
	send_frame(0, FRAME_HELLO, 0, &version, sizeof version);
	for (;;) {
		// Also what a frame has changed that no descriptor tells of, such as the end of a command's input.
		sessions_pump();
		entries[0] = (struct pollfd){.fd = channel, .events = POLLIN};
		entries[1] = (struct pollfd){.fd = signals, .events = POLLIN};
		size_t count = 2 + sessions_poll(entries + 2);
		struct {
			long seconds, nanoseconds;
		} now = {0, 0};
		CALL(__NR_ppoll, entries, count, sessions_are_ending() ? &now : NULL, NULL, 0);
		if (entries[1].revents) {
			static char taken[128 * 8];
			CALL(__NR_read, signals, taken, sizeof taken);
			reap();
		}
		if (entries[0].revents && !channel_read()) break;
	}
	sessions_abandon();
	close_file(&channel);
}

static int wait_for_signals(void) {
	uint64_t child = 1ul << (SIGCHLD - 1);
	struct {
		unsigned long handler, flags, mask;
	} ignored = {1, 0, 0};
	CALL(__NR_rt_sigaction, SIGPIPE, &ignored, NULL, sizeof child);
	CALL(__NR_rt_sigprocmask, SIG_BLOCK, &child, NULL, sizeof child);
	return (int)CALL(__NR_signalfd4, -1, &child, sizeof child, O_CLOEXEC | O_NONBLOCK);
}

// Descriptors 0 to 2 are a command's: none of ours may be among them.
static void take_first_descriptors(void) {
	for (;;) {
		long descriptor = CALL(__NR_openat, AT_FDCWD, "/dev/null", O_RDWR, 0);
		if (descriptor > 2) {
			CALL(__NR_close, descriptor);
			return;
		}
		if (descriptor < 0) return;
	}
}

static void start_beside(void) {
	if (fork_process() != 0) return;
	CALL(__NR_setsid);
	// Drivers are the init's business, and so are /sys and /dev.
	take_first_descriptors();
	int signals = wait_for_signals();
	for (;;) {
		while (!channel_open()) sleep_milliseconds(attempt_milliseconds);
		serve(signals);
		sleep_milliseconds(attempt_milliseconds);
	}
}

static void stand_alone(void) {
	set_up_guest();
	take_first_descriptors();
	int signals = wait_for_signals();
	for (int attempt = 0; attempt < open_attempts && !channel_open(); attempt++) sleep_milliseconds(attempt_milliseconds);
	if (channel < 0) say("there is no port manyhart.agent");
	else serve(signals);
	power_off(1);
}

__attribute__((used, noreturn)) void agent_start(const long *stack) {
	const long count = stack[0];
	char *const *const arguments = (char *const *)(stack + 1);
	const char *mode = count > 1 ? arguments[count - 1] : "alone";
	if (is_same(mode, "beside") || is_same(mode, "serve")) {
		start_beside();
		if (is_same(mode, "beside")) {
			char *const own[] = {"/init", NULL};
			CALL(__NR_execve, own[0], own, arguments + count + 1);
			say("there is no /init");
		}
		exit_process(0);
	}
	is_alone = 1;
	stand_alone();
	for (;;) exit_process(1);
}
