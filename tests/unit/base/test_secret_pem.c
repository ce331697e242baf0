#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/secret.h"

#define VALID                                                                                      \
	"-----BEGIN CERTIFICATE-----\n"                                                            \
	"MIIBUTCCAQOgAwIBAgIUfyQlHd/Kbktiew0QTa0zk3qGTMEwBQYDK2VwMB0xGzAZ\n"                       \
	"BgNVBAMMEmEgdGVzdCBvZiBzZXR0aW5nczAgFw0yNjExMjQwMDI3MDNaGA8yMTI2\n"                       \
	"MTAzMTAwMjcwM1owHTEbMBkGA1UEAwwSYSB0ZXN0IG9mIHNldHRpbmdzMCowBQYD\n"                       \
	"K2VwAyEAyRrNj/sljt4NABP+ekBPrlVM/RjHBwzocXDh7ZTwWECjUzBRMB0GA1Ud\n"                       \
	"DgQWBBTlQUjX8FVA9bFL0WLFP0IoKsbghTAfBgNVHSMEGDAWgBTlQUjX8FVA9bFL\n"                       \
	"0WLFP0IoKsbghTAPBgNVHRMBAf8EBTADAQH/MAUGAytlcANBACOWP25/jrUpZ7C+\n"                       \
	"KtwQ+YMdn5b6eRahM49dpqctfRcoyN/JV+i+iSbd/zsyzGFXgRRC1uN16Eqpffaq\n"                       \
	"Sl/kGwk=\n"                                                                               \
	"-----END CERTIFICATE-----\n"
#define EXPIRED                                                                                    \
	"-----BEGIN CERTIFICATE-----\n"                                                            \
	"MIHbMIGOAgEBMAUGAytlcDAaMRgwFgYDVQQDDA9hbiBleHBpcmVkIHRlc3QwHhcN\n"                       \
	"MjAwMTAxMDAwMDAwWhcNMjAwMTAyMDAwMDAwWjAaMRgwFgYDVQQDDA9hbiBleHBp\n"                       \
	"cmVkIHRlc3QwKjAFBgMrZXADIQDJGs2P+yWO3g0AE/56QE+uVUz9GMcHDOhxcOHt\n"                       \
	"lPBYQDAFBgMrZXADQQCr6zclbQ1UuRsIll2LGPAhKjwIvl9m5+g97dmcWtkVEjAu\n"                       \
	"OQTUdVFta1cRMySvcBmLyOWr0m/0KPf/PeDDok4N\n"                                               \
	"-----END CERTIFICATE-----\n"

static void certificates_are_counted(void **state)
{
	static const struct {
		const char *pem;
		struct secret_certificates found;
	} cases[] = {
		{"", {0, 0}},
		{"not a certificate\n", {0, 0}},
		{VALID, {1, 0}},
		{EXPIRED, {1, 1}},
		{"# of a friend\n" EXPIRED "and\n" VALID, {2, 1}},
		{"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", {0, 0}},
		{"-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n", {0, 0}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct secret_certificates found = {9, 9};
		struct bytes pem = {cases[i].pem, strlen(cases[i].pem)};

		secret_pem_count(pem, &found);
		assert_int_equal(found.count, cases[i].found.count);
		assert_int_equal(found.expired, cases[i].found.expired);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(certificates_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
