/* The bytes of a key file: two headers and slots. Pure; keyfile.c does the I/O. */
#ifndef ASTRAD_STORE_KEYSLOT_H
#define ASTRAD_STORE_KEYSLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/error.h"
#include "base/secret.h"

#define KEYSLOT_ID_BYTES     16
#define KEYSLOT_BYTES        128  /* within one 512-byte sector, so a write of one is whole */
#define KEYSLOT_HEADER_BYTES 4096 /* two of them, written in turn */
#define KEYSLOT_HEADERS      2
#define KEYSLOT_START        (KEYSLOT_HEADERS * KEYSLOT_HEADER_BYTES)

enum keyslot_state { KEYSLOT_EMPTY = 0, KEYSLOT_LIVE = 1, KEYSLOT_PURGED = 2 };

struct keyslot_header {
	uint64_t generation; /* the higher of the two valid headers counts */
	uint8_t file_id[KEYSLOT_ID_BYTES];
	uint8_t master_id[KEYSLOT_ID_BYTES];
	int64_t high; /* the next key id that was surely never handed out */
};

void keyslot_master_id(const struct secret_key *master, uint8_t out[KEYSLOT_ID_BYTES]);
/* Offset of a slot; key id 0 is the root key's. */
int64_t keyslot_offset(int64_t key_id);

void keyslot_header_encode(const struct keyslot_header *header, const struct secret_key *master,
			   uint8_t out[KEYSLOT_HEADER_BYTES]);
enum keyslot_verdict { KEYSLOT_GOOD, KEYSLOT_BAD, KEYSLOT_OTHER_MASTER };
enum keyslot_verdict keyslot_header_decode(const uint8_t in[KEYSLOT_HEADER_BYTES],
					   const struct secret_key *master,
					   struct keyslot_header *ret_header) MUST_USE;

/* Wraps `key`; NULL makes a purged slot. */
void keyslot_encode(const struct keyslot_header *header, const struct secret_key *master,
		    int64_t key_id, const struct secret_key *key, uint8_t out[KEYSLOT_BYTES]);
bool keyslot_decode(const uint8_t in[KEYSLOT_BYTES], const struct keyslot_header *header,
		    const struct secret_key *master, int64_t key_id, struct secret_key *ret_key,
		    struct error *err) MUST_USE;

#endif
