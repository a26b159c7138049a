#include "session.h"
#include "start.h"

struct session {
	uint32_t id;
	// 0: the entry is free.
	int pid;
	int is_tty;
	// Reads why the command could not be started; at its end the command runs.
	int report;
	int input;
	// Of streams 1 and 2.
	int output[2];
	// Bytes that the host takes.
	uint32_t credit[2];
	int is_reaped, status;
	int is_input_ended;
	// What the command has not read yet.
	uint32_t input_from, input_to;
	char input_bytes[stdin_window];
};

static struct session sessions[most_sessions];

static struct session *find(uint32_t id) {
	for (size_t at = 0; at < most_sessions; at++)
		if (sessions[at].pid > 0 && sessions[at].id == id) return &sessions[at];
	return NULL;
}

static void close_all(struct session *session) {
	close_file(&session->report);
	close_file(&session->input);
	close_file(&session->output[0]);
	close_file(&session->output[1]);
}

static void start(const struct frame_header *header, const char *payload) {
	struct session *session = NULL;
	for (size_t at = 0; at < most_sessions && !session; at++)
		if (sessions[at].pid <= 0) session = &sessions[at];
	struct failure failure = {STEP_START, EAGAIN};
	struct started started;
	if (!session || !start_command(&started, &failure, payload, header->length)) {
		send_frame(header->session, FRAME_FAILED, 0, &failure, sizeof failure);
		return;
	}
	session->id = header->session;
	session->pid = started.pid;
	session->is_tty = started.is_tty;
	session->report = started.report;
	session->input = started.input;
	for (int stream = 0; stream < 2; stream++) {
		session->output[stream] = started.output[stream];
		session->credit[stream] = started.window;
	}
	session->is_reaped = session->is_input_ended = 0;
	session->input_from = session->input_to = 0;
}

static void pump_report(struct session *session) {
	struct failure failure;
	long length = CALL(__NR_read, session->report, &failure, sizeof failure);
	if (length == -EAGAIN || length == -EINTR) return;
	close_file(&session->report);
	if (length != sizeof failure) {
		send_frame(session->id, FRAME_STARTED, 0, NULL, 0);
		return;
	}
	send_frame(session->id, FRAME_FAILED, 0, &failure, sizeof failure);
	close_all(session);
	session->pid = 0;
}

static void pump_input(struct session *session) {
	while (session->input >= 0 && session->input_from < session->input_to) {
		uint32_t length = session->input_to - session->input_from;
		long written = CALL(__NR_write, session->input, session->input_bytes + session->input_from, length);
		if (written == -EAGAIN || written == -EINTR) return;
		if (written < 0) {
			// The command does not read any more: neither need the host.
			close_file(&session->input);
			send_frame(session->id, FRAME_END, 0, NULL, 0);
			written = length;
		}
		session->input_from += (uint32_t)written;
		uint32_t credit = (uint32_t)written;
		send_frame(session->id, FRAME_CREDIT, 0, &credit, sizeof credit);
	}
	session->input_from = session->input_to = 0;
	if (!session->is_input_ended || session->input < 0) return;
	// A terminal does not end: its driver takes this byte for the end of input.
	if (session->is_tty) CALL(__NR_write, session->input, "\4", 1);
	close_file(&session->input);
}

static void pump_output(struct session *session, int at) {
	static char bytes[most_data] __attribute__((aligned(8)));
	uint32_t room = session->credit[at] < most_data ? session->credit[at] : most_data;
	if (session->output[at] < 0 || room == 0) return;
	long length = CALL(__NR_read, session->output[at], bytes, room);
	if (length == -EINTR || (length == -EAGAIN && !session->is_reaped)) return;
	if (length > 0) {
		session->credit[at] -= (uint32_t)length;
		send_frame(session->id, FRAME_DATA, (uint8_t)(at + 1), bytes, (uint32_t)length);
		return;
	}
	// At its end; or the command is over and all that it wrote is read, whatever else has the pipe open.
	close_file(&session->output[at]);
	send_frame(session->id, FRAME_END, (uint8_t)(at + 1), NULL, 0);
}

static int is_over(const struct session *session) {
	return session->is_reaped && session->report < 0 && session->output[0] < 0 && session->output[1] < 0;
}

static void finish(struct session *session) {
	int number = session->status & 0x7f;
	uint32_t exited[2] = {(uint32_t)(session->status >> 8) & 0xff, (uint32_t)number};
	send_frame(session->id, FRAME_EXITED, 0, exited, sizeof exited);
	close_all(session);
	session->pid = 0;
}

void sessions_pump(void) {
	for (struct session *session = sessions; session < sessions + most_sessions; session++) {
		if (session->pid <= 0) continue;
		if (session->report >= 0) pump_report(session);
		// It does not run yet, or could not be started.
		if (session->pid <= 0 || session->report >= 0) continue;
		pump_input(session);
		pump_output(session, 0);
		pump_output(session, 1);
		if (is_over(session)) finish(session);
	}
}

size_t sessions_poll(struct pollfd *entries) {
	size_t count = 0;
	for (struct session *session = sessions; session < sessions + most_sessions; session++) {
		if (session->pid <= 0) continue;
		if (session->report >= 0) {
			entries[count++] = (struct pollfd){.fd = session->report, .events = POLLIN};
			continue;
		}
		// Without anything to write, poll() still says when the reader is gone.
		if (session->input >= 0 && session->input_from < session->input_to)
			entries[count++] = (struct pollfd){.fd = session->input, .events = POLLOUT};
		for (int at = 0; at < 2; at++)
			if (session->output[at] >= 0 && session->credit[at] > 0)
				entries[count++] = (struct pollfd){.fd = session->output[at], .events = POLLIN};
	}
	return count;
}

// There is something to do that no descriptor tells of: the output of a command that is over.
int sessions_are_ending(void) {
	for (struct session *session = sessions; session < sessions + most_sessions; session++)
		for (int at = 0; session->pid > 0 && session->is_reaped && session->report < 0 && at < 2; at++)
			if (session->output[at] >= 0 && session->credit[at] > 0) return 1;
	return 0;
}

void sessions_reaped(int pid, int status) {
	for (struct session *session = sessions; session < sessions + most_sessions; session++)
		if (session->pid == pid) {
			session->is_reaped = 1;
			session->status = status;
		}
}

static void signal_group(const struct session *session, uint32_t number) {
	// Its number may be another's by now.
	if (session->is_reaped) return;
	if (CALL(__NR_kill, -session->pid, number) < 0) CALL(__NR_kill, session->pid, number);
}

static void abandon(struct session *session) {
	close_all(session);
	signal_group(session, SIGHUP);
	signal_group(session, SIGCONT);
	session->pid = 0;
}

void sessions_abandon(void) {
	for (struct session *session = sessions; session < sessions + most_sessions; session++)
		if (session->pid > 0) abandon(session);
}

static void take_input(struct session *session, const char *bytes, uint32_t length) {
	if (session->input < 0 || session->is_input_ended) return;
	if (session->input_from > 0) {
		memmove(session->input_bytes, session->input_bytes + session->input_from, session->input_to - session->input_from);
		session->input_to -= session->input_from;
		session->input_from = 0;
	}
	// More than the host was given credit for.
	if (length > stdin_window - session->input_to) return;
	memcpy(session->input_bytes + session->input_to, bytes, length);
	session->input_to += length;
}

void session_frame(const struct frame_header *header, const char *payload) {
	if (header->type == FRAME_START) {
		start(header, payload);
		return;
	}
	struct session *session = find(header->session);
	// It may be over while the host does not know yet.
	if (!session) return;
	uint32_t value = 0;
	memcpy(&value, payload, header->length < sizeof value ? header->length : sizeof value);
	int at = header->stream - 1;
	switch (header->type) {
	case FRAME_DATA:
		take_input(session, payload, header->length);
		break;
	case FRAME_END:
		if (header->stream == 0) session->is_input_ended = 1;
		else if (at < 2) close_file(&session->output[at]);
		break;
	case FRAME_CREDIT:
		if (at >= 0 && at < 2) session->credit[at] += value;
		break;
	case FRAME_SIGNAL:
		signal_group(session, value);
		break;
	case FRAME_RESIZE:
		if (session->is_tty && session->output[0] >= 0) resize_terminal(session->output[0], value & 0xffff, value >> 16);
		break;
	case FRAME_ABANDON:
		abandon(session);
		break;
	}
}
