/* python_dict_private.h: dictionaries of CPython, as python_dict.c and python_object.c read them. */
#ifndef CORE_PYTHON_DICT_PRIVATE_H
#define CORE_PYTHON_DICT_PRIVATE_H

#include "core/python_private.h"

/* A table of pairs: PyDictKeysObject, and the values if these are apart. */
struct python_dict {
	uint64_t entries;    /* address of the first entry, */
	uint32_t entry_size; /* 16: key, value; 24: hash, key, value */
	uint64_t count;      /* entries, of which some may be empty */
	uint64_t values;     /* address of the first value; 0: they are in the entries */
};

/* RET is what KEYS holds, the PyDictKeysObject; its values are in it. -EBADMSG. */
int python_dict_open_keys(struct python *p, uint64_t keys, struct python_dict *ret);

/* The value under NAME. -ENOENT; -E2BIG: not among the first PYTHON_DICT_MAX. */
int python_dict_find(struct python *p, const struct python_dict *dict, const char *name, uint64_t *ret);

#endif
