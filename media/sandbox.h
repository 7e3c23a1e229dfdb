#ifndef LULL_SANDBOX_H
#define LULL_SANDBOX_H

/*
 * What a helper parses, a stranger has made. So it gives up, for ever, all that
 * its job does not need: by seccomp(2), Landlock, no_new_privs and limits. In
 * all kinds, running a program, another process, a signal to one, and looking
 * into one kill the helper: the worker is told of signal 31, Bad system call.
 * What else it has no need of fails.
 */
enum sandbox_kind {
	/* It computes, and talks on what is open. It opens nothing, makes no
	 * socket, and maps no executable memory. */
	SANDBOX_CODEC,
	/* The same, for what drives an encoder in hardware: the drivers open
	 * devices and libraries and make threads. Only what is said above, and
	 * the network, are refused. */
	SANDBOX_HARDWARE,
	/* SANDBOX_CODEC that reads one file, by its path. */
	SANDBOX_FILE,
	/* SANDBOX_CODEC that looks names up, reads the certificates of this
	 * host, and makes IPv4, IPv6 connections. */
	SANDBOX_NETWORK,
};

/* Enters it. `path` is the file of SANDBOX_FILE, else NULL. Where the kernel
 * lacks a part, the log says so, and the rest holds; a build with
 * AddressSanitizer, which opens files and traces itself, has none of it. The
 * log has to be open. */
void	sandbox_enter(enum sandbox_kind, const char *path);

#endif
