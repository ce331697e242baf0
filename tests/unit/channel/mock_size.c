/* A plugin that has a table that is too small to be one. */
#include "mock_table.h"

MOCK_TABLE(.abi = ASTRAD_CHANNEL_ABI, .size = 16, .name = "mock_size");
