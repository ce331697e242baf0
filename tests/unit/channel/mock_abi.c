/* A plugin that was built for another ABI. */
#include "mock_table.h"

MOCK_TABLE(.abi = 99, .size = sizeof(struct astrad_channel), .name = "mock_abi");
