/* The table of letters, for fold's own files. */
#ifndef ASTRAD_DOMAIN_FOLD_PRIVATE_H
#define ASTRAD_DOMAIN_FOLD_PRIVATE_H

#include <stdint.h>

/* What a letter beyond ASCII folds to: up to two ASCII letters, "" when it is dropped; NULL when
 * the table does not know it. */
const char *fold_letter(uint32_t code);

#endif
