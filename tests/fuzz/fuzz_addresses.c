/*
 * Ranges of addresses as an operator wrote them, behind the 16 bytes of an address: a range only
 * ever allows what is refused without it, and never what has no one receiver.
 */
#include <assert.h>
#include <netinet/in.h>
#include <string.h>

#include "base/alloc.h"
#include "channel/address.h"
#include "fuzz.h"

static void judge(const uint8_t bytes[16], const struct address_rules *rules)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6};
	struct sockaddr_in four = {.sin_family = AF_INET};
	const struct sockaddr *each[] = {(const struct sockaddr *)&six,
					 (const struct sockaddr *)&four};

	memcpy(&six.sin6_addr, bytes, 16);
	memcpy(&four.sin_addr, bytes, 4);
	for (size_t i = 0; i < ARRAY_LEN(each); i++) {
		const char *alone = address_refusal(each[i], NULL);
		const char *ruled = address_refusal(each[i], rules);

		assert(!ruled || alone);
	}
	if (IN_MULTICAST(ntohl(four.sin_addr.s_addr)) || four.sin_addr.s_addr == INADDR_ANY) {
		assert(address_refusal(each[1], rules));
	}
	if (IN6_IS_ADDR_MULTICAST(&six.sin6_addr)) {
		assert(address_refusal(each[0], rules));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct address_rules rules;
	struct error err = {0};

	if (size < 16) {
		return 0;
	}
	AUTO(free) char *text = xcalloc(1, size - 15);
	memcpy(text, data + 16, size - 16);
	if (!address_rules_parse(text, &rules, &err)) {
		assert(err.text[0]);
		return 0;
	}
	for (size_t i = 0; i < rules.count; i++) {
		assert(rules.ranges[i].bits <= 128);
	}
	judge(data, &rules);
	address_rules_finish(&rules);
	return 0;
}
