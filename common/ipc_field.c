#include "ipc_field.h"

#include <stdint.h>
#include <string.h>

#include "json.h"

/* Makes `v` the value as JSON, NULL if there is none. Returns false if it is
 * not UTF-8. */
static bool
field_get(const struct ipc_field *f, const void *base, json_t **v)
{
	const char *at = (const char *)base + f->offset;
	const char *s = NULL;

	switch (f->type) {
	case IPC_FIELD_U64:
		*v = json_integer((json_int_t)*(const uint64_t *)at);
		break;
	case IPC_FIELD_INT:
		*v = json_integer(*(const int *)at);
		break;
	case IPC_FIELD_BOOL:
		*v = json_boolean(*(const bool *)at);
		break;
	case IPC_FIELD_STRING:
		s = *(const char *const *)at;
		*v = json_string(s);
		break;
	case IPC_FIELD_PROSE:
		s = *(const char *const *)at;
		*v = s != NULL ? json_prose(s) : NULL;
		break;
	case IPC_FIELD_ARRAY:
	case IPC_FIELD_OBJECT:
		*v = json_incref(*(json_t *const *)at);
		break;
	}
	return s == NULL || *v != NULL;
}

/* Returns false if `v` is missing or of another type. */
static bool
field_set(const struct ipc_field *f, void *base, json_t *v)
{
	char *at = (char *)base + f->offset;

	if (v == NULL)
		return f->optional;
	switch (f->type) {
	case IPC_FIELD_U64:
		*(uint64_t *)at = (uint64_t)json_integer_value(v);
		return json_is_integer(v);
	case IPC_FIELD_INT:
		*(int *)at = (int)json_integer_value(v);
		return json_is_integer(v);
	case IPC_FIELD_BOOL:
		*(bool *)at = json_is_true(v);
		return json_is_boolean(v);
	case IPC_FIELD_STRING:
	case IPC_FIELD_PROSE:
		*(const char **)at = json_string_value(v);
		return json_is_string(v);
	case IPC_FIELD_ARRAY:
		*(json_t **)at = v;
		return json_is_array(v);
	case IPC_FIELD_OBJECT:
		*(json_t **)at = v;
		return json_is_object(v);
	}
	return false;
}

int
ipc_fields_encode(json_t *o, const struct ipc_field *f, size_t n,
    unsigned which, const void *from)
{
	for (; n > 0; n--, f++) {
		json_t *v = NULL;

		if ((f->in & IPC_BIT(which)) == 0)
			continue;
		if (!field_get(f, from, &v) || (v == NULL && !f->optional))
			return -1;
		if (v != NULL)
			json_object_set_new(o, f->key, v);
	}
	return 0;
}

int
ipc_fields_decode(json_t *o, const struct ipc_field *f, size_t n,
    unsigned which, void *to)
{
	for (; n > 0; n--, f++)
		if ((f->in & IPC_BIT(which)) != 0 &&
		    !field_set(f, to, json_object_get(o, f->key)))
			return -1;
	return 0;
}

int
ipc_name_index(const json_t *v, const char *const *names, size_t n)
{
	const char *s = json_string_value(v);

	for (size_t i = 0; s != NULL && i < n; i++)
		if (strcmp(names[i], s) == 0)
			return (int)i;
	return -1;
}
