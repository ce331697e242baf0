/* Report bodies from anybody: refused with a reason, or canonical and stable. */
#include "domain/report.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	report_fuzz(data, size);
	return 0;
}
