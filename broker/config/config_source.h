#ifndef LULL_CONFIG_SOURCE_H
#define LULL_CONFIG_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "error.h"
#include "yaml.h"

/*
 * A configuration comes from sources: the files and texts given are found,
 * read, their ${variables} put in, and merged into one tree that still
 * knows which of them, and which line, each key is from.
 */
struct config_source {
	char		*name;		/* "lull.yaml", "-c webrtc.ports" */
	char		*text;		/* as read */
	bool		 is_file;	/* has variables */
	bool		 has_lines;	/* worth telling */
	json_t		*unset;		/* lines by variable: {"PASS": 12} */
	struct yaml_doc	 doc;
};

struct config_sources {
	json_t		*root;		/* later sources win, key by key */
	const char	*path;		/* the first file, or NULL */
	size_t		 n;
	struct config_source *list;
};

/* Returns 0, or -1 with "FILE:LINE: what" in `err`. `args` are those of
 * config_load(), which must live as long. */
int	config_source_load(const char *const *args, size_t n,
	    struct config_sources *, struct error *err);
void	config_source_clear(struct config_sources *);

/* Returns the i-th of the files that are looked for without any source; NULL
 * after the last, no further. */
const char	*config_source_default(size_t i);

/* Names all sources, "path=/etc/lull/lull.yaml -c api.listen"; NULL if there is
 * none. The caller frees it. */
char	*config_source_names(const struct config_sources *);

/* Tells where a key such as "streams/cam/url" was set last, "lull.yaml:12". The
 * caller frees it. */
char	*config_source_where(const struct config_sources *, const char *path);

/* Copies a key, a name or a message. An address in it loses its password. The
 * caller frees it. */
char	*config_source_mask(const char *text);

/* Returns `text` with ${NAME} and ${NAME:default} replaced, which the caller
 * frees. What is not set anywhere and has no default stays, and goes into
 * `unset` (or NULL) with its line, unless that is a comment. `env` is looked at
 * first, then $CREDENTIALS_DIRECTORY, then the environment. It goes no further
 * once the result is too long for yaml_load(). */
char	*config_source_expand(const char *text, const json_t *env,
	    json_t *unset);

#endif
