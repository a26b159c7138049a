#include "start.h"
#include <asm/ioctls.h>
#include <asm/termios.h>

enum { most_texts = 65536 };

// The pointers of arguments and environment, each with a null behind them.
static char *texts[most_texts + 2];

// In the child: says why it could not become the command.
static void give_up(int report, enum start_step step, long error) {
	struct failure failure = {step, (uint32_t)-error};
	write_all(report, &failure, sizeof failure);
	exit_process(127);
}

// A script without `#!`, as execvp() has it.
static long run_by_shell(const char *path, char **arguments, char **variables) {
	static char *with_shell[most_texts + 3];
	size_t count = 0;
	with_shell[count++] = "/bin/sh";
	with_shell[count++] = (char *)path;
	for (char **argument = arguments + 1; arguments[0] && *argument; argument++) with_shell[count++] = *argument;
	with_shell[count] = NULL;
	return CALL(__NR_execve, with_shell[0], with_shell, variables);
}

static long run_file(const char *path, char **arguments, char **variables) {
	long error = CALL(__NR_execve, path, arguments, variables);
	return error == -ENOEXEC ? run_by_shell(path, arguments, variables) : error;
}

static const char *value_of(char **variables, const char *name) {
	size_t length = strlen(name);
	for (; *variables; variables++) {
		size_t at = 0;
		while (at < length && (*variables)[at] == name[at]) at++;
		if (at == length && (*variables)[at] == '=') return *variables + at + 1;
	}
	return "";
}

// As execvp(): a name without a slash is looked for in the folders of PATH.
static long run_command(char **arguments, char **variables) {
	const char *name = arguments[0];
	for (const char *at = name; *at; at++)
		if (*at == '/') return run_file(name, arguments, variables);
	if (!*name) return -ENOENT;
	static char path[4096];
	long error = -ENOENT;
	for (const char *from = value_of(variables, "PATH"); *from;) {
		size_t length = 0;
		while (from[length] && from[length] != ':') length++;
		if (length + strlen(name) + 2 <= sizeof path) {
			memcpy(path, from, length);
			size_t end = length;
			if (length > 0) path[end++] = '/';
			memcpy(path + end, name, strlen(name) + 1);
			long result = run_file(path, arguments, variables);
			if (result == -EACCES) error = result;
			else if (result != -ENOENT && result != -ENOTDIR) return result;
		}
		from += length + (from[length] == ':');
	}
	return error;
}

static void become_command(const int streams[3], int report, int is_tty, const char *folder, char **arguments, char **variables) {
	CALL(__NR_setsid);
	if (is_tty) CALL(__NR_ioctl, streams[0], TIOCSCTTY, 0);
	for (int at = 0; at < 3; at++) CALL(__NR_dup3, streams[at], at, 0);
	uint64_t none = 0;
	CALL(__NR_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof none);
	struct {
		void *handler;
		unsigned long flags, mask;
	} usual = {NULL, 0, 0};
	CALL(__NR_rt_sigaction, SIGPIPE, &usual, NULL, sizeof none);
	long error = CALL(__NR_chdir, folder);
	if (error < 0) give_up(report, STEP_FOLDER, error);
	give_up(report, STEP_COMMAND, run_command(arguments, variables));
}

static int make_pipe(int *reads, int *writes) {
	int ends[2];
	if (CALL(__NR_pipe2, ends, O_CLOEXEC) < 0) return 0;
	// Small numbers are for the command's own streams.
	*reads = ends[0];
	*writes = ends[1];
	return 1;
}

static void never_wait(int descriptor) { CALL(__NR_fcntl, descriptor, F_SETFL, O_RDWR | O_NONBLOCK); }

void resize_terminal(int terminal, uint32_t rows, uint32_t columns) {
	struct winsize size = {.ws_row = (uint16_t)rows, .ws_col = (uint16_t)columns};
	CALL(__NR_ioctl, terminal, TIOCSWINSZ, &size);
}

// Both ends: ours are in `started`, the command's in `streams`.
static long open_terminal(struct started *started, int streams[3], const struct start_header *header) {
	int unlock = 0;
	long terminal = open_file("/dev/ptmx", O_RDWR | O_NOCTTY);
	if (terminal < 0) return terminal;
	started->output[0] = (int)terminal;
	CALL(__NR_ioctl, terminal, TIOCSPTLCK, &unlock);
	long slave = CALL(__NR_ioctl, terminal, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0) return slave;
	for (int at = 0; at < 3; at++) streams[at] = (int)slave;
	resize_terminal((int)terminal, header->rows, header->columns);
	started->input = (int)CALL(__NR_fcntl, terminal, F_DUPFD_CLOEXEC, 3);
	return started->input < 0 ? started->input : 0;
}

static long open_pipes(struct started *started, int streams[3], const struct start_header *header) {
	if (header->flags & START_STDIN) {
		if (!make_pipe(&streams[0], &started->input)) return -EMFILE;
	} else if ((streams[0] = (int)open_file("/dev/null", O_RDWR)) < 0) return streams[0];
	for (int at = 0; at < 2; at++)
		if (!make_pipe(&started->output[at], &streams[at + 1])) return -EMFILE;
	return 0;
}

// Finds the texts. Returns the working directory, or a null if they are not as the header says.
static const char *find_texts(const struct start_header *header, const char *payload, uint32_t length) {
	size_t count = (size_t)header->arguments + header->variables;
	if (header->arguments == 0 || count > most_texts) return NULL;
	const char *end = payload + length, *at = payload + sizeof *header, *folder = at;
	size_t found = 0;
	for (size_t text = 0; text <= count; text++) {
		if (at >= end) return NULL;
		if (text > 0) texts[found++] = (char *)at;
		if (text == header->arguments) texts[found++] = NULL;
		at += strlen(at) + 1;
	}
	texts[found] = NULL;
	return folder;
}

int start_command(struct started *started, struct failure *failure, const char *payload, uint32_t length) {
	struct start_header header;
	*started = (struct started){.report = -1, .input = -1, .output = {-1, -1}};
	*failure = (struct failure){STEP_START, E2BIG};
	if (length < sizeof header) return 0;
	memcpy(&header, payload, sizeof header);
	const char *folder = find_texts(&header, payload, length);
	if (!folder) return 0;
	started->window = header.window;
	started->is_tty = (header.flags & START_TTY) != 0;
	int streams[3] = {-1, -1, -1}, report = -1;
	long error = started->is_tty ? open_terminal(started, streams, &header) : open_pipes(started, streams, &header);
	if (error >= 0 && !make_pipe(&started->report, &report)) error = -EMFILE;
	if (error >= 0) error = fork_process();
	if (error == 0) become_command(streams, report, started->is_tty, folder, texts, texts + header.arguments + 1);
	started->pid = (int)error;
	close_file(&report);
	if (started->is_tty) streams[1] = streams[2] = -1;
	for (int at = 0; at < 3; at++) close_file(&streams[at]);
	int *const own[] = {&started->report, &started->input, &started->output[0], &started->output[1]};
	for (size_t at = 0; at < COUNT(own); at++) {
		if (error < 0) close_file(own[at]);
		else if (*own[at] >= 0) never_wait(*own[at]);
	}
	failure->error = (uint32_t)-error;
	return error >= 0;
}
