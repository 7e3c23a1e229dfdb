#ifndef LULL_PROCESS_H
#define LULL_PROCESS_H

#include <stddef.h>

/*
 * Each program calls this before anything else. From then on descriptors 0, 1
 * and 2 are open, so that no socket of ours takes the place of stderr; as many
 * files may be open as the system allows; and passwords and keys stay in
 * memory: there is no core dump, and no other process of the same user may
 * read or trace this one (prctl(2), PR_SET_DUMPABLE).
 */
void	process_begin(void);

/* Writes how a child ended, of which waitpid() has told the status: "exit
 * status 1", "killed by signal 9 (Killed)". */
void	process_describe_end(int status, char *how, size_t size);

#endif
