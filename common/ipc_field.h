#ifndef LULL_IPC_FIELD_H
#define LULL_IPC_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

/*
 * A table names the fields of a kind of message. Encoding and decoding both
 * walk it, so that they cannot drift apart.
 */
enum ipc_field_type {
	IPC_FIELD_U64, IPC_FIELD_INT, IPC_FIELD_BOOL, IPC_FIELD_STRING,
	IPC_FIELD_PROSE,	/* a string for people: see json_prose() */
	IPC_FIELD_ARRAY, IPC_FIELD_OBJECT
};

struct ipc_field {
	const char		*key;
	enum ipc_field_type	 type;
	size_t			 offset;	/* into the struct */
	unsigned		 in;		/* a bit for each op or kind
						   that has it */
	bool			 optional;	/* may be missing (NULL) */
};

#define IPC_BIT(n)	(1u << (n))
#define IPC_ALL		(~0u)
#define IPC_N(table)	(sizeof (table) / sizeof (table)[0])

/* Encodes those of the `n` fields that `which` has. A NULL leaves its key out.
 * Returns -1 if a field that is not optional is NULL, or a string is not UTF-8:
 * nobody could decode that. */
int	ipc_fields_encode(json_t *, const struct ipc_field *, size_t n,
	    unsigned which, const void *from);
/* Decodes the same fields. Strings, arrays and objects stay the message's.
 * Returns -1 if a field is missing or of another type. */
int	ipc_fields_decode(json_t *, const struct ipc_field *, size_t n,
	    unsigned which, void *to);

/* Returns the index in `names` of the string `v`, or -1 if `v` is another
 * string, no string or NULL. */
int	ipc_name_index(const json_t *v, const char *const *names, size_t n);

#endif
