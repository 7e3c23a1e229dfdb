#ifndef LULL_YAML_H
#define LULL_YAML_H

#include <stddef.h>
#include <jansson.h>

#include "error.h"

/*
 * A YAML text is read as one Jansson tree, with the line of every key kept for
 * messages. This is the only user of libyaml. Anchors and merge keys work;
 * plain scalars become null, true/false, integers or numbers as in YAML 1.2's
 * core schema, all else is a string.
 */
#define YAML_MAX_BYTES	(1024 * 1024)
#define YAML_MAX_DEPTH	32		/* maps and lists in one another */
#define YAML_MAX_NODES	16384		/* aliases counted as what they bring */
#define YAML_MAX_KEY	256		/* bytes of a key */

struct yaml_doc {
	json_t	*root;		/* an object, {} for an empty text */
	json_t	*lines;		/* "streams/cam/url": 12 */
	json_t	*texts;		/* "env/PIN": "0042", as written, of plain
				 * scalars that are no strings in `root` */
};

/* Returns 0, and yaml_clear() is due, or -1 with "line 12: what" in `err`. */
int	yaml_load(const char *text, size_t len, struct yaml_doc *out,
	    struct error *err);
void	yaml_clear(struct yaml_doc *);

#endif
