#ifndef LULL_YAML_CORE_H
#define LULL_YAML_CORE_H

#include <jansson.h>

/* Returns what a plain scalar stands for in the core schema (YAML 1.2.2,
 * section 10.3.2), as a new reference: null, true/false, an integer, a number.
 * NULL if it is a string. It is pure. */
json_t	*yaml_core_value(const char *text);

#endif
