/* SPDX-License-Identifier: GPL-3.0-or-later */
/* map.h: hash map from text to pointer.  Keys are borrowed: they must outlive their entry (usually they
 * live in the value).  Iteration order is the insertion order as long as nothing was removed. */
#ifndef VIGIE_BASE_MAP_H
#define VIGIE_BASE_MAP_H

#include <stddef.h>

struct map {
    struct map_entry *entries;
    unsigned *slots;
    size_t n, used, cap; /* n: live entries; used: entries including removed ones */
};
void map_done(struct map *m);
void *map_find(const struct map *m, const char *key); /* NULL when absent */
/* Sets key to value (not NULL); returns the former value or NULL. The key pointer is replaced too. */
void *map_set(struct map *m, const char *key, void *value);
void *map_remove(struct map *m, const char *key); /* returns the value or NULL */
/* Iteration: size_t i = 0; while (map_each(m, &i, &key, &value)).  Removing the current entry is allowed. */
int map_each(const struct map *m, size_t *i, const char **ret_key, void **ret_value);

#endif
