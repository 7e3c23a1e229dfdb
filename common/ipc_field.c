#include "ipc_field.h"

#include <stdint.h>
#include <string.h>

/* The value as JSON, NULL to leave the key out. */
static json_t *
field_get(const struct ipc_field *f, const void *base)
{
	const char *at = (const char *)base + f->offset;
	const char *s;

	switch (f->type) {
	case IPC_FIELD_U64:
		return json_integer((json_int_t)*(const uint64_t *)at);
	case IPC_FIELD_INT:
		return json_integer(*(const int *)at);
	case IPC_FIELD_BOOL:
		return json_boolean(*(const bool *)at);
	case IPC_FIELD_STRING:
		s = *(const char *const *)at;
		return s != NULL ? json_string(s) : NULL;
	case IPC_FIELD_ARRAY:
	case IPC_FIELD_OBJECT:
		return json_incref(*(json_t *const *)at);
	}
	return NULL;
}

static int
field_set(const struct ipc_field *f, void *base, json_t *v)
{
	char *at = (char *)base + f->offset;

	if (v == NULL)
		return f->optional ? 0 : -1;
	switch (f->type) {
	case IPC_FIELD_U64:
		*(uint64_t *)at = (uint64_t)json_integer_value(v);
		return json_is_integer(v) ? 0 : -1;
	case IPC_FIELD_INT:
		*(int *)at = (int)json_integer_value(v);
		return json_is_integer(v) ? 0 : -1;
	case IPC_FIELD_BOOL:
		*(bool *)at = json_is_true(v);
		return json_is_boolean(v) ? 0 : -1;
	case IPC_FIELD_STRING:
		*(const char **)at = json_string_value(v);
		return json_is_string(v) ? 0 : -1;
	case IPC_FIELD_ARRAY:
		*(json_t **)at = v;
		return json_is_array(v) ? 0 : -1;
	case IPC_FIELD_OBJECT:
		*(json_t **)at = v;
		return json_is_object(v) ? 0 : -1;
	}
	return -1;
}

void
ipc_fields_encode(json_t *o, const struct ipc_field *f, size_t n,
    unsigned which, const void *from)
{
	for (; n > 0; n--, f++)
		if (f->in & IPC_BIT(which))
			json_object_set_new(o, f->key, field_get(f, from));
}

int
ipc_fields_decode(json_t *o, const struct ipc_field *f, size_t n,
    unsigned which, void *to)
{
	for (; n > 0; n--, f++)
		if ((f->in & IPC_BIT(which)) != 0 &&
		    field_set(f, to, json_object_get(o, f->key)) == -1)
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
