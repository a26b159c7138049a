// Starts a command as the host's frame describes it.
#pragma once
#include "system.h"

enum start_flag { START_TTY = 1, START_STDIN = 2 };

// Texts follow, each with a zero behind it: the working directory, the arguments, the environment.
struct start_header {
	uint32_t flags;
	uint16_t rows, columns;
	// Bytes of each stream that the host takes at first.
	uint32_t window;
	uint32_t arguments, variables;
};

enum start_step { STEP_START = 0, STEP_FOLDER = 1, STEP_COMMAND = 2 };

struct failure {
	uint32_t step, error;
};

struct started {
	int pid, is_tty, report, input, output[2];
	uint32_t window;
};

// Returns 0, and the failure, if it cannot be started.
int start_command(struct started *started, struct failure *failure, const char *payload, uint32_t length);
void resize_terminal(int terminal, uint32_t rows, uint32_t columns);
