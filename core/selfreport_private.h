/* selfreport_private.h: what the files of selfreport share. */
#ifndef CORE_SELFREPORT_PRIVATE_H
#define CORE_SELFREPORT_PRIVATE_H

#include "core/selfreport.h"

/* selfreport_file.c: the file is watched no more. */
void selfreport_file_done(struct selfreport *s);

#endif
