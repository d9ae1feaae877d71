#include "proto/crc.h"

#include <libdeflate.h>

uint32_t crc_32(uint32_t crc, struct span s)
{
    return libdeflate_crc32(crc, s.data, s.len);
}
