/* A plugin that was built before on_wire was appended. */
#include "mock_table.h"

MOCK_TABLE(.abi = ASTRAD_CHANNEL_ABI, .size = offsetof(struct astrad_channel, on_wire),
	   .name = "mock_old");
