#ifndef LULL_VIDEO_SLOT_H
#define LULL_VIDEO_SLOT_H

struct error;

/*
 * Coding video takes a whole core: a machine that codes more than it can shows
 * nobody anything. Each coder holds one of `n` locks in a folder that all
 * share, FOLDER/video-N.slot. The kernel gives back those of a process that has
 * ended, however it did.
 *
 * Takes one, and keeps it until this process ends. If none is free, it waits
 * for VIDEO_SLOT_WAIT_MS, as one that was just killed may still have its own.
 * Returns 0, or -1 with the reason.
 */
#define VIDEO_SLOT_WAIT_MS	1000

int	video_slot_take(const char *folder, int n, struct error *);

#endif
