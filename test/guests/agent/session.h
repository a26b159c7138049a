// Sessions: each is a command of the host's, with its standard streams.
#pragma once
#include "channel.h"

enum { most_sessions = 64, stdin_window = 65536 };

// What take_frame() does with frames of sessions.
void session_frame(const struct frame_header *header, const char *payload);
// Adds what the sessions wait for. Returns how many entries.
size_t sessions_poll(struct pollfd *entries);
// Passes on what has come.
void sessions_pump(void);
// Whether sessions_pump() has more to do that no descriptor tells of.
int sessions_are_ending(void);
// A child has ended, with the status of wait4().
void sessions_reaped(int pid, int status);
// The host is gone.
void sessions_abandon(void);
