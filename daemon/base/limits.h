/*
 * Every bound that is not a setting, with its reason and what happens when it is reached. Sizes in
 * bytes, times in milliseconds.
 */
#ifndef ASTRAD_BASE_LIMITS_H
#define ASTRAD_BASE_LIMITS_H

#define LIMIT_BUF_BYTES                                                                            \
	(64u << 20) /* a buf without a bound of its own: overflow is a bug, not a peer */
#define LIMIT_LOOP_LAG_MS        20           /* a longer turn is warned of */
#define LIMIT_JSON_DEPTH         16           /* a deeper body is 422 */
#define LIMIT_REPORT_BYTES       (256u << 10) /* a larger report is 413 */
#define LIMIT_BODY_BYTES         (64u << 10)  /* any other body: 413 */
#define LIMIT_TEXT_BYTES         16384        /* a free text field: 422 */
#define LIMIT_SHORT_TEXT_BYTES   512          /* a name, a place, a description: 422 */
#define LIMIT_LIST_ITEMS         64           /* a list within a report or draft: 422 */
#define LIMIT_FIELD_ERRORS       64    /* field errors told in one problem+json; more are counted */
#define LIMIT_HEAD_BYTES         16384 /* an HTTP head: 431 */
#define LIMIT_PAGE_ITEMS         200   /* items in one page of an answer */
#define LIMIT_STORE_QUEUE        8192  /* requests of one class waiting in the store: 503 */
#define LIMIT_STORE_BATCH        512   /* requests in one commit */
#define LIMIT_STORE_ROWS         1000  /* rows one request may touch */
#define LIMIT_CHANNELS           5000  /* channels.d: a check error above */
#define LIMIT_PEOPLE             10000 /* persons, and tokens: one more is 503 */
#define LIMIT_PAGE_RECIPIENTS    1000  /* recipients claimed in one page */
#define LIMIT_RESPONSE_BYTES     4096  /* read of a partner's answer; the rest is dropped */
#define LIMIT_PENDING_LOOKUPS    32    /* transfers to unresolved hosts at once */
#define LIMIT_CANCEL_MS          1000  /* a stopped attempt on the wire is waited for, then cut */
#define LIMIT_EVENT_KEEP_DAYS    90    /* partner events of ended alerts; who asks for older: 410 */
#define LIMIT_CHILD_OUTPUT_BYTES (1u << 20)
#define LIMIT_RESERVE_FILE_BYTES                                                                   \
	(16u << 20) /* released at SQLITE_FULL for stops, acks and audited reads */

#endif
