/* Any bytes as a body: what the short way of shape_parse takes, the long way takes too, and equal.
 */
#include "domain/shape.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	shape_fuzz(data, size);
	return 0;
}
