/*
 * Certificates of a PEM file, looked at before anybody needs them: libcurl takes the file itself,
 * at the first connection. No state; any thread.
 */
#include "base/secret.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

void secret_pem_count(struct bytes pem, struct secret_certificates *ret_found)
{
	BIO *from;
	X509 *certificate;

	assert(pem.len <= INT_MAX);
	*ret_found = (struct secret_certificates){0};
	from = BIO_new_mem_buf(pem.data, (int)pem.len);
	if (from == NULL) {
		abort(); /* out of memory */
	}
	while ((certificate = PEM_read_bio_X509(from, NULL, NULL, NULL)) != NULL) {
		ret_found->count++;
		ret_found->expired +=
			X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0 ? 1 : 0;
		X509_free(certificate);
	}
	BIO_free(from);
	ERR_clear_error(); /* that there is no further one */
}
