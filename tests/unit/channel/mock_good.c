/* A plugin that is fine. */
#include "mock_table.h"

MOCK_TABLE(.abi = ASTRAD_CHANNEL_ABI, .size = sizeof(struct astrad_channel), .name = "mock_good");
