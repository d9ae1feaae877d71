/* crc.h -- the CRC-32 of ZMODEM's and of zip's: polynomial 0xEDB88320, reflected. */
#ifndef PERIGEE_PROTO_CRC_H
#define PERIGEE_PROTO_CRC_H

#include <stdint.h>

#include "base/span.h"

/* Of what has been summed up to now, 0 at the beginning, and `s` behind it. */
uint32_t crc_32(uint32_t crc, struct span s);

#endif
