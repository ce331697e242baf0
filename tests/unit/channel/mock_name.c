/* A plugin that calls itself other than its file. */
#include "mock_table.h"

MOCK_TABLE(.abi = ASTRAD_CHANNEL_ABI, .size = sizeof(struct astrad_channel), .name = "other");
