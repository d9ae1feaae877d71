#include "proto/crc.h"

#include <libdeflate.h>

uint32_t crc_32(uint32_t crc, struct span s)
{
    return libdeflate_crc32(crc, s.data, s.len);
}

/* Four bits a step. */
uint16_t crc_16(struct span s)
{
    static const uint16_t steps[] = {0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50A5,
                                     0x60C6, 0x70E7, 0x8108, 0x9129, 0xA14A, 0xB16B,
                                     0xC18C, 0xD1AD, 0xE1CE, 0xF1EF};
    uint16_t crc = 0;

    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = (uint8_t)s.data[i];

        crc = (uint16_t)(crc << 4 ^ steps[(crc >> 12) ^ (c >> 4)]);
        crc = (uint16_t)(crc << 4 ^ steps[(crc >> 12) ^ (c & 15)]);
    }
    return crc;
}
